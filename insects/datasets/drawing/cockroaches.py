"""Cockroaches: American, German and Oriental ones, hissing ones, and banded nymphs."""

import numpy as np

from insects.datasets.drawing import patterns
from insects.datasets.drawing.insect import BLACK, Insect, Limbs, Rng, between, grain, hue, shade
from insects.datasets.drawing.limbs import LegPlan, Limb, antenna, legs
from insects.datasets.drawing.profile import Profile
from insects.datasets.drawing.solid import Colour, Material, Pattern, Solid

FLAT = 0.42  # a cockroach is flatter than a beetle,
FLATTEST = 0.3  # and its wing covers are flatter still


def random_cockroach(rng: Rng) -> Insect:
    """Return a cockroach of a random kind."""
    kinds = tuple(KINDS)
    weights = np.array([KINDS[kind] for kind in kinds])
    return kinds[rng.choice(len(kinds), p=weights / weights.sum())](rng)


def american(rng: Rng) -> Insect:
    """Return an American cockroach: red-brown, long wings, a pale rim around the shield."""
    base = hue(between(rng, 14, 24), between(rng, 0.76, 0.92), between(rng, 0.32, 0.5))
    rim = hue(between(rng, 34, 44), 0.55, between(rng, 0.68, 0.85))
    marks = (around(rim, 0.62, 0.25), patterns.saddle(shade(base, 0.75), (0.15, 0.85), 0.62, 0.3))
    return winged(rng, base, rim, marks, between(rng, 0.205, 0.235), between(rng, 0.84, 0.92))


def german(rng: Rng) -> Insect:
    """Return a German cockroach: tan, with two dark stripes along the shield."""
    base = hue(between(rng, 26, 34), between(rng, 0.58, 0.74), between(rng, 0.48, 0.64))
    dark = hue(20, 0.6, 0.12)
    marks = (around(shade(base, 1.25), 0.8, 0.2), patterns.stripes(((0.36, 0.13),), dark))
    return winged(rng, base, shade(base, 0.8), marks, between(rng, 0.19, 0.215), 0.84)


def oriental(rng: Rng) -> Insect:
    """Return an Oriental cockroach: nearly black, with wings that leave the abdomen's end bare."""
    base = hue(between(rng, 10, 25), between(rng, 0.4, 0.7), between(rng, 0.13, 0.22))
    marks = (patterns.saddle(shade(base, 0.8), (0.1, 0.9), 0.8, 0.4),)
    return winged(
        rng, base, shade(base, 1.3), marks, between(rng, 0.2, 0.225), between(rng, 0.4, 0.6)
    )


def winged(rng: Rng, base: Colour, rim: Colour, marks, wide: float, wings: float) -> Insect:
    """Return an adult cockroach.

    Args:
        base: its colour.
        rim: the colour of shield edge and wing edge.
        marks: patterns on the shield.
        wide: half-width of the body, body lengths.
        wings: length of the wing covers, body lengths.
    """
    skin = Material(shade(base, 0.8), shade(base, 0.55), gloss=0.45, polish=30)
    plate = Material(base, gloss=0.5, polish=36, metal=0.4)
    front = 0.3
    parts = [
        *under(rng, base, wide),
        abdomen(skin, 0.97 * wide, 0.72, 8, shade(base, 0.4)),
        *wing_covers(rng, base, rim, wide, wings, front),
        shield(plate, 1.0 * wide, front - 0.09, 0.29, *marks, grain(rng, 0.05, "clouds")),
    ]
    return Insect(tuple(parts), between(rng, 125, 165), 5, (0.68, 0.9, 0.42))


def under(rng: Rng, base: Colour, wide: float, feel: float = 1.0) -> list:
    """Return what lies lowest: cerci, legs, antennae and head."""
    leg = hue(between(rng, 20, 30), 0.65, max(base) * between(rng, 0.75, 1.05))
    dark = Material(shade(base, 0.55), gloss=0.5, polish=35)
    face = Profile((0.09, 0.1, 0.1, 0.075), 0.1, 0.5)
    return [
        tails(rng, wide, shade(base, 0.6)),
        Limbs(tuple(legs(spiny(leg, wide), rng)), 0.3),
        threads(rng, feel * between(rng, 1.1, 1.45), shade(base, 0.7)),
        Solid((0.36, 0), 0.17, face, dark),
    ]


