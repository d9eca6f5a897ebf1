"""An insect as a list of parts to paint, and the helpers that all three orders share."""

import colorsys
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from insects.datasets.drawing.layer import Layer
from insects.datasets.drawing.light import Light
from insects.datasets.drawing.limbs import Limb, paint_limbs
from insects.datasets.drawing.patterns import mottle
from insects.datasets.drawing.pose import Pose
from insects.datasets.drawing.profile import Profile
from insects.datasets.drawing.solid import Colour, Material, Pattern, Solid

Rng = np.random.Generator
BLACK: Colour = (0.05, 0.046, 0.05)


class Part(Protocol):
    """Something that can be painted on a layer."""

    def paint(self, layer: Layer, pose: Pose, light: Light) -> None:
        """Paint it."""


@dataclass(frozen=True)
class Limbs:
    """Legs or antennae, painted together."""

    limbs: tuple[Limb, ...]
    gloss: float = 0.3

    def paint(self, layer: Layer, pose: Pose, light: Light) -> None:
        """Paint them on a layer."""
        paint_limbs(layer, pose, light, list(self.limbs), self.gloss)


@dataclass(frozen=True)
class Insect:
    """One insect.

    Args:
        parts: from the lowest to the highest.
        size: pixels to one body length.
        lift: how far its shadow falls, pixels.
        reach: rear, front and side that should stay in the picture, body lengths.
    """

    parts: tuple[Part, ...]
    size: float
    lift: float = 6.0
    reach: tuple[float, float, float] = (0.6, 0.6, 0.4)


def hue(degrees: float, strength: float, value: float) -> Colour:
    """Return a colour by hue angle, saturation and value."""
    return colorsys.hsv_to_rgb((degrees % 360) / 360, min(strength, 1.0), min(value, 1.0))


def between(rng: Rng, low: float, high: float) -> float:
    """Return a random number in a range."""
    return float(rng.uniform(low, high))


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker or lighter."""
    return tuple(min(c * factor, 1.0) for c in colour)  # type: ignore[return-value]


def grain(rng: Rng, depth: float, kind: str = "grain", bump: float = 0.0) -> Pattern:
    """Return a random piece of noise as a pattern."""
    return mottle(kind, int(rng.integers(0, 512 * 512)), depth, bump)


def ball(
    x: float, y: float, radius: float, material: Material, *patterns: Pattern, **more
) -> Solid:
    """Return a round part about a point, such as an eye."""
    shape = Profile((radius,) * 5, 0.5, 0.5)
    return Solid((x - radius, y), 2 * radius, shape, material, patterns, **{"dome": 0.9, **more})
