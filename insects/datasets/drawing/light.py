"""The light of one picture: where it comes from, its colour, and what it does to a surface."""

from dataclasses import dataclass

import numpy as np

from insects.datasets.drawing.pose import SIZE


@dataclass(frozen=True)
class Light:
    """One lamp or sun, and the sky around it.

    Args:
        azimuth: where it stands in the picture, radians clockwise from the right.
        height: how high it stands, radians above the ground.
        key: share of the light that has a direction; the rest comes from all sides.
        colour: its colour, three floats near 1.
        exposure: brightness of the whole picture, 1 = right.
    """

    azimuth: float
    height: float
    key: float
    colour: tuple[float, float, float]
    exposure: float

    @property
    def direction(self) -> np.ndarray:
        """Return the unit vector towards the light (right, down, up), (3,)."""
        flat = np.cos(self.height)
        return np.array(
            [flat * np.cos(self.azimuth), flat * np.sin(self.azimuth), np.sin(self.height)],
            dtype=np.float32,
        )

    def turned(self, angle: float) -> np.ndarray:
        """Return the direction seen from a frame turned by `angle`, (3,)."""
        x, y, z = self.direction
        cos, sin = np.cos(angle), np.sin(angle)
        return np.array([cos * x + sin * y, cos * y - sin * x, z], dtype=np.float32)

    def relief(self, height: np.ndarray, strength: float) -> np.ndarray:
        """Return how bright a bumpy ground is at every pixel, (SIZE, SIZE), 1 = flat.

        Args:
            height: (SIZE, SIZE) float32, upwards.
            strength: how much a slope of one a pixel changes.
        """
        x, y, _ = self.direction
        bright = np.ones((SIZE, SIZE), dtype=np.float32)
        bright[:, 1:-1] -= np.float32(strength * x) * (height[:, 2:] - height[:, :-2])
        bright[1:-1] -= np.float32(strength * y) * (height[2:] - height[:-2])
        return np.maximum(bright, np.float32(0.25), out=bright)


def random_light(rng: np.random.Generator) -> Light:
    """Return a light such as photos of insects have: mostly day, sometimes dim or warm."""
    warmth = rng.normal(0.0, 0.035)
    return Light(
        azimuth=rng.uniform(0, 2 * np.pi),
        height=rng.uniform(0.7, 1.15),
        key=rng.uniform(0.5, 0.75),
        colour=(1.0 + warmth, 1.0 + 0.2 * warmth, 1.0 - warmth),
        exposure=float(np.clip(rng.normal(1.0, 0.09), 0.72, 1.18)),
    )
