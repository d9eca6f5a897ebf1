"""Dragonflies and damselflies, with their wings spread or folded."""

import numpy as np

from insects.datasets.drawing import patterns
from insects.datasets.drawing.insect import (
    BLACK,
    Insect,
    Limbs,
    Part,
    Rng,
    between,
    grain,
    hue,
    shade,
)
from insects.datasets.drawing.limbs import LegPlan, legs
from insects.datasets.drawing.profile import Profile
from insects.datasets.drawing.solid import Colour, Material, Pattern, Solid
from insects.datasets.drawing.wings import BROAD, BROADER, STALKED, Wing, Wings

SEGMENTS = 10  # of every abdomen
DAMSELFLIES = 0.28  # share of them among all that are drawn
AMBER: Colour = (0.72, 0.45, 0.12)


def random_dragonfly(rng: Rng) -> Insect:
    """Return a dragonfly or a damselfly."""
    return damselfly(rng) if rng.random() < DAMSELFLIES else dragonfly(rng)


def dragonfly(rng: Rng) -> Insect:
    """Return a dragonfly: wings spread flat, eyes that meet."""
    tint = float(rng.choice([4.0, 18.0, 42.0, 95.0, 135.0, 200.0, 215.0]))
    body = hue(tint + between(rng, -8, 8), between(rng, 0.45, 0.8), between(rng, 0.42, 0.75))
    chest = body if rng.random() < 0.5 else hue(between(rng, 40, 110), 0.5, between(rng, 0.4, 0.6))
    eye_tint = float(rng.choice([tint, 10.0, 25.0, 85.0, 140.0, 190.0, 210.0]))
    eye = hue(eye_tint, between(rng, 0.35, 0.75), between(rng, 0.4, 0.65))
    slim = rng.random() < 0.6
    parts: list[Part] = [
        dangling(rng),
        spread_wings(rng),
        tail(rng, body, slim),
        *thorax(rng, chest, 0.085),
        *face(eye, chest, between(rng, 0.118, 0.132), 0.045, 0.45),
    ]
    return Insect(tuple(parts), between(rng, 150, 190), between(rng, 9, 15), (0.5, 0.55, 0.56))


def dangling(rng: Rng) -> Limbs:
    """Return short dark legs, gathered towards the front."""
    plan = LegPlan(
        hips=(0.36, 0.32, 0.28),
        reach=(0.075, 0.07, 0.04),
        growth=(0.9, 1.1, 1.3),
        thick=0.008,
        colours=(BLACK, BLACK, BLACK),
        spread=0.04,
        swing=(0.55, 1.1, 2.0),
        spines=4,
    )
    return Limbs(tuple(legs(plan, rng)), 0.2)


def spread_wings(rng: Rng) -> Wings:
    """Return two pairs of spread wings; a few have dark bands or amber roots."""
    front, rear = np.pi / 2 - between(rng, 0.0, 0.24), np.pi / 2 + between(rng, 0.06, 0.3)
    long, broad = between(rng, 0.62, 0.7), between(rng, 0.13, 0.155)
    wings = []
    for side in (-1, 1):
        slip = rng.normal(0, 0.04)
        hind = Wing(
            (0.25, side * 0.02), side * (rear + slip), 0.96 * long, 1.25 * broad, BROADER, side
        )
        fore = Wing((0.35, side * 0.02), side * (front + slip), long, broad, BROAD, side)
        wings += [hind, fore]
    dark = hue(25, 0.5, 0.14)
    looks = (
        (), (), (),
        ((0.0, between(rng, 0.1, 0.25), AMBER, 0.6),),
        ((0.0, 0.22, dark, 0.75), (0.44, 0.58, dark, 0.75)),
        ((0.86, 1.0, dark, 0.65),),
        ((0.0, 1.0, AMBER, 0.3),),
    )  # fmt: skip
    return Wings(
        wings=tuple(wings),
        tint=hue(between(rng, 190, 230), 0.08, 0.88),
        opacity=between(rng, 0.16, 0.32),
        veins=hue(28, 0.5, between(rng, 0.1, 0.24)),
        patches=looks[rng.integers(len(looks))],
        stigma=hue(between(rng, 10, 40), 0.7, between(rng, 0.12, 0.5)),
        seed=int(rng.integers(2**31)),
    )


def tail(rng: Rng, colour: Colour, slim: bool) -> Solid:
    """Return the abdomen of ten segments, slim or flattened like a chaser's."""
    if slim:
        shape = Profile((0.022, 0.031, 0.03, 0.026, 0.023, 0.024, 0.034, 0.042), 0.06, 0.1)
    else:
        shape = Profile((0.02, 0.042, 0.055, 0.064, 0.068, 0.066, 0.06, 0.05), 0.1, 0.1)
    coat = Material(colour, shade(colour, 0.5), gloss=0.4, polish=25)
    joints = patterns.rings(SEGMENTS, 0.25, shade(colour, 0.25), 0.18)
    marks = (*tail_marks(rng, colour), joints)
    return Solid((-0.5, 0), 0.74, shape, coat, marks, dome=0.9, halo=1.5)


def tail_marks(rng: Rng, colour: Colour) -> tuple[Pattern, ...]:
    """Return what an abdomen wears: a dark line, spots on every segment, a dusty bloom, bands."""
    look = int(rng.integers(5))
    if look == 0:
        return (patterns.stripes(((0.0, 0.16),), BLACK),)
    if look == 1:
        return (beads(BLACK, 0.5, 0.3),)
    if look == 2:
        return (beads(BLACK, 0.72, 0.0),)
    if look == 3:
        return (
            patterns.bands(((0.06, 0.13),), BLACK),
            patterns.stripes(((0.95, 0.3),), shade(colour, 0.4)),
        )
    return ()


