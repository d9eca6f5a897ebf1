"""How good a network is: plain numbers from probabilities and labels."""

import math
from typing import Any

import numpy as np

# From fewer photos neither is a temperature fitted nor a calibration error shown. Of 400 draws each
# from 279 photos from elsewhere, a temperature fitted on 5 photos made the calibration error of the
# others larger in 6 to 10 % (three networks), on 30 in up to 1 %, on 50 in none.
FEWEST_TO_CALIBRATE = 50


def measure(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Return count, accuracy, loss (mean cross-entropy, nats) and confusion matrix.

    Args:
        probabilities: (n, n_classes).
        labels: (n,) indices. Rows of the matrix are true classes, columns predicted ones.
    """
    predicted = probabilities.argmax(axis=1)
    of_truth = probabilities[np.arange(len(labels)), labels]
    return {
        "photos": len(labels),
        "correct": int((predicted == labels).sum()),
        "accuracy": float((predicted == labels).mean()),
        "loss": float(-np.log(np.maximum(of_truth, 1e-12)).mean()),
        "confusion": confusion_matrix(predicted, labels, probabilities.shape[1]).tolist(),
    }


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return counts, (n_classes, n_classes) int: rows are true classes, columns predicted ones."""
    counts = np.zeros((n_classes, n_classes), int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def reliability(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> list[dict[str, float | None]]:
    """Return how sure the answers are and how often they are right, in bins of equal width.

    A photo is in the bin of its highest probability, which may be the upper end of the bin and not
    the lower one (Guo et al., "On Calibration of Modern Neural Networks", 2017, section 2).

    Args:
        probabilities: (n, n_classes).
        labels: (n,) indices.

    Returns:
        For each bin `low`, `high`, `photos`, and the means `confidence` and `accuracy`, which are
        None without photos.
    """
    edges = np.linspace(0, 1, bins + 1)
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    places = _places(sure, bins)
    found: list[dict[str, float | None]] = []
    for i in range(bins):
        here = places == i
        some = bool(here.any())
        found.append(
            {
                "low": float(edges[i]),
                "high": float(edges[i + 1]),
                "photos": int(here.sum()),
                "confidence": float(sure[here].mean()) if some else None,
                "accuracy": float(right[here].mean()) if some else None,
            }
        )
    return found


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> float:
    """Return the mean over photos of |accuracy - confidence| of their bin, from 0 to 1.

    The same source as for `reliability`, equation 3. With few photos it is above 0 by chance alone.
    """
    total = sum(
        row["photos"] * abs(row["accuracy"] - row["confidence"])  # type: ignore[operator]
        for row in reliability(probabilities, labels, bins)
        if row["photos"]
    )
    return float(total / len(labels))


def calibration_interval(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15, draws: int = 1000
) -> tuple[float, float]:
    """Return an interval of the expected calibration error, meant for 95 %; the seed is 0.

    A resample's error is above that of the photos by about as much as theirs is above the truth.
    So the bootstrap's interval is mirrored at theirs (the "basic" one; Davison & Hinkley,
    "Bootstrap Methods and their Application", 1997, 5.2). It begins at 0 where a network as sure as
    it is right would have such an error by chance. Simulated with 125 and 180 photos it held the
    truth in 89 to 97 of 100 cases.

    Args:
        probabilities: (n, n_classes).
        labels: (n,) indices.
    """
    n, rng = len(labels), np.random.default_rng(0)
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.eye(bins)[_places(sure, bins)]

    def errors(gaps: np.ndarray) -> np.ndarray:
        return np.abs(gaps @ bin_of).sum(axis=-1) / n

    found = float(errors(right - sure))
    times = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    low, high = 2 * found - np.quantile(errors(times * (right - sure)), (0.975, 0.025))
    by_chance = np.quantile(errors((rng.random((draws, n)) < sure) - sure), 0.975)
    return 0.0 if found <= by_chance else max(0.0, float(low)), max(0.0, float(high))


def auroc(familiar: np.ndarray, other: np.ndarray) -> float:
    """Return how often a familiar photo scores above another one, ties counting half.

    This is the area under the receiver operating characteristic.

    Args:
        familiar: (n,) scores, n at least 1.
        other: (m,) scores, m at least 1.
    """
    ranked = np.sort(other)
    below = np.searchsorted(ranked, familiar, side="left")
    not_above = np.searchsorted(ranked, familiar, side="right")
    return float((below + not_above).mean() / (2 * len(other)))


def auroc_interval(area: float, n_familiar: int, n_other: int) -> tuple[float, float]:
    """Return the 95 % interval of an AUROC.

    It holds the true areas of which this one is at most 1.96 standard deviations away, by Hanley &
    McNeil's formula (1982) at the true area, as Wilson does for shares: so it is no point where
    all pairs are right. Newcombe, "Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic, part 2", 2006, method 5.
    """
    true = np.linspace(0, 1, 100_001)
    rest = (n_familiar + n_other) / 2 - 1
    spread = 1 + rest * (1 - true) / (2 - true) + rest * true / (1 + true)
    variance = true * (1 - true) * spread / (n_familiar * n_other)
    near = true[np.abs(area - true) <= 1.96 * np.sqrt(variance) + 1e-5]
    return float(near[0]), float(near[-1])


def share(count: int, of: int) -> dict[str, Any]:
    """Return `count`, `of`, their `share` and its 95 % `interval`; the latter None of nothing."""
    interval = list(wilson_interval(count, of)) if of else None
    return {
        "count": int(count),
        "of": int(of),
        "share": float(count / of) if of else None,
        "interval": interval,
    }


def wilson_interval(correct: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share, as shares (Wilson, 1927)."""
    share = correct / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return (middle - spread) / scale, (middle + spread) / scale


def _places(sure: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each highest probability, (n,) int."""
    edges = np.linspace(0, 1, bins + 1)
    # Rounding may leave a sum of probabilities just above 1.
    return np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
