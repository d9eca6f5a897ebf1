"""The ground under an insect: leaf, bark, sand, a blurred meadow, paper, museum card."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from insects.datasets.drawing.insect import Rng, between, hue
from insects.datasets.drawing.light import Light
from insects.datasets.drawing.pose import SIZE
from insects.datasets.drawing.textures import piece, turned_piece

LEVELS = 256  # entries of a colour ramp
FAR_SIZE = 64  # what is out of focus is drawn this small


@dataclass(frozen=True)
class Ground:
    """A kind of ground.

    Args:
        draw: returns (3, SIZE, SIZE) float32 in [0, 1].
        shadow: how dark a shadow on it becomes, 0 = none falls on it.
    """

    draw: Callable[[Rng, Light], np.ndarray]
    shadow: float


def ramp(value: np.ndarray, colours: tuple, low: float, high: float) -> np.ndarray:
    """Return values from `low` to `high` as colours, (3, SIZE, SIZE) float32."""
    stops = np.linspace(0, 1, len(colours))
    place = np.linspace(0, 1, LEVELS)
    channels = [np.interp(place, stops, channel) for channel in zip(*colours, strict=True)]
    scaled = (value - np.float32(low)) * np.float32((LEVELS - 1) / (high - low))
    np.clip(scaled, 0, LEVELS - 1, out=scaled)
    entry = scaled.astype(np.uint8)
    return np.stack([np.take(channel.astype(np.float32), entry) for channel in channels])


def dye(rgb: np.ndarray, share: np.ndarray, colour: tuple) -> None:
    """Mix a colour into a picture in place by a share (SIZE, SIZE) in [0, 1]."""
    for channel, value in zip(rgb, colour, strict=True):
        channel += share * (np.float32(value) - channel)


def coordinates(rng: Rng, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels along and across a direction from a random point near the middle."""
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    middle = rng.uniform(0.3 * SIZE, 0.7 * SIZE, 2).astype(np.float32)
    column = np.arange(SIZE, dtype=np.float32) - middle[0]
    row = np.arange(SIZE, dtype=np.float32)[:, None] - middle[1]
    return cos * column + sin * row, cos * row - sin * column


def falloff(rng: Rng, depth: float) -> np.ndarray:
    """Return light that weakens towards one side of the picture, (SIZE, SIZE)."""
    along, _ = coordinates(rng, between(rng, 0, 2 * np.pi))
    along *= np.float32(depth / SIZE)
    along += 1
    return along


def lit(rgb: np.ndarray, bright: np.ndarray, rng: Rng, depth: float) -> np.ndarray:
    """Return colours under light `bright` (SIZE, SIZE) that falls off by `depth`.

    `rgb` is changed in place.
    """
    bright *= falloff(rng, depth)
    rgb *= bright
    return rgb


def leaf(rng: Rng, light: Light) -> np.ndarray:
    """Return a leaf from near: a midrib, side veins and the cells between them."""
    angle = between(rng, 0, 2 * np.pi)
    along, across = coordinates(rng, angle)
    gap, lean = between(rng, 34, 62), between(rng, 0.5, 1.0)
    away = np.abs(across)
    lane = (along - lean * away + 0.0016 * away * away) / np.float32(gap)
    lane += np.float32(0.37) * (across > 0)
    vein = np.abs(lane - np.round(lane)) * np.float32(gap)
    ribs = np.exp(-((vein / 1.7) ** 2)) + 1.2 * np.exp(-((away / between(rng, 2.2, 3.6)) ** 2))
    small = np.minimum(turned_piece("cells", rng, angle + 0.7, between(rng, 1.2, 2.0)), 0.3)
    clouds = piece("clouds", rng)
    tint = rng.choice([between(rng, 76, 116), between(rng, 76, 116), between(rng, 32, 62)])
    deep = hue(tint + 8, 0.75, 0.26)
    high = hue(tint, between(rng, 0.55, 0.75), between(rng, 0.5, 0.68))
    tone = 0.5 + 0.1 * clouds + 0.55 * (small - 0.15) + 0.02 * piece("grain", rng)
    rgb = ramp(tone, (deep, high), -0.1, 1.1)
    pale = hue(tint - 8, 0.4, 0.75)
    dye(rgb, np.float32(0.45) * np.minimum(ribs, 1), pale)
    pillow = np.minimum(vein, 9.0) * 0.1 + np.minimum(away, 9.0) * 0.1 + 0.8 * small
    return lit(rgb, light.relief(pillow, 0.55), rng, 0.25)


BARKS = (
    ((0.10, 0.075, 0.055), (0.36, 0.27, 0.20), (0.62, 0.51, 0.41)),
    ((0.11, 0.10, 0.09), (0.38, 0.35, 0.31), (0.66, 0.63, 0.57)),
    ((0.09, 0.055, 0.035), (0.40, 0.25, 0.16), (0.60, 0.42, 0.29)),
)


def bark(rng: Rng, light: Light) -> np.ndarray:
    """Return bark: plates between dark cracks, with a little moss on some."""
    height = turned_piece("bark", rng, between(rng, 0, np.pi), between(rng, 0.8, 1.5))
    rgb = ramp(height, BARKS[rng.integers(len(BARKS))], 0.2, 2.6)
    if rng.random() < 0.4:
        moss = np.clip(piece("clouds", rng) - between(rng, 0.5, 1.3), 0, 1) * np.float32(0.6)
        dye(rgb, moss, hue(between(rng, 75, 105), 0.5, 0.45))
    return lit(rgb, light.relief(height, 0.5), rng, 0.3)


