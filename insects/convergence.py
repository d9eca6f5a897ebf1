"""How sure an explanation is of itself, and how many samples would make it sure enough.

The stopping number is that of Covert & Lee, "Improving KernelSHAP" (2021): the largest standard
error over the range of the values.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from insects.explanation import Explanation
from insects.shapley.exact import MAX_PLAYERS

STRONGEST = 3
# Of a normal distribution, 95 % lies within so many standard errors.
WIDTH_95 = 1.96
# "Automatic" wants the largest standard error to be at most a tenth of the range of its class.
TARGET = 0.1
# No forecast goes beyond it: the page draws no more.
MOST_SAMPLES = 5000
# Only these tell how far off they are as they go on; `exact` is not off at all.
METHODS_WITH_ERRORS = ("leverage", "permutation")
# Standard errors of fewer samples than these are too small to be gone by.
FEWEST_SAMPLES, FEWEST_A_SUPERPIXEL = 200, 4


@dataclass(frozen=True)
class Settled:
    """What is sure about the strongest superpixels of one class.

    The strongest k are settled where each of them exceeds each of the others in size, and each of
    their signs is sure, at 95 %, errors being taken as independent. All of these must hold at once,
    so that no allowance for their number is due.

    Args:
        class_name: whose values they are.
        strongest: the superpixels of the largest absolute values, the largest first; at most three.
        count: the most of them, counted from the first, that are settled; None without errors.
        forecast: samples at which all of them will be, as far as can be told; None where they are
            already, where `MOST_SAMPLES` will not do, or without errors.
        is_exact: the values have no error at all.
    """

    class_name: str
    strongest: tuple[int, ...]
    count: int | None
    forecast: int | None
    is_exact: bool

    @property
    def all(self) -> bool:
        """Whether all of the strongest are settled."""
        return self.count == len(self.strongest)


def settled(explanation: Explanation, class_name: str | None = None) -> Settled:
    """Return what is sure about the strongest superpixels of a class, None for the predicted one.

    The forecast takes errors to fall as 1/√nsamples and values to stay as they are. It is no more
    than a forecast: a ridge makes errors fall more slowly, and values move by their errors.
    """
    name = class_name or explanation.label
    index = explanation.class_names.index(name)
    sizes = np.abs(explanation.shap_values[:, index])
    order = np.argsort(-sizes, kind="stable")
    strongest = tuple(int(i) for i in order[:STRONGEST])
    if explanation.standard_errors is None:
        return Settled(name, strongest, None, None, is_exact=False)
    errors = explanation.standard_errors[:, index]
    if not explanation.standard_errors.any():
        return Settled(name, strongest, len(strongest), None, is_exact=True)
    factors = [_factor(sizes[order], errors[order], k) for k in range(1, len(strongest) + 1)]
    count = max((k for k, factor in enumerate(factors, start=1) if factor < 1), default=0)
    wanted = None if factors[-1] < 1 else _forecast(explanation, factors[-1])
    return Settled(name, strongest, count, wanted, is_exact=False)


def _factor(sizes: np.ndarray, errors: np.ndarray, k: int) -> float:
    """Return how many times the samples there are would settle the first k; under 1: they are.

    Args:
        sizes, errors: (n_superpixels,), absolute values and standard errors, the largest first.
    """
    gaps = sizes[:k, None] - sizes[None, k:]
    joint = np.hypot(errors[:k, None], errors[None, k:])
    distances = np.concatenate([gaps.ravel(), sizes[:k]])
    spreads = WIDTH_95 * np.concatenate([joint.ravel(), errors[:k]])
    if (distances <= 0).any():
        return math.inf
    times = float((spreads / distances).max())
    return times * times  # of a float, ** would raise where this is beyond all bounds


def error_ratio(explanation: Explanation, class_name: str | None = None) -> float | None:
    """Return the largest standard error of a class over the range of its values.

    It is 0 for exact values, and None without standard errors.

    Args:
        class_name: None for the class where it is largest.
    """
    errors = explanation.standard_errors
    if errors is None:
        return None
    largest, ranges = errors.max(axis=0), np.ptp(explanation.shap_values, axis=0)
    ratios = [_ratio(*pair) for pair in zip(largest.tolist(), ranges.tolist(), strict=True)]
    return ratios[explanation.class_names.index(class_name)] if class_name else max(ratios)


def _ratio(error: float, value_range: float) -> float:
    if error == 0:
        return 0.0
    return error / value_range if value_range > 0 else math.inf


def samples_for(
    explanation: Explanation, target: float = TARGET, class_name: str | None = None
) -> int | None:
    """Return a forecast of the samples at which `error_ratio` is on target.

    None where it is so already, where `MOST_SAMPLES` will not do, or without standard errors.
    """
    ratio = error_ratio(explanation, class_name)
    if ratio is None or ratio <= target:
        return None
    return _forecast(explanation, (ratio / target) * (ratio / target))


def _forecast(explanation: Explanation, factor: float) -> int | None:
    """Return a round number of samples, at least `factor` times those spent, or None.

    `leverage` looks at every coalition of few superpixels where the samples allow it, and is exact.
    """
    exact_at = math.inf
    if explanation.settings.method == "leverage" and explanation.n_superpixels <= MAX_PLAYERS:
        exact_at = 2**explanation.n_superpixels
    samples = min(explanation.nsamples * factor, exact_at)
    return None if samples > MOST_SAMPLES else _round_up(samples)


def _round_up(samples: float) -> int:
    """Return the next number that is a multiple of 50, from 1,000 on of 100, from 2,000 of 500."""
    step = 50 if samples <= 1000 else 100 if samples <= 2000 else 500
    return math.ceil(round(samples / step, 6)) * step


def is_enough(explanation: Explanation, target: float = TARGET) -> bool:
    """Return whether to stop drawing samples.

    The errors of the predicted class must be on target, and its three strongest superpixels settled
    or, by forecast, out of reach of the samples allowed: two regions may be of one strength, and
    then no number of samples tells them apart. Other classes do not count: where nothing speaks for
    or against a class, its values are as small as their errors for ever. Without standard errors
    nothing is ever enough.
    """
    ratio = error_ratio(explanation, explanation.label)
    fewest = max(FEWEST_SAMPLES, FEWEST_A_SUPERPIXEL * explanation.n_superpixels)
    if error_ratio(explanation) == 0:
        return True
    if ratio is None or ratio > target or explanation.nsamples < fewest:
        return False
    found = settled(explanation)
    return found.all or found.forecast is None or found.forecast > explanation.settings.nsamples


def until_settled(
    explanations: Iterable[Explanation], target: float = TARGET
) -> Iterator[Explanation]:
    """Yield explanations until one `is_enough`; `settings.nsamples` is the most that are drawn.

    `nsamples` of the last says what was spent. `leverage` draws its coalitions independently, so
    that the first of them are as good as a run that asked for no more, and each round of
    `permutation` is right by itself. But whoever stops when errors look small stops a little too
    early more often than too late: the intervals of a run that was stopped so are slightly narrow.

    Args:
        explanations: as of `insects.explain`; what is not needed of them is never computed.
        target: of `error_ratio`.
    """
    for explanation in explanations:
        yield explanation
        if is_enough(explanation, target):
            return


def summary(explanation: Explanation) -> dict[str, Any]:
    """Return what is sure, class by class, ready for JSON."""
    return {
        "error_ratio": _finite(error_ratio(explanation)),
        "classes": [_summary_of(explanation, name) for name in explanation.class_names],
    }


def _summary_of(explanation: Explanation, class_name: str) -> dict[str, Any]:
    found = settled(explanation, class_name)
    return {
        **asdict(found),
        "settled": found.all,
        "error_ratio": _finite(error_ratio(explanation, class_name)),
        "samples_for_ratio": samples_for(explanation, class_name=class_name),
    }


def _finite(number: float | None) -> float | None:
    """Return a number as JSON can have it."""
    return None if number is None or math.isinf(number) else number
