"""How good a network is: plain numbers from probabilities and labels."""

import math
from typing import Any

import numpy as np


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
    # Rounding may leave a sum of probabilities just above 1.
    places = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
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


def wilson_interval(correct: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share, as shares (Wilson, 1927)."""
    share = correct / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return (middle - spread) / scale, (middle + spread) / scale
