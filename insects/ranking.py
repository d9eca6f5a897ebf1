"""The regions of an explanation in the order of their strength, each in figures and words."""

import math
from dataclasses import dataclass

import numpy as np

from insects.convergence import WIDTH_95
from insects.explanation import Explanation
from insects.wording import place_of

STRONGEST_SHOWN = 5


@dataclass(frozen=True)
class Region:
    """A superpixel, and what it says of one class.

    Args:
        number: its superpixel, from 0 on.
        place: where most of it is, such as "upper left".
        value: its SHAP value.
        error: its standard error, or None.
        is_sure: whether its sign is settled at 95 %; None without an error.
    """

    number: int
    place: str
    value: float
    error: float | None
    is_sure: bool | None

    def figures(self, decimals: int = 2) -> str:
        """Return such as "+0.31 ± 0.03", with a real minus sign."""
        text = f"{round(self.value, decimals) + 0.0:+.{decimals}f}".replace("-", "−")
        return text if self.error is None else f"{text} ± {self.error:.{decimals}f}"

    def sentence(self, class_name: str, decimals: int = 2) -> str:
        """Return such as "region 12: +0.31 ± 0.03 for dragonflies"."""
        side = "for" if self.value >= 0 else "against"
        return f"region {self.number}: {self.figures(decimals)} {side} {class_name}"


def ranked(explanation: Explanation, class_name: str | None = None) -> list[Region]:
    """Return the superpixels of an explanation, the strongest first; none of single pixels.

    Args:
        class_name: whose values they are; None for the predicted class.
    """
    if explanation.settings.is_pixelwise:
        return []
    index = explanation.class_names.index(class_name or explanation.label)
    values = explanation.shap_values[:, index]
    errors = None if explanation.standard_errors is None else explanation.standard_errors[:, index]
    order = np.argsort(-np.abs(values), kind="stable")
    return [_region(explanation.segments, int(i), values, errors) for i in order]


def listed(explanation: Explanation, class_name: str, most: int) -> str:
    """Return the strongest regions in words: "region 12 (upper left) +0.31 ± 0.03; …"."""
    places = decimals(explanation)
    return "; ".join(
        f"region {region.number} ({region.place}) {region.figures(places)}"
        for region in ranked(explanation, class_name)[:most]
    )


def _region(
    segments: np.ndarray, number: int, values: np.ndarray, errors: np.ndarray | None
) -> Region:
    value = float(values[number])
    error = None if errors is None else float(errors[number])
    is_sure = None if error is None else abs(value) > WIDTH_95 * error
    return Region(number, place_of(segments == number), value, error, is_sure)


def decimals(explanation: Explanation) -> int:
    """Return how many decimals tell its values apart: two, and more where all are small."""
    largest = float(np.abs(explanation.shap_values).max())
    if not largest:
        return 2
    return min(max(2, 1 - math.floor(math.log10(largest))), 9)