def beads(colour: Colour, cover: float, apart: float) -> Pattern:
    """Return marks on each segment.

    Args:
        colour: of the marks.
        cover: share of each segment that they take.
        apart: their place across; 0 joins both sides to a band.
    """

    def paint(surface) -> None:
        step = surface.along * SEGMENTS
        step = step - np.floor(step)
        share = patterns.soft_step(cover / 2 - np.abs(step - 0.45), 0, 0.25)
        if apart:
            share = share * patterns.soft_step(np.abs(surface.across), apart, 0.3)
        surface.dye(share, colour)

    return paint


def thorax(rng: Rng, colour: Colour, wide: float) -> list[Solid]:
    """Return the stout middle that carries the wings, often striped."""
    shape = Profile((0.55 * wide, 0.85 * wide, wide, 0.98 * wide, 0.75 * wide), 0.3, 0.4)
    coat = Material(colour, shade(colour, 0.45), gloss=0.25, polish=14)
    dark = shade(colour, 0.22)
    lines = ((0.1, 0.07), (0.62, 0.13)) if rng.random() < 0.6 else ((0.35, 0.1),)
    marks = (patterns.stripes(lines, dark, 0.02), grain(rng, 0.1))
    return [Solid((0.19, 0), 0.25, shape, coat, marks, dome=0.95)]


def face(eye: Colour, colour: Colour, length: float, apart: float, meet: float) -> list[Solid]:
    """Return the head: two great eyes, and the face between and before them.

    Args:
        eye, colour: of the eyes and of the face.
        length: of an eye, body lengths.
        apart: how far each eye is from the axis.
        meet: how much the eyes turn towards each other in front, radians.
    """
    wide = apart + 0.1 * length
    shape = Profile((0.6 * wide, 0.9 * wide, 0.95 * wide, 0.75 * wide), 0.2, 0.5)
    skin = Material(shade(colour, 1.1), shade(colour, 0.6), gloss=0.3, polish=20)
    lens = Material(shade(eye, 0.8), shade(eye, 1.25), gloss=0.5, polish=40)
    top = patterns.saddle(shade(eye, 0.4), (0.1, 0.75), 0.75, 0.7)
    ball_shape = Profile((0.46 * length,) * 5, 0.5, 0.5)
    parts = [Solid((0.42, 0), 0.95 * length, shape, skin)]
    for side in (-1, 1):
        turn = -side * meet
        root = (0.465 - 0.5 * length * np.cos(turn), side * apart - 0.5 * length * np.sin(turn))
        parts.append(Solid(root, length, ball_shape, lens, (top,), turn, 0.9, halo=1.5))
    return parts


def damselfly(rng: Rng) -> Insect:
    """Return a damselfly: a needle of a body, eyes far apart, narrow stalked wings."""
    tint = float(rng.choice([205.0, 215.0, 5.0, 140.0, 165.0, 280.0]))
    body = hue(tint + between(rng, -8, 8), between(rng, 0.6, 0.9), between(rng, 0.55, 0.9))
    shape = Profile((0.019, 0.02, 0.015, 0.014, 0.014, 0.015, 0.02), 0.05, 0.1)
    coat = Material(body, shade(body, 0.6), gloss=0.45, polish=30)
    marks = [
        (beads(BLACK, 0.6, 0.0),),
        (beads(BLACK, 0.45, 0.0),),
        (patterns.stripes(((0.0, 0.35),), BLACK),),
    ]
    joints = patterns.rings(SEGMENTS, 0.2, BLACK, 0.16)
    worn = (*marks[rng.integers(3)], patterns.bands(((0.16, 0.06),), body), joints)
    tail_part = Solid((-0.5, 0), 0.78, shape, coat, worn, dome=1.0, halo=1.0)
    wings = folded_wings(rng, body)
    chest = thorax(rng, body, 0.046)
    head = face(hue(tint, 0.5, between(rng, 0.3, 0.6)), body, 0.066, 0.055, 0.1)
    return Insect(
        (dangling(rng), tail_part, *chest, wings, *head),
        between(rng, 175, 205), between(rng, 7, 11), (0.5, 0.52, 0.2),
    )  # fmt: skip


def folded_wings(rng: Rng, body: Colour) -> Wings:
    """Return four narrow wings held back, close to the body or half open."""
    open_by = between(rng, 0.05, 0.2) if rng.random() < 0.6 else between(rng, 0.4, 0.75)
    long, broad = between(rng, 0.6, 0.68), between(rng, 0.1, 0.125)
    wings = []
    for side in (-1, 1):
        for pair, (x, more) in enumerate(((0.3, 0.0), (0.34, between(rng, 0.06, 0.16)))):
            angle = side * (np.pi - open_by - more)
            size = long * (0.96, 1.0)[pair]
            wings.append(Wing((x, side * 0.012), angle, size, broad, STALKED, side))
    smoky = rng.random() < 0.25
    patches = ((0.3, 1.0, shade(body, 0.25), 0.65),) if smoky else ()
    return Wings(
        wings=tuple(wings),
        tint=hue(210, 0.06, 0.9),
        opacity=between(rng, 0.18, 0.3),
        veins=hue(28, 0.4, between(rng, 0.1, 0.22)),
        patches=patches,
        stigma=hue(20, 0.6, between(rng, 0.1, 0.35)),
        seed=int(rng.integers(2**31)),
    )
