"""The outline of a body part that is the same on both sides of its axis."""

from copy import copy

import numpy as np

TABLE = 256  # entries of a profile, from the rear end of the part to its front end


class Profile:
    """Half-widths along an axis, smooth between a few given ones, with rounded ends.

    Args:
        widths: half-widths at evenly spaced stations from rear to front, body lengths.
        rear: share of the length over which the rear end is rounded; 0 = cut off straight.
        front: the same for the front end.
        blunt: 2 rounds the ends like an ellipse, more makes them fuller.
    """

    def __init__(
        self,
        widths: tuple[float, ...],
        rear: float = 0.3,
        front: float = 0.3,
        blunt: float = 2.0,
    ) -> None:
        place = np.linspace(0, 1, TABLE)
        rough = np.interp(place, np.linspace(0, 1, len(widths)), widths)
        reach = int(0.8 * TABLE / len(widths))
        kernel = np.hanning(2 * reach + 3)[1:-1]
        padded = np.pad(rough, reach, mode="reflect", reflect_type="odd")
        smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
        ends = rounded(place, rear, blunt) * rounded(1 - place, front, blunt)
        self.widths = np.maximum(smooth * ends, 1e-4).astype(np.float32)
        self.slopes = (np.gradient(self.widths) * TABLE).astype(np.float32)

    def times(self, factor: float) -> "Profile":
        """Return the same outline with all half-widths multiplied."""
        other = copy(self)
        other.widths = self.widths * np.float32(factor)
        other.slopes = self.slopes * np.float32(factor)
        return other


def rounded(place: np.ndarray, share: float, blunt: float) -> np.ndarray:
    """Return factors that fall from 1 to 0 like a quarter of an ellipse over the first `share`."""
    if share <= 0:
        return np.ones_like(place)
    return (1 - np.clip(1 - place / share, 0, 1) ** blunt) ** (1 / blunt)
