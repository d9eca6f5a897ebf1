"""The parts that beetles are put together from."""

from insects.datasets.drawing import patterns
from insects.datasets.drawing.insect import (
    Limbs,
    Rng,
    ball,
    between,
    shade,
)
from insects.datasets.drawing.limbs import LegPlan, antenna, legs
from insects.datasets.drawing.profile import Profile
from insects.datasets.drawing.solid import Colour, Material, Pattern, Solid

EYE = Material((0.06, 0.045, 0.04), gloss=0.8, polish=70)


def wing_cases(widths, length: float, material: Material, *more: Pattern, dome=0.75) -> Solid:
    """Return both wing cases with the seam between them; they end at x = -0.5."""
    shape = Profile(widths, 0.42, 0.14, 2.5)
    return Solid((-0.5, 0), length, shape, material, (*more, patterns.seam()), dome=dome)


def shield(widths, start: float, length: float, material: Material, *more: Pattern, dome=0.7):
    """Return the pronotum, the plate behind the head."""
    shape = Profile(widths, 0.12, 0.2)
    under = 0.03  # it reaches under the wing cases, or the ground would show between them
    return Solid((start - under, 0), length + under, shape, material, more, dome=dome)


def head(start: float, length: float, wide: float, material: Material, *more: Pattern) -> Solid:
    """Return a head that tapers to the mouth."""
    shape = Profile((0.9 * wide, wide, 0.97 * wide, 0.8 * wide, 0.55 * wide), 0.1, 0.3)
    return Solid((start, 0), length, shape, material, more, dome=0.7)


def eyes(x: float, y: float, radius: float) -> list[Solid]:
    """Return both eyes."""
    return [ball(x, side * y, radius, EYE, halo=0) for side in (-1, 1)]


def jaws(
    start: float, length: float, thick: float, apart: float, material: Material
) -> list[Solid]:
    """Return two mandibles that close forwards."""
    shape = Profile((thick, thick * 0.85, thick * 0.7, thick * 0.5, thick * 0.2), 0.1, 0.4)
    return [
        Solid((start, side * apart), length, shape, material, angle=-side * 0.3, halo=1)
        for side in (-1, 1)
    ]


def feelers(x: float, y: float, rng: Rng, length: float, thick: float, colours, **more) -> Limbs:
    """Return a pair of antennae that bow outwards."""
    pair = []
    for side in (-1, 1):
        first, second = between(rng, 0.55, 0.85), between(rng, 0.45, 1.15)
        turns = (side * first, side * second, side * (second + between(rng, -0.1, 0.6)))
        pair.append(antenna((x, side * y), turns, length, thick, colours, **more))
    return Limbs(tuple(pair), 0.15)


def stance(plan: LegPlan, rng: Rng, gloss: float = 0.35) -> Limbs:
    """Return six legs."""
    return Limbs(tuple(legs(plan, rng)), gloss)


def six(colour: Colour, thick: float, reach: float, spread: float, **more) -> LegPlan:
    """Return a plan of plain beetle legs, `reach` body lengths from hip to claw."""
    parts = (0.4 * reach, 0.36 * reach, 0.3 * reach)
    colours = (colour, colour, shade(colour, 1.15))
    usual = {"hips": (0.2, 0.04, -0.1), "growth": (0.9, 0.95, 1.15), "spines": 0}
    return LegPlan(reach=parts, colours=colours, thick=thick, spread=spread, **{**usual, **more})


def triangle(start: float, wide: float, length: float, material: Material) -> Solid:
    """Return the scutellum, the small plate between the wing cases, pointing backwards."""
    shape = Profile((0.1 * wide, 0.5 * wide, wide), 0.0, 0.0)
    return Solid((start - length, 0), length, shape, material, dome=0.3, halo=1.5)
