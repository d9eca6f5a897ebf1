"""Beetles: ladybirds, ground, leaf, jewel, long-horned, scarab and stag beetles, weevils."""

import numpy as np

from insects.datasets.drawing import patterns
from insects.datasets.drawing.beetle_parts import (
    eyes,
    feelers,
    head,
    jaws,
    shield,
    six,
    stance,
    triangle,
    wing_cases,
)
from insects.datasets.drawing.insect import (
    BLACK,
    Insect,
    Limbs,
    Rng,
    between,
    grain,
    hue,
    shade,
)
from insects.datasets.drawing.limbs import Limb, antenna
from insects.datasets.drawing.profile import Profile
from insects.datasets.drawing.solid import Colour, Material, Pattern, Solid

CREAM: Colour = (0.93, 0.88, 0.74)


def random_beetle(rng: Rng) -> Insect:
    """Return a beetle of a random species."""
    kinds = tuple(SPECIES)
    weights = np.array([SPECIES[kind] for kind in kinds])
    return kinds[rng.choice(len(kinds), p=weights / weights.sum())](rng)


def ladybird(rng: Rng) -> Insect:
    """Return a ladybird: a shining dome with spots."""
    base = hue(between(rng, -2, 28), between(rng, 0.88, 1.0), between(rng, 0.72, 0.95))
    ink, black = BLACK, Material(BLACK, gloss=0.55, polish=45)
    if rng.random() < 0.12:
        base, ink = (0.07, 0.06, 0.06), hue(between(rng, 0, 20), 0.95, 0.85)
    wide = between(rng, 0.37, 0.42)
    shell = Material(base, shade(base, 0.72), gloss=0.6, polish=55)
    dots = patterns.spots(ladybird_spots(rng), ink, wide / 0.76)
    pale = patterns.stripes(((0.82, 0.2),), CREAM)
    face = patterns.stripes(((0.75, 0.22),), CREAM)
    widths = (0.72 * wide, 0.93 * wide, wide, wide, 0.97 * wide, 0.78 * wide)
    parts = [
        stance(six(BLACK, 0.024, 0.4, 0.2, hips=(0.16, 0.02, -0.12)), rng),
        feelers(0.4, 0.09, rng, 0.2, 0.012, ((0.25, 0.17, 0.1),), club=0.012),
        head(0.26, 0.22, 0.15, black, face),
        *eyes(0.4, 0.125, 0.03),
        shield((0.27, 0.29, 0.27, 0.22), 0.18, 0.19, black, pale),
        wing_cases(widths, 0.77, shell, dots, dome=0.95),
    ]
    return Insect(tuple(parts), between(rng, 105, 150), between(rng, 6, 9))


def ladybird_spots(rng: Rng) -> tuple[tuple[float, float, float], ...]:
    """Return (along, across, radius) of a ladybird's spots on one side."""
    layouts = (
        ((0.52, 0.5, 0.15),),
        ((0.97, 0.0, 0.1), (0.76, 0.58, 0.1), (0.5, 0.3, 0.115), (0.34, 0.72, 0.085)),
        ((0.78, 0.3, 0.075), (0.72, 0.8, 0.07), (0.5, 0.22, 0.085), (0.5, 0.66, 0.08),
         (0.25, 0.4, 0.08)),
        ((0.82, 0.4, 0.06), (0.7, 0.75, 0.06), (0.64, 0.2, 0.065), (0.52, 0.5, 0.06),
         (0.4, 0.8, 0.06), (0.36, 0.25, 0.065), (0.22, 0.5, 0.06), (0.9, 0.05, 0.05)),
    )  # fmt: skip
    layout = layouts[rng.choice(len(layouts), p=(0.15, 0.5, 0.2, 0.15))]
    grow = between(rng, 0.85, 1.2)
    return tuple((a, b, grow * r * between(rng, 0.92, 1.08)) for a, b, r in layout)