def spiny(colour: Colour, wide: float) -> LegPlan:
    """Return a plan of long, spiny running legs."""
    return LegPlan(
        hips=(0.24, 0.08, -0.02),
        reach=(0.22, 0.19, 0.15),
        growth=(0.85, 1.05, 1.4),
        thick=0.03,
        colours=(colour, shade(colour, 0.9), shade(colour, 0.8)),
        spines=8,
        spread=0.55 * wide,
        swing=(0.85, 1.75, 2.25),
    )


def threads(rng: Rng, length: float, colour: Colour) -> Limbs:
    """Return both antennae: threads about as long as the body, swept to any side."""
    pair: list[Limb] = []
    for side in (-1, 1):
        first = side * between(rng, 0.25, 0.7)
        second = first + side * between(rng, -0.1, 0.7)
        turns = (first, second, second + between(rng, -0.7, 0.7))
        pair.append(antenna((0.48, side * 0.05), turns, length, 0.0085, (colour,), count=22))
    return Limbs(tuple(pair), 0.1)


def tails(rng: Rng, wide: float, colour: Colour) -> Limbs:
    """Return both cerci, the short feelers at the rear."""
    pair = []
    for side in (-1, 1):
        turn = np.pi - side * between(rng, 0.35, 0.6)
        pair.append(
            antenna((-0.42, side * 0.35 * wide), (turn,) * 3, 0.17, 0.016, (colour,), count=8)
        )
    return Limbs(tuple(pair), 0.2)


def abdomen(
    material: Material, wide: float, length: float, count: int, line: Colour, *more: Pattern
):
    """Return the segmented abdomen; it ends at x = -0.5."""
    shape = Profile((0.55 * wide, 0.9 * wide, wide, wide, 0.95 * wide, 0.85 * wide), 0.3, 0.05)
    rings = patterns.rings(count, 0.2, line, 0.22, 0.5)
    return Solid((-0.5, 0), length, shape, material, (*more, rings), dome=FLAT)


def wing_covers(rng: Rng, base, rim, wide: float, length: float, front: float) -> list[Solid]:
    """Return both leathery wings, the one overlapping the other."""
    shape = Profile((0.55, 0.92, 1.0, 1.0, 0.93, 0.7), 0.45, 0.16, 2.4)
    shape = shape.times(0.84 * wide)
    material = Material(base, shade(base, 1.18), gloss=0.5, polish=38, metal=0.45)
    first = int(rng.choice((-1, 1)))
    covers = []
    for side in (first, -first):
        edge = (wing_edge(side, rim), wing_veins(side), grain(rng, 0.06))
        # The tips lie on each other, the roots side by side.
        turn = side * 0.2 * wide / length
        origin = (front - length, side * 0.05 * wide)
        covers.append(Solid(origin, length, shape, material, edge, turn, FLATTEST, halo=3.0))
    return covers


def wing_edge(side: int, colour: Colour) -> Pattern:
    """Return the paler outer edge of the wing on one side."""

    def paint(surface) -> None:
        surface.dye(0.55 * patterns.soft_step(side * surface.across, 0.75, 0.3), colour)

    return paint


def wing_veins(side: int) -> Pattern:
    """Return fine veins that fan out from the wing's root to its edge."""

    def paint(surface) -> None:
        back = 1 - surface.along
        fan = side * surface.across * (1.1 - 0.5 * back) - 0.9 * back * back
        wave = np.sin(fan * np.float32(34))
        main = np.exp(-(((side * surface.across - 0.25 - 0.4 * back) * 9) ** 2))
        surface.albedo *= 1 - 0.04 * wave - 0.25 * main
        surface.lean += np.float32(0.03) * wave

    return paint


