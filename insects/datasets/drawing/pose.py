"""Where an insect lies in the picture: from its own coordinates to pixels and back."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SIZE = 256  # height and width of every picture, pixels


@dataclass(frozen=True)
class Pose:
    """Place an insect whose body runs along x (head forwards), one unit long, y across it.

    Args:
        centre: pixel (column, row) of the insect's origin.
        angle: where the head points, radians clockwise from the right.
        scale: pixels to one body length.
        tilt: foreshortening of the picture's vertical by an oblique camera, 1 = from above.
        bend: how far the body curves sideways, body lengths at x = 1.
    """

    centre: tuple[float, float]
    angle: float
    scale: float
    tilt: float = 1.0
    bend: float = 0.0

    @cached_property
    def matrix(self) -> np.ndarray:
        """Return the linear part from body units to pixels, (2, 2)."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cos, -sin], [sin, cos]])
        return self.scale * np.diag([1.0, self.tilt]) @ turn

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Return pixel (column, row) of body points, both (..., 2)."""
        x, y = points[..., 0], points[..., 1]
        straight = np.stack([x, y + self.bend * x * x], axis=-1)
        return straight @ self.matrix.T + np.asarray(self.centre)

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return body x and y of every pixel's centre, two (SIZE, SIZE) float32."""
        inverse = np.linalg.inv(self.matrix).astype(np.float32)
        column = np.arange(SIZE, dtype=np.float32) + 0.5 - np.float32(self.centre[0])
        row = np.arange(SIZE, dtype=np.float32)[:, None] + 0.5 - np.float32(self.centre[1])
        x = inverse[0, 0] * column + inverse[0, 1] * row
        y = inverse[1, 0] * column + inverse[1, 1] * row
        return (x, y - np.float32(self.bend) * x * x) if self.bend else (x, y)

    def box(self, points: np.ndarray, margin: float) -> tuple[slice, slice]:
        """Return the rows and columns that hold body points (n, 2) and a margin in pixels."""
        pixels = self.to_pixels(points)
        low = np.clip(np.floor(pixels.min(axis=0) - margin), 0, SIZE).astype(int)
        high = np.clip(np.ceil(pixels.max(axis=0) + margin), 0, SIZE).astype(int)
        return slice(low[1], high[1]), slice(low[0], high[0])