def ground_beetle(rng: Rng) -> Insect:
    """Return a ground beetle: long legs, grooved wing cases, a narrower heart-shaped shield."""
    dark = rng.random() < 0.55
    tint = between(rng, 90, 330)
    base = hue(tint, between(rng, 0.1, 0.35), 0.11) if dark else hue(tint, 0.85, 0.34)
    glow = hue(tint + between(rng, -60, 60), 0.9, 0.42)
    shell = Material(base, None, gloss=0.5, polish=30, metal=0.15)
    smooth = Material(base, gloss=0.5, polish=40, metal=0.15)
    wide = between(rng, 0.185, 0.215)
    widths = (0.55 * wide, 0.9 * wide, wide, 0.98 * wide, 0.9 * wide, 0.72 * wide)
    ribs = patterns.grooves(int(rng.integers(4, 7)), 0.32, between(rng, 0, 1) // 0.5 * 22)
    sheen = patterns.shimmer(glow, between(rng, 0.25, 0.75))
    leg = BLACK if rng.random() < 0.7 else hue(22, 0.8, 0.4)
    parts = [
        stance(
            six(leg, 0.017, between(rng, 0.62, 0.75), 0.1, hips=(0.22, 0.06, -0.04), spines=5), rng
        ),
        feelers(0.42, 0.06, rng, between(rng, 0.42, 0.52), 0.009, (leg,)),
        *jaws(0.42, 0.12, 0.022, 0.045, smooth),
        head(0.3, 0.17, 0.085, smooth),
        *eyes(0.38, 0.08, 0.022),
        shield((0.11, 0.115, 0.148, 0.155, 0.125), 0.13, 0.2, smooth, sheen, patterns.seam(0.4)),
        wing_cases(widths, 0.64, shell, sheen, ribs),
    ]
    return Insect(tuple(parts), between(rng, 135, 175), 6)


def leaf_beetle(rng: Rng) -> Insect:
    """Return a leaf beetle: a smooth oval, metallic, or striped as the Colorado beetle."""
    if rng.random() < 0.5:
        return striped_leaf_beetle(rng)
    tint = rng.choice([130.0, 165.0, 205.0, 265.0, 20.0]) + between(rng, -12, 12)
    base, glow = hue(tint, 0.9, between(rng, 0.3, 0.5)), hue(tint + 50, 0.9, 0.6)
    coat = Material(base, shade(base, 0.6), gloss=0.6, polish=35, metal=0.35)
    rough = grain(rng, 0.1, bump=0.09)
    sheen = patterns.shimmer(glow, between(rng, 0.3, 0.8))
    return oval_beetle(rng, coat, coat, shade(base, 0.4), (sheen, rough), (sheen, rough))


def striped_leaf_beetle(rng: Rng) -> Insect:
    """Return a Colorado beetle: ten dark stripes on cream, spots on an orange shield."""
    shell = Material(
        hue(between(rng, 42, 54), between(rng, 0.25, 0.6), 0.93), gloss=0.45, polish=45
    )
    orange = Material(hue(between(rng, 18, 34), 0.8, 0.82), gloss=0.45, polish=40)
    lines = ((0.03, 0.035), (0.24, 0.055), (0.46, 0.055), (0.66, 0.05), (0.86, 0.05))
    stripes = patterns.stripes(lines, BLACK, 0.008)
    dots = patterns.spots(
        ((0.55, 0.12, 0.13), (0.35, 0.5, 0.08), (0.7, 0.5, 0.08), (0.4, 0.75, 0.07)), BLACK, 1.15
    )
    return oval_beetle(rng, shell, orange, hue(20, 0.85, 0.5), (stripes,), (dots,))


def oval_beetle(rng: Rng, shell: Material, front: Material, leg: Colour, back, plate) -> Insect:
    """Return a beetle of a leaf beetle's build in any colours."""
    wide = between(rng, 0.28, 0.33)
    widths = (0.55 * wide, 0.9 * wide, wide, wide, 0.95 * wide, 0.8 * wide)
    parts = [
        stance(six(leg, 0.024, 0.5, 0.16, hips=(0.2, 0.04, -0.1)), rng),
        feelers(0.42, 0.06, rng, 0.32, 0.012, (shade(leg, 0.6),), club=0.007),
        head(0.28, 0.2, 0.115, front),
        *eyes(0.4, 0.105, 0.024),
        shield((0.2, 0.225, 0.215, 0.17), 0.17, 0.19, front, *plate),
        wing_cases(widths, 0.72, shell, *back, dome=0.9),
    ]
    return Insect(tuple(parts), between(rng, 115, 155), 7)


def longhorn(rng: Rng) -> Insect:
    """Return a long-horned beetle: a narrow body under ringed antennae longer than itself."""
    look = int(rng.integers(3))
    base = (
        hue(220, 0.2, 0.1),
        hue(between(rng, 20, 40), 0.5, 0.38),
        hue(between(rng, 8, 40), 0.9, 0.5),
    )
    mark = (CREAM, hue(38, 0.35, 0.75), BLACK)[look]
    shell = Material(base[look], gloss=(0.5, 0.2, 0.3)[look], polish=25)
    wide = between(rng, 0.135, 0.165)
    widths = (0.6 * wide, 0.85 * wide, 0.93 * wide, 0.98 * wide, wide, 0.9 * wide)
    rings = (shade(mark, 0.9), BLACK, BLACK) if look < 2 else (shade(base[2], 0.7),)
    parts = [
        stance(six(BLACK if look == 0 else shade(base[look], 0.7), 0.019, 0.62, 0.08), rng),
        head(0.33, 0.15, 0.088, shell),
        *jaws(0.45, 0.06, 0.018, 0.035, Material(BLACK)),
        *eyes(0.41, 0.082, 0.026),
        shield((0.1, 0.115, 0.135, 0.125, 0.1), 0.2, 0.16, shell, grain(rng, 0.12, bump=0.06)),
        wing_cases(
            widths, 0.71, shell, *longhorn_marks(rng, look, mark), grain(rng, 0.1, bump=0.05)
        ),
        feelers(0.42, 0.05, rng, between(rng, 0.95, 1.35), 0.0125, rings, count=25),
    ]
    return Insect(tuple(parts), between(rng, 115, 145), 6, (0.6, 0.75, 0.45))


def longhorn_marks(rng: Rng, look: int, mark: Colour) -> tuple[Pattern, ...]:
    """Return what a long-horned beetle wears: spots, mottling or bands."""
    if look == 0:
        count = int(rng.integers(5, 10))
        rows = [(between(rng, 0.06, 0.95), between(rng, 0.15, 0.8), between(rng, 0.02, 0.036))
                for _ in range(count)]  # fmt: skip
        return (patterns.spots(tuple(rows), mark, 0.21),)
    if look == 1:
        return (
            grain(rng, 0.3, "clouds"),
            patterns.bands(((0.35, 0.05), (0.68, 0.04)), mark, 0, 0.03),
        )
    return (patterns.bands(((0.12, 0.07), (0.42, 0.06), (0.72, 0.05)), mark, 0.1, 0.02),)


def scarab(rng: Rng) -> Insect:
    """Return a chafer or dung beetle: broad and heavy, with toothed digging legs."""
    tint = rng.choice([120.0, 145.0, 30.0, 22.0, 220.0, 280.0])
    bright = rng.random() < 0.6
    base = hue(tint, 0.85, between(rng, 0.32, 0.5)) if bright else hue(tint, 0.3, 0.1)
    coat = Material(base, shade(base, 0.6), gloss=0.65, polish=28, metal=0.5 if bright else 0.05)
    sheen = patterns.shimmer(hue(tint + 45, 0.9, 0.5), 0.6 if bright else 0.1)
    wide = between(rng, 0.27, 0.31)
    widths = (0.62 * wide, 0.92 * wide, wide, wide, 0.97 * wide, 0.85 * wide)
    ribs = patterns.grooves(int(rng.integers(3, 6)), between(rng, 0.05, 0.3))
    leg = shade(base, 0.45)
    plan = six(leg, 0.032, between(rng, 0.46, 0.56), 0.17, hips=(0.22, 0.04, -0.12), spines=4)
    parts = [
        stance(plan, rng),
        feelers(0.43, 0.07, rng, 0.16, 0.012, (shade(leg, 1.3),), club=0.025),
        head(0.3, 0.19, 0.13, coat),
        *eyes(0.38, 0.125, 0.022),
        shield((0.25, 0.26, 0.25, 0.2, 0.15), 0.12, 0.25, coat, sheen, grain(rng, 0.08, bump=0.05)),
        wing_cases(widths, 0.66, coat, sheen, ribs, grain(rng, 0.06, bump=0.04), dome=0.85),
        triangle(0.145, 0.05, 0.1, coat),
    ]
    return Insect(tuple(parts), between(rng, 120, 160), 8)


def rhinoceros(rng: Rng) -> Insect:
    """Return a rhinoceros beetle: brown lacquer and a long horn."""
    base = hue(between(rng, 8, 25), between(rng, 0.6, 0.85), between(rng, 0.16, 0.36))
    coat = Material(base, shade(base, 0.5), gloss=0.7, polish=45)
    wide = between(rng, 0.23, 0.26)
    widths = (0.65 * wide, 0.92 * wide, wide, wide, 0.97 * wide, 0.88 * wide)
    horn = between(rng, 0.22, 0.36)
    beak = Profile((0.042, 0.032, 0.026, 0.024, 0.03), 0.1, 0.25)
    hump = patterns.saddle(shade(base, 0.5), (0.5, 1.1), 0.7, 0.5)
    parts = [
        stance(six(shade(base, 0.5), 0.032, 0.55, 0.15, hips=(0.16, 0.0, -0.14), spines=4), rng),
        head(0.24, 0.17, 0.1, coat),
        *eyes(0.32, 0.098, 0.02),
        shield((0.225, 0.235, 0.225, 0.18, 0.12), 0.05, 0.25, coat, hump),
        Solid((0.33, 0), horn, beak, coat, angle=between(rng, -0.06, 0.06), dome=1.0),
        wing_cases(widths, 0.6, coat, patterns.grooves(1, 0.15), dome=0.85),
        triangle(0.075, 0.05, 0.09, coat),
    ]
    return Insect(tuple(parts), between(rng, 125, 160), 8, (0.6, 0.75, 0.4))


def stag(rng: Rng) -> Insect:
    """Return a stag beetle: huge branched jaws."""
    base = hue(between(rng, 5, 22), 0.6, between(rng, 0.1, 0.2))
    jaw_base = hue(between(rng, 5, 18), 0.8, between(rng, 0.16, 0.34))
    coat, jaw = Material(base, gloss=0.5, polish=30), Material(jaw_base, gloss=0.5, polish=35)
    shape = Profile((0.034, 0.026, 0.022, 0.02, 0.008), 0.1, 0.3)
    tooth = Profile((0.018, 0.014, 0.006), 0.1, 0.3)
    length, forks = between(rng, 0.2, 0.27), []
    for side in (-1, 1):
        root = (0.32, side * 0.085)
        forks.append(Solid(root, 0.55 * length, shape, jaw, angle=side * 0.35, halo=1))
        bend = (root[0] + 0.48 * length, side * (0.085 + 0.17 * length))
        forks.append(Solid(bend, 0.6 * length, shape, jaw, angle=-side * 0.3, halo=1))
        forks.append(Solid(bend, 0.22 * length, tooth, jaw, angle=-side * 1.2, halo=0))
    widths = (0.11, 0.165, 0.185, 0.19, 0.185, 0.165)
    parts = [
        stance(six(BLACK, 0.021, 0.62, 0.11, hips=(0.14, 0.0, -0.1), spines=4), rng),
        feelers(0.3, 0.11, rng, 0.24, 0.01, (BLACK,), club=0.014),
        *forks,
        head(0.2, 0.16, 0.14, coat),
        *eyes(0.28, 0.14, 0.02),
        shield((0.16, 0.18, 0.185, 0.16), 0.06, 0.17, coat),
        wing_cases(widths, 0.59, Material(jaw_base, base, gloss=0.5, polish=25)),
        triangle(0.08, 0.035, 0.06, coat),
    ]
    return Insect(tuple(parts), between(rng, 135, 165), 7, (0.6, 0.65, 0.4))


def weevil(rng: Rng) -> Insect:
    """Return a weevil: a pear-shaped body with a long curved snout and elbowed antennae."""
    tint = rng.choice([30.0, 38.0, 210.0, 120.0])
    base = hue(tint, between(rng, 0.2, 0.5), between(rng, 0.3, 0.55))
    coat = Material(base, shade(base, 0.6), gloss=0.16, polish=12)
    beak = Profile((0.05, 0.036, 0.03, 0.028, 0.04), 0.1, 0.2)
    wide = between(rng, 0.21, 0.25)
    widths = (0.45 * wide, 0.85 * wide, wide, wide, 0.9 * wide, 0.7 * wide)
    scales = (grain(rng, 0.22, bump=0.06), grain(rng, 0.12, "clouds"))
    snout = between(rng, 0.16, 0.25)
    parts = [
        stance(six(shade(base, 0.6), 0.026, 0.5, 0.1, hips=(0.14, 0.02, -0.1)), rng),
        elbows(0.32 + 0.6 * snout, rng, shade(base, 0.5)),
        Solid((0.32, 0), snout, beak, coat, angle=between(rng, -0.12, 0.12), dome=1.0),
        head(0.22, 0.14, 0.07, coat, *scales),
        *eyes(0.3, 0.064, 0.022),
        shield((0.14, 0.155, 0.14, 0.1), 0.08, 0.18, coat, *scales),
        wing_cases(widths, 0.61, coat, patterns.grooves(5, 0.4, 16), *scales, dome=0.95),
    ]
    return Insect(tuple(parts), between(rng, 130, 170), 7)


def elbows(x: float, rng: Rng, colour: Colour) -> Limbs:
    """Return a weevil's antennae, bent like an elbow, from the snout at `x`."""
    pair: list[Limb] = []
    for side in (-1, 1):
        out, on = between(rng, 1.4, 1.9), between(rng, 0.3, 0.7)
        pair.append(antenna((x, side * 0.03), (side * out,) * 3, 0.11, 0.01, (colour,), count=4))
        tip = (x + 0.105 * np.cos(out), side * (0.03 + 0.105 * np.sin(out)))
        pair.append(antenna(tip, (side * on,) * 3, 0.13, 0.01, (colour,), count=10, club=0.008))
    return Limbs(tuple(pair), 0.1)


def jewel(rng: Rng) -> Insect:
    """Return a jewel beetle: a metallic torpedo."""
    tint = rng.choice([95.0, 140.0, 170.0, 15.0, 290.0])
    base = hue(tint, 0.95, between(rng, 0.45, 0.6))
    coat = Material(base, hue(tint - 60, 0.95, 0.4), gloss=0.75, polish=22, metal=0.55)
    streak = patterns.stripes(((0.5, 0.12),), hue(tint - between(rng, 60, 140), 0.9, 0.5))
    wide = between(rng, 0.155, 0.185)
    widths = (0.3 * wide, 0.65 * wide, 0.9 * wide, wide, wide, 0.95 * wide)
    ribs = patterns.grooves(5, 0.25, 20)
    marks = (
        (streak, ribs)
        if rng.random() < 0.6
        else (ribs, patterns.shimmer(hue(tint + 70, 0.9, 0.5), 0.8))
    )
    parts = [
        stance(six(shade(base, 0.5), 0.02, 0.42, 0.1), rng),
        feelers(0.43, 0.05, rng, 0.2, 0.012, (shade(base, 0.4),)),
        head(0.36, 0.12, 0.1, coat),
        *eyes(0.43, 0.082, 0.03),
        shield((0.17, 0.165, 0.14, 0.115), 0.2, 0.19, coat, grain(rng, 0.08, bump=0.06)),
        wing_cases(widths, 0.73, coat, *marks, dome=0.8),
    ]
    return Insect(tuple(parts), between(rng, 135, 170), 6)


# How often each kind is drawn.
SPECIES = {
    ladybird: 0.22,
    ground_beetle: 0.16,
    leaf_beetle: 0.15,
    longhorn: 0.13,
    scarab: 0.12,
    weevil: 0.08,
    rhinoceros: 0.05,
    jewel: 0.05,
    stag: 0.04,
}
