"""Transparent wings: a membrane, a net of veins, and the spots that dragonflies have on them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from insects.datasets.drawing.layer import Layer
from insects.datasets.drawing.light import Light
from insects.datasets.drawing.limbs import FINE, flat
from insects.datasets.drawing.pose import SIZE, Pose
from insects.datasets.drawing.solid import Colour
from insects.datasets.drawing.textures import piece

# Veins that run along a wing, as shares of its width from the front edge.
LEVELS = (0.0, 0.09, 0.2, 0.36, 0.52, 0.67, 0.83, 1.0)
CELLS = (17, 13, 12, 12, 13, 14, 15)  # cross veins between each two of them
STROKE = (3, 2, 2, 1, 1, 1, 1, 2)  # thickness of each long vein in fine pixels
LONG = np.linspace(0, 0.985, 16)  # where the long veins' points are, from root to tip
STATIONS = np.linspace(0, 1, 9)
BROAD = (0.24, 0.62, 0.86, 0.97, 1.0, 0.98, 0.9, 0.7, 0.0)  # a fore wing's width from root to tip
BROADER = (0.5, 0.98, 1.0, 0.97, 0.92, 0.86, 0.77, 0.6, 0.0)  # a hind wing's
STALKED = (0.08, 0.2, 0.5, 0.76, 0.93, 1.0, 0.96, 0.78, 0.0)  # a damselfly's


@dataclass(frozen=True)
class Wing:
    """One wing.

    Args:
        root: where it joins the body, body coordinates.
        angle: where its tip points, radians from the head's direction, signed.
        length, width: body lengths.
        shape: relative width at `STATIONS`.
        side: which way its rear edge lies of its front edge: the wing's side of the body.
    """

    root: tuple[float, float]
    angle: float
    length: float
    width: float
    shape: tuple[float, ...]
    side: int

    def points(self, along: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Return body points at `along` in [0, 1] and `level` in [0, 1], (n, 2)."""
        wide = np.interp(along, STATIONS, self.shape)
        tip = np.sqrt(np.clip((1 - along) / 0.16, 0, 1))
        wide = np.where(along > STATIONS[-2], self.shape[-2] * tip / np.sqrt(0.125 / 0.16), wide)
        lead = 0.05 * np.sin(np.pi * along) + 0.16 * np.clip(along - 0.8, 0, 1) * -1.2
        forward = lead * self.length * 0.5 - level * wide * self.width
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        x = self.root[0] + along * self.length * cos + self.side * forward * sin
        y = self.root[1] + along * self.length * sin - self.side * forward * cos
        return np.stack([x, y], axis=1)