def sand(rng: Rng, light: Light) -> np.ndarray:
    """Return sand: lit grains, a few dark ones, and soft hollows."""
    height = piece("sand", rng)
    tint, value = between(rng, 24, 44), between(rng, 0.62, 0.84)
    strength = between(rng, 0.18, 0.42)
    colours = (
        hue(tint - 6, strength + 0.2, 0.55 * value),
        hue(tint, strength, value),
        hue(tint, 0.5 * strength, 1),
    )
    speck = turned_piece("sand", rng, 1.0, 1.1)
    rgb = ramp(height + 0.3 * piece("clouds", rng), colours, -3.2, 4.2)
    rgb *= 1 - np.float32(0.5) * np.clip(speck - 2.1, 0, 1)
    return lit(rgb, light.relief(height, 0.09), rng, 0.25)


def meadow(rng: Rng, light: Light) -> np.ndarray:
    """Return plants or sky far out of focus, with a stem that is in focus."""
    tint = rng.choice([between(rng, 70, 130), between(rng, 70, 130), between(rng, 195, 215), 42.0])
    sky = tint > 190
    top = hue(tint, 0.35 if sky else 0.55, 0.9 if sky else between(rng, 0.4, 0.75))
    low = hue(tint + between(rng, -25, 25), 0.45 if sky else 0.65, 0.75 if sky else 0.3)
    blend = np.linspace(0, 1, FAR_SIZE)[:, None, None]
    far = (1 - blend) * np.array(top) + blend * np.array(low) + np.zeros((1, FAR_SIZE, 1))
    image = Image.fromarray((far * 255).astype(np.uint8))
    pen = ImageDraw.Draw(image, "RGBA")
    for _ in range(int(rng.integers(10, 22))):
        x, y, radius = *rng.uniform(0, FAR_SIZE, 2), between(rng, 3, 10)
        shade = hue(tint + between(rng, -30, 30), between(rng, 0.2, 0.6), between(rng, 0.4, 1.0))
        ink = (*(int(255 * c) for c in shade), int(rng.integers(40, 120)))
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink)
    image = image.filter(ImageFilter.GaussianBlur(between(rng, 1.0, 3.0)))
    large = np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BICUBIC))
    rgb = np.ascontiguousarray(large.transpose(2, 0, 1), dtype=np.float32)
    rgb *= np.float32(1 / 255)
    return stem(rgb, rng, light, hue(between(rng, 70, 110), 0.6, between(rng, 0.45, 0.65)))


def stem(rgb: np.ndarray, rng: Rng, light: Light, colour: tuple) -> np.ndarray:
    """Return the picture with a stem or blade of grass across its middle."""
    along, across = coordinates(rng, between(rng, 0, np.pi))
    half = np.float32(between(rng, 5, 20))
    offset = (across + np.float32(between(rng, -0.0012, 0.0012)) * along * along) / half
    cover = np.clip((1 - np.abs(offset)) * half, 0, 1)
    fine = 1 + 0.06 * np.sin(offset * np.float32(between(rng, 8, 20)))
    bright = fine * (1.05 - 0.45 * offset**2 - 0.25 * offset * light.direction[1])
    for channel, value in zip(rgb, colour, strict=True):
        channel += cover * (np.float32(value) * bright - channel)
    return rgb


def paper(rng: Rng, light: Light) -> np.ndarray:
    """Return white paper, or cream, with its fibres."""
    white = np.array([0.955, 0.95, 0.935]) - rng.uniform(0, 0.04) * np.array([0.2, 0.6, 1.6])
    height = piece("fibres", rng)
    bright = light.relief(height, 0.004) * (1 + np.float32(0.004) * height)
    return lit(plain(white), bright, rng, between(rng, 0.04, 0.16))


def plain(colour: np.ndarray) -> np.ndarray:
    """Return a picture of one colour, (3, SIZE, SIZE) float32."""
    return np.repeat(np.float32(colour), SIZE * SIZE).reshape(3, SIZE, SIZE)


def card(rng: Rng, light: Light) -> np.ndarray:
    """Return the grey card of a museum; some have a scale in a corner."""
    grey = hue(between(rng, 190, 240), between(rng, 0.0, 0.08), between(rng, 0.52, 0.76))
    height = piece("fibres", rng)
    bright = light.relief(height, 0.006) * (1 + np.float32(0.008) * height)
    if rng.random() < 0.5:
        bright *= scale_bar(rng)
    return lit(plain(np.array(grey)), bright, rng, between(rng, 0.1, 0.3))


def scale_bar(rng: Rng) -> np.ndarray:
    """Return a printed millimetre scale near one edge, (SIZE, SIZE) float32, 1 = no ink."""
    image = Image.new("L", (SIZE, SIZE), 255)
    pen = ImageDraw.Draw(image)
    step, count = int(rng.integers(8, 13)), 10
    left, top = int(rng.integers(10, SIZE - step * count - 10)), SIZE - int(rng.integers(14, 22))
    pen.line([left, top, left + step * count, top], fill=70)
    for tick in range(count + 1):
        tall = 8 if tick % 5 == 0 else 4
        pen.line([left + tick * step, top - tall, left + tick * step, top], fill=70)
    turns = int(rng.integers(4))
    return np.rot90(np.asarray(image, dtype=np.float32) / 255, turns)


GROUNDS = {
    "leaf": Ground(leaf, 0.75),
    "bark": Ground(bark, 0.8),
    "sand": Ground(sand, 0.75),
    "meadow": Ground(meadow, 0.3),
    "paper": Ground(paper, 0.6),
    "card": Ground(card, 0.65),
}
