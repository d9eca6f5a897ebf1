"""Legs and antennae: thin jointed lines, drawn finer than the picture and scaled down."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from insects.datasets.drawing.layer import Layer
from insects.datasets.drawing.light import Light
from insects.datasets.drawing.pose import SIZE, Pose
from insects.datasets.drawing.solid import Colour

FINE = 3  # limbs are drawn this many times larger
THINNEST = 0.42  # half-width below which a limb would break into dots, pixels


SIDEWAYS = np.array([-1.0, 1.0])  # turns (y, x) of a direction into its normal


@dataclass(frozen=True)
class Limb:
    """A leg or an antenna.

    Args:
        points: (n, 2) its middle line, body coordinates.
        widths: (n,) its half-widths, body lengths.
        colours: (n, 3) its colour from each point to the next.
        spines: (m, 2, 2) both ends of each hair or spine, body coordinates; or None.
    """

    points: np.ndarray
    widths: np.ndarray
    colours: np.ndarray
    spines: np.ndarray | None = None


def curve(points: np.ndarray, count: int) -> np.ndarray:
    """Return `count` points of the Bezier curve with four control points (4, 2)."""
    t = np.linspace(0, 1, count)[:, None]
    s = 1 - t
    return (
        s**3 * points[0] + 3 * s * s * t * points[1] + 3 * s * t * t * points[2] + t**3 * points[3]
    )


def normals(points: np.ndarray) -> np.ndarray:
    """Return the unit vectors across a line (n, 2), (n, 2)."""
    run = np.empty_like(points)
    run[1:-1] = points[2:] - points[:-2]
    run[0], run[-1] = points[1] - points[0], points[-1] - points[-2]
    run /= np.sqrt(run[:, :1] ** 2 + run[:, 1:] ** 2) + 1e-9
    return run[:, ::-1] * SIDEWAYS


def flat(points: np.ndarray) -> list[float]:
    """Return points as Pillow wants them."""
    return points.ravel().tolist()


def paint_limbs(layer: Layer, pose: Pose, light: Light, limbs: list[Limb], gloss: float) -> None:
    """Paint limbs on a layer, with a lit ridge along each."""
    rows, columns = pose.box(np.concatenate([limb.points for limb in limbs]), 4)
    corner = np.array([columns.start, rows.start])
    size = (columns.stop - columns.start, rows.stop - rows.start)
    if min(size) <= 0:
        return
    cover, ridge, colour = draw_limbs(pose, light, limbs, corner, size)
    row, column = np.nonzero(cover > 0.02)
    bright = 0.62 + 0.3 * ridge[row, column]
    shine = gloss * ridge[row, column] ** 2
    rgb = colour[row, column].T * bright + shine
    at = (row + rows.start) * SIZE + column + columns.start
    layer.paint(at, rgb, cover[row, column])


def draw_limbs(pose, light: Light, limbs: list[Limb], corner, size) -> tuple[np.ndarray, ...]:
    """Return coverage and lit ridge (h, w) in [0, 1], and colour (h, w, 3), of a box of pixels."""
    fine = (size[0] * FINE, size[1] * FINE)
    cover, ridge = Image.new("L", fine), Image.new("L", fine)
    colour = Image.new("RGB", size)
    pens = ImageDraw.Draw(cover), ImageDraw.Draw(ridge), ImageDraw.Draw(colour)
    for limb in limbs:
        draw_limb(limb, pose, light, corner, pens)
    arrays = [np.asarray(image.reduce(FINE), dtype=np.float32) for image in (cover, ridge)]
    return arrays[0] / 255, arrays[1] / 255, np.asarray(colour, dtype=np.float32) / 255


def draw_limb(limb: Limb, pose: Pose, light: Light, corner, pens) -> None:
    """Draw one limb with the pens of coverage, ridge and colour."""
    points = pose.to_pixels(limb.points) - corner
    widths = np.maximum(limb.widths * pose.scale, THINNEST)[:, None]
    side = normals(points) * widths
    pens[0].polygon(flat(FINE * np.concatenate([points + side, (points - side)[::-1]])), fill=255)
    lifted = points + light.direction[:2] * (0.45 * widths)
    side *= 0.5
    pens[1].polygon(flat(FINE * np.concatenate([lifted + side, (lifted - side)[::-1]])), fill=255)
    thick = int(2 * widths.max() + 4)
    for start, stop, ink in runs(limb.colours):
        pens[2].line(flat(points[start : stop + 1]), fill=ink, width=thick)
    if limb.spines is not None:
        for spine in (pose.to_pixels(limb.spines) - corner) * FINE:
            pens[0].line(flat(spine), fill=200, width=2)


def runs(colours: np.ndarray) -> list[tuple[int, int, tuple[int, ...]]]:
    """Return (first point, last point, ink) of each stretch of one colour, of colours (n, 3)."""
    inks = [tuple(ink) for ink in (np.minimum(colours, 1) * 255).astype(int).tolist()]
    last = len(inks) - 1
    starts = [i for i in range(last) if i == 0 or inks[i] != inks[i - 1]]
    return [(i, j, inks[i]) for i, j in zip(starts, [*starts[1:], last], strict=True)]


@dataclass(frozen=True)
class LegPlan:
    """How the legs of a species look, in body lengths.

    Args:
        hips: x of the front, middle and hind hip.
        reach: femur, tibia and foot length of the front leg.
        growth: how much longer the middle and hind legs are.
        thick: half-width of the femur.
        colours: of femur, tibia and foot.
        spines: spines on each tibia.
        spread: how far from the axis the hips are.
        swing: outward angles of front, middle and hind femur from the body axis, radians.
    """

    hips: tuple[float, float, float]
    reach: tuple[float, float, float]
    growth: tuple[float, float, float]
    thick: float
    colours: tuple[Colour, Colour, Colour]
    spines: int = 0
    spread: float = 0.08
    swing: tuple[float, float, float] = (0.95, 1.75, 2.25)


# Along a leg: which joint it starts from, how far to the next one, and its relative thickness.
LEG_STATIONS = (
    (0, 0.0, 0.75),
    (0, 0.35, 1.0),
    (0, 0.7, 0.95),
    (0, 0.96, 0.6),
    (1, 0.06, 0.5),
    (1, 0.5, 0.6),
    (1, 0.97, 0.62),
    (2, 0.05, 0.3),
    (2, 0.5, 0.34),
    (2, 0.85, 0.26),
    (2, 1.0, 0.2),
)


def legs(plan: LegPlan, rng: np.random.Generator) -> list[Limb]:
    """Return six legs in a walking or resting stance."""
    return [leg(plan, pair, side, rng) for pair in (2, 1, 0) for side in (-1, 1)]


def leg(plan: LegPlan, pair: int, side: int, rng: np.random.Generator) -> Limb:
    """Return one leg: pair 0 is the front one, side -1 or 1."""
    swing = plan.swing[pair] + rng.normal(0, 0.13)
    bend = (-0.75, 0.45, 0.55)[pair] + rng.normal(0, 0.14)
    twist = (0.35, 0.25, 0.2)[pair] * rng.uniform(0.3, 1.5)
    turns = np.array([swing, swing + bend, swing + bend + twist])
    lengths = np.array(plan.reach) * plan.growth[pair]
    steps = np.stack([np.cos(turns), side * np.sin(turns)], axis=1) * lengths[:, None]
    joints = np.array([plan.hips[pair], side * plan.spread]) + np.concatenate(
        [np.zeros((1, 2)), np.cumsum(steps, axis=0)]
    )
    which = np.array([station[0] for station in LEG_STATIONS])
    share = np.array([station[1] for station in LEG_STATIONS])[:, None]
    points = joints[which] + share * (joints[which + 1] - joints[which])
    widths = plan.thick * np.array([station[2] for station in LEG_STATIONS])
    spines = leg_spines(joints, plan, rng) if plan.spines else None
    return Limb(points, widths, np.array(plan.colours)[which], spines)


def leg_spines(joints: np.ndarray, plan: LegPlan, rng: np.random.Generator) -> np.ndarray:
    """Return spines along the tibia, alternately on both sides, (spines, 2, 2)."""
    start, run = joints[1], joints[2] - joints[1]
    ahead = run / np.hypot(*run)
    across = np.array([-ahead[1], ahead[0]])
    place = np.linspace(0.15, 1.0, plan.spines)[:, None]
    sides = np.where(np.arange(plan.spines) % 2 == 0, 1.0, -1.0)[:, None]
    size = plan.thick * rng.uniform(1.5, 2.4)
    roots = start + place * run
    return np.stack([roots, roots + size * (0.75 * ahead + sides * across)], axis=1)


def antenna(
    root: tuple[float, float],
    turns: tuple[float, float, float],
    length: float,
    thick: float,
    colours: tuple[Colour, ...],
    count: int = 15,
    club: float = 0.0,
) -> Limb:
    """Return one antenna as a bent line.

    Args:
        root: where it starts, body coordinates.
        turns: its direction at the root, on the way and at the tip, radians.
        length: body lengths.
        thick: half-width at the root; it thins to 60 %.
        colours: of its segments, in turn.
        club: extra half-width at its last fifth.
    """
    turns_array = np.array(turns)
    steps = np.stack([np.cos(turns_array), np.sin(turns_array)], axis=1) * length / 3
    control = np.array(root) + np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    points = curve(control, count)
    place = np.linspace(0, 1, count)
    widths = thick * (1 - 0.4 * place) + club * np.clip((place - 0.8) / 0.08, 0, 1)
    inks = np.array([colours[i % len(colours)] for i in range(count)])
    return Limb(points, widths, inks)