@dataclass(frozen=True)
class Wings:
    """All wings of an insect, painted together.

    Args:
        wings: the wings.
        tint: colour of the membrane.
        opacity: of the membrane.
        veins: colour of the veins.
        patches: (start, stop, colour, opacity) along each wing, coloured bands.
        stigma: colour of the small mark near each tip.
        seed: of the irregular net and of the sheen.
    """

    wings: tuple[Wing, ...]
    tint: Colour
    opacity: float
    veins: Colour
    patches: tuple[tuple[float, float, Colour, float], ...]
    stigma: Colour
    seed: int

    def paint(self, layer: Layer, pose: Pose, light: Light) -> None:
        """Paint the wings on a layer."""
        rng = np.random.default_rng(self.seed)
        outlines = [outline(wing) for wing in self.wings]
        rows, columns = pose.box(np.concatenate(outlines), 2)
        corner = np.array([columns.start, rows.start])
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if min(size) <= 0:
            return
        cover = self.membrane(outlines, pose, corner, size)
        net = self.net(rng, pose, corner, size)
        row, column = np.nonzero(cover > 0.02)
        at = (row + rows.start) * SIZE + column + columns.start
        cover, net = cover[row, column], net[row, column]
        sheen = self.sheen(rng, light)[at // SIZE, at % SIZE]
        layer.paint(at, self.glass(sheen), cover, self.opacity + 0.3 * sheen)
        for start, stop, colour, opacity in self.patches:
            share = self.patch(start, stop, pose, corner, size)[row, column]
            layer.paint(at, colour, share * cover, opacity)
        layer.paint(at, self.veins, net * cover, 0.9)
        self.marks(layer, pose)

    def glass(self, sheen: np.ndarray) -> np.ndarray:
        """Return the membrane's colour where it shines by `sheen` (n,), (3, n)."""
        white = np.minimum(1.6 * sheen, 1)
        return np.stack([np.float32(tint) + white * np.float32(1 - tint) for tint in self.tint])

    def sheen(self, rng, light: Light) -> np.ndarray:
        """Return how much each pixel mirrors the sky, (SIZE, SIZE) in [0, 1]."""
        return np.clip(0.22 * piece("clouds", rng) + 0.1, 0, 1) * np.float32(0.6 + light.key)

    def membrane(self, outlines, pose: Pose, corner, size) -> np.ndarray:
        """Return the share of each pixel of a box that wings cover, (h, w)."""
        image = Image.new("L", (size[0] * FINE, size[1] * FINE))
        pen = ImageDraw.Draw(image)
        for points in outlines:
            pen.polygon(flat((pose.to_pixels(points) - corner) * FINE), fill=255)
        return np.asarray(image.reduce(FINE), dtype=np.float32) / 255

    def net(self, rng, pose: Pose, corner, size) -> np.ndarray:
        """Return how much of each pixel of a box is vein, (h, w)."""
        image = Image.new("L", (size[0] * FINE, size[1] * FINE))
        pen = ImageDraw.Draw(image)
        long = [(LONG, np.full(len(LONG), level)) for level in LEVELS]
        for wing in self.wings:
            cross = [ladder(rng, *gap) for gap in zip(LEVELS[:-1], LEVELS[1:], CELLS, strict=True)]
            along, level = (np.concatenate(both) for both in zip(*long, *cross, strict=True))
            points = (pose.to_pixels(wing.points(along, level)) - corner) * FINE
            ends = np.cumsum([len(line[0]) for line in (*long, *cross)])[:-1]
            for number, line in enumerate(np.split(points, ends)):
                if number < len(STROKE):
                    pen.line(flat(line), fill=255, width=STROKE[number])
                else:
                    pen.line(flat(line), fill=190, width=1)
        return np.asarray(image.reduce(FINE), dtype=np.float32) / 255

    def patch(self, start: float, stop: float, pose: Pose, corner, size) -> np.ndarray:
        """Return the share of each pixel of a box in a band along the wings, (h, w)."""
        image = Image.new("L", size)
        pen = ImageDraw.Draw(image)
        along = np.concatenate([np.linspace(start, stop, 8), np.linspace(stop, start, 8)])
        level = np.repeat([-0.1, 1.1], 8)
        for wing in self.wings:
            pen.polygon(flat(pose.to_pixels(wing.points(along, level)) - corner), fill=255)
        return np.asarray(image.filter(ImageFilter.BoxBlur(1.5)), dtype=np.float32) / 255

    def marks(self, layer: Layer, pose: Pose) -> None:
        """Paint the pterostigma, the dark cell at the front edge near the tip of each wing."""
        along, level = np.array([0.83, 0.91, 0.91, 0.83]), np.array([0.0, 0.0, 0.14, 0.12])
        corners = [wing.points(along, level) for wing in self.wings]
        rows, columns = pose.box(np.concatenate(corners), 2)
        corner = np.array([columns.start, rows.start])
        size = (columns.stop - columns.start, rows.stop - rows.start)
        cover = self.membrane(corners, pose, corner, size)
        row, column = np.nonzero(cover > 0.02)
        at = (row + rows.start) * SIZE + column + columns.start
        layer.paint(at, self.stigma, cover[row, column], 0.92)


def outline(wing: Wing) -> np.ndarray:
    """Return points around a wing, (n, 2) body coordinates."""
    along = np.concatenate([np.linspace(0, 0.8, 12), np.linspace(0.84, 1, 10)])
    front = wing.points(along, np.zeros(len(along)))
    return np.concatenate([front, wing.points(along[::-1], np.ones(len(along)))])


def ladder(rng, low: float, high: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a line that runs along two long veins and crosses between them `count` times.

    Returns:
        its places along the wing and across it, two (2 count,).
    """
    place = (np.arange(count) + 0.7 + rng.uniform(-0.25, 0.25, count)) / (count + 0.8)
    level = np.where((np.arange(2 * count) + 1) // 2 % 2 == 0, low, high)
    return np.repeat(place, 2), level
