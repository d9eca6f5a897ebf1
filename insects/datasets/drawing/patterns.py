"""What nature paints and carves on a body part: seams, stripes, spots, rings, grain."""

import numpy as np

from insects.datasets.drawing.solid import Colour, Pattern, Surface
from insects.datasets.drawing.textures import TILE, tile

BLACK = (0.03, 0.028, 0.03)


def soft_step(value: np.ndarray, edge: float, blur: float) -> np.ndarray:
    """Return 0 below `edge`, 1 above it, and a ramp `blur` wide between."""
    return np.clip((value - np.float32(edge)) / np.float32(blur) + np.float32(0.5), 0, 1)


def seam(depth: float = 0.75, end: float = 1.0) -> Pattern:
    """Return the line where two wing cases meet, from the rear up to `end`."""

    def paint(surface: Surface) -> None:
        near = np.exp(-((surface.offset * np.float32(1.0)) ** 2))
        near *= surface.along < end
        surface.albedo *= 1 - np.float32(depth) * near
        swell = np.exp(-np.abs(surface.across) * 7) * np.sign(surface.across)
        surface.lean -= np.float32(0.28) * swell

    return paint


def grooves(count: int, depth: float, dots: float = 0.0) -> Pattern:
    """Return lines along the part, `count` on each side, pitted by `dots` pits a length."""

    def paint(surface: Surface) -> None:
        phase = np.abs(surface.across) * np.float32(count * np.pi * 2)
        wave = np.sin(phase) * np.sign(surface.across)
        dark = np.cos(phase)
        if dots:
            dark = dark * (0.6 + 0.4 * np.sin(surface.along * np.float32(dots * 2 * np.pi)))
        inner = np.float32(depth) * (1 - surface.across**4)
        surface.lean += inner * wave
        surface.albedo *= 1 + np.float32(0.45) * inner * dark

    return paint


def spots(places: tuple[tuple[float, float, float], ...], colour: Colour, ratio: float) -> Pattern:
    """Return round spots on both sides.

    Args:
        places: (along, across, radius) of each, in units of the part's length and half-width.
        colour: of the spots.
        ratio: half-width of the part over its length, to keep spots round.
    """

    def paint(surface: Surface) -> None:
        side = np.arcsin(np.abs(surface.across)) * np.float32(0.75)
        share = np.zeros_like(side)
        for along, across, radius in places:
            away = np.hypot(surface.along - np.float32(along), (side - across) * np.float32(ratio))
            edge = np.float32(1.3 * surface.pixel)
            share = np.maximum(share, np.clip((radius - away) / edge + 0.5, 0, 1))
        surface.dye(share, colour)

    return paint


def stripes(lines: tuple[tuple[float, float], ...], colour: Colour, wobble: float = 0.0) -> Pattern:
    """Return stripes along the part at (across, half-width) on both sides."""

    def paint(surface: Surface) -> None:
        side = np.abs(surface.across) + np.float32(wobble) * np.sin(surface.along * 19)
        share = np.zeros_like(side)
        for across, half in lines:
            share = np.maximum(share, soft_step(half - np.abs(side - across), 0, 0.09))
        surface.dye(share, colour)

    return paint


def bands(
    lines: tuple[tuple[float, float], ...], colour: Colour, curve: float = 0.0, wave: float = 0.0
) -> Pattern:
    """Return bands across the part at (along, half-width), bowed by `curve`, waved by `wave`."""

    def paint(surface: Surface) -> None:
        place = surface.along + np.float32(curve) * surface.across**2
        if wave:
            place = place + np.float32(wave) * np.sin(np.abs(surface.across) * 9)
        share = np.zeros_like(place)
        blur = max(0.015, 1.3 * surface.pixel)
        for along, half in lines:
            share = np.maximum(share, soft_step(half - np.abs(place - along), 0, blur))
        surface.dye(share, colour)

    return paint


def rings(count: int, depth: float, colour: Colour, width: float, curve: float = 0.0) -> Pattern:
    """Return `count` overlapping segments: each swells, and ends in a dark line.

    Args:
        count: segments of the part.
        depth: how much each swells.
        colour: of the line where two meet.
        width: of that line as a share of a segment.
        curve: how far the lines bow backwards at the edges, in segments.
    """

    def paint(surface: Surface) -> None:
        place = surface.along * np.float32(count) + np.float32(curve) * surface.across**2
        step = place - np.floor(place)
        surface.pitch += np.float32(depth) * (np.float32(0.5) - step) * -2
        surface.dye(np.clip((width - step) / (0.5 * width), 0, 1) * np.float32(0.8), colour)

    return paint


def saddle(colour: Colour, along: tuple[float, float], across: float, blur: float) -> Pattern:
    """Return one soft patch over the middle, from `along` to `along`, `across` wide."""

    def paint(surface: Surface) -> None:
        middle, half = (along[0] + along[1]) / 2, (along[1] - along[0]) / 2
        away = np.hypot((surface.along - middle) / half, surface.across / across)
        surface.dye(soft_step(-away, -1, blur), colour)

    return paint


def border(colour: Colour, across: float, blur: float = 0.12) -> Pattern:
    """Return a rim of another colour along both sides, outside `across`."""

    def paint(surface: Surface) -> None:
        surface.dye(soft_step(np.abs(surface.across), across, blur), colour)

    return paint


def mottle(kind: str, start: int, depth: float, bump: float = 0.0) -> Pattern:
    """Return grain from noise tile `kind`, beginning at flat index `start`; it may also stand out.

    The grain is looked up by pixel: it stays with the picture and costs one look-up.
    """

    def paint(surface: Surface) -> None:
        noise = tile(kind)[start % TILE :, start // TILE % TILE :]
        row, column = np.divmod(surface.at, 256)
        value = noise[row, column]
        surface.albedo *= np.clip(1 + np.float32(depth) * value, 0.3, 1.8)
        if bump:
            surface.lean += np.float32(bump) * (noise[row, column + 1] - value)
            surface.pitch += np.float32(bump) * (noise[row + 1, column] - value)

    return paint


def shimmer(colour: Colour, share: float) -> Pattern:
    """Return another colour towards the edges and ends, as on a metallic beetle."""

    def paint(surface: Surface) -> None:
        away = np.maximum(np.abs(surface.across), np.abs(surface.along * 2 - 1)) ** 2
        surface.dye(np.float32(share) * away, colour)

    return paint