def around(colour: Colour, start: float, blur: float) -> Pattern:
    """Return a rim all around a plate, from `start` outwards (1 = the edge)."""

    def paint(surface) -> None:
        away = np.hypot(surface.along * 2.05 - 1, surface.across)
        surface.dye(patterns.soft_step(away, start + 0.15, blur), colour)

    return paint


def shield(material: Material, wide: float, start: float, length: float, *more: Pattern) -> Solid:
    """Return the pronotum: a broad shield that hides the head."""
    shape = Profile((0.86 * wide, wide, 0.98 * wide, 0.85 * wide, 0.6 * wide), 0.2, 0.5)
    return Solid((start, 0), length, shape, material, more, dome=FLAT)


def nymph(rng: Rng) -> Insect:
    """Return a young cockroach: no wings, an abdomen of overlapping bands."""
    base = hue(between(rng, 14, 30), between(rng, 0.55, 0.8), between(rng, 0.22, 0.5))
    pale = hue(between(rng, 32, 44), 0.5, between(rng, 0.65, 0.85))
    wide = between(rng, 0.22, 0.25)
    lines = shade(base, 0.35) if rng.random() < 0.5 else pale
    stripes = rng.random() < 0.2
    centre = patterns.stripes(((0.0, between(rng, 0.1, 0.2)),), pale)
    more = (centre,) if stripes else ()
    return plated(rng, base, lines, wide, 8, more, (), 1.0)


def hissing(rng: Rng) -> Insect:
    """Return a hissing cockroach: large, with a black shield and a banded, glossy abdomen."""
    base = hue(between(rng, 12, 28), between(rng, 0.65, 0.85), between(rng, 0.34, 0.55))
    knobs = (
        patterns.saddle(shade(base, 0.6), (0.35, 0.62), 0.28, 0.4),
        patterns.stripes(((0.5, 0.1),), shade(base, 0.5)),
    )
    dark = patterns.border(BLACK, 0.86, 0.2)
    return plated(rng, base, BLACK, between(rng, 0.21, 0.24), 9, (dark,), knobs, 0.62, 0.22)


def plated(rng, base, line, wide, count, back, front, feel, darkness=1.0) -> Insect:
    """Return a cockroach without wings.

    Args:
        base, line: colours of the segments and of the lines between them.
        wide: half-width of the body, body lengths.
        count: segments of the abdomen.
        back, front: patterns on the abdomen and on the shield.
        feel: length of the antennae, 1 = usual.
        darkness: brightness of shield and thorax against the abdomen.
    """
    skin = Material(base, shade(base, 0.6), gloss=0.5, polish=28)
    plate = Material(
        shade(base, 0.85 * darkness), shade(base, 0.5 * darkness), gloss=0.55, polish=32
    )
    ring = shade(line, 0.9)
    parts = [
        *under(rng, base, wide, feel),
        abdomen(skin, wide, 0.64, count, ring, *back, grain(rng, 0.06, "clouds")),
        segment(plate, 0.95 * wide, 0.06, 0.13, ring, *back),
        segment(plate, 0.94 * wide, 0.15, 0.14, ring, *back),
        shield(plate, 0.9 * wide, 0.24, 0.26, *front, around(shade(base, 0.6), 0.8, 0.2)),
    ]
    return Insect(tuple(parts), between(rng, 125, 165), 6, (0.66, 0.8, 0.42))


def segment(
    material: Material, wide: float, start: float, length: float, line: Colour, *more
) -> Solid:
    """Return one plate of the thorax with a line along its rear edge."""
    shape = Profile((0.98 * wide, wide, 0.98 * wide, 0.9 * wide), 0.25, 0.1)
    rear = patterns.bands(((0.0, 0.16),), line, -0.12)
    return Solid((start, 0), length, shape, material, (*more, rear), dome=FLAT, halo=2.0)


# How often each kind is drawn.
KINDS = {american: 0.36, german: 0.15, oriental: 0.13, nymph: 0.2, hissing: 0.16}
