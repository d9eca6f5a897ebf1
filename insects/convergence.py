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
from insects.shapley.leverage import errors_from as leverage_errors_from
from insects.shapley.libshap import permutation_errors_from

STRONGEST = 3
# Of a normal distribution, 95 % lies within so many standard errors.
WIDTH_95 = 1.96
# "Automatic" wants the largest standard error to be at most a tenth of the range of its class.
TARGET = 0.1
# No forecast goes beyond it: the page draws no more.
MOST_SAMPLES = 5000
# Samples from which on a method tells standard errors, for so many superpixels. Others tell none;
# `exact` has no error at all.
ERRORS_FROM = {"leverage": leverage_errors_from, "permutation": permutation_errors_from}
METHODS_WITH_ERRORS = tuple(ERRORS_FROM)
# A forecast rests on a small gap between two uncertain values, so it is rough: one of these.
FORECASTS = (200, 500, 1000, 2000, MOST_SAMPLES)


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


def errors_from(explanation: Explanation) -> int | None:
    """Return the samples from which on its method tells standard errors; None where it never does.

    With fewer they would be far too small (see `insects.shapley.leverage`).
    """
    start = ERRORS_FROM.get(explanation.settings.method)
    return start(explanation.n_superpixels) if start else None


def is_first_look(explanation: Explanation) -> bool:
    """Return whether it is too early to say how sure an explanation is: its errors come later."""
    return explanation.standard_errors is None and errors_from(explanation) is not None


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
    """Return the first of `FORECASTS` that is at least `factor` times the samples spent, or None.

    `leverage` looks at every coalition of few superpixels where the samples allow it, and is exact.
    """
    exact_at = math.inf
    if explanation.settings.method == "leverage" and explanation.n_superpixels <= MAX_PLAYERS:
        exact_at = 2**explanation.n_superpixels
    samples = round(min(explanation.nsamples * factor, exact_at), 6)
    return next((forecast for forecast in FORECASTS if forecast >= samples), None)


def is_enough(explanation: Explanation, target: float = TARGET) -> bool:
    """Return whether to stop drawing samples.

    The errors of the predicted class must be on target, and its three strongest superpixels settled
    or, by forecast, out of reach of the samples allowed: two regions may be of one strength, and
    then no number of samples tells them apart. Other classes do not count: where nothing speaks for
    or against a class, its values are as small as their errors for ever. Without standard errors
    nothing is ever enough.
    """
    if error_ratio(explanation) == 0:
        return True
    ratio = error_ratio(explanation, explanation.label)
    if ratio is None or ratio > target:
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
