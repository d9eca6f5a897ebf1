"""A rounded body part: its shape, its material, and how light makes it look solid."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from insects.datasets.drawing.layer import Layer
from insects.datasets.drawing.light import Light
from insects.datasets.drawing.pose import SIZE, Pose
from insects.datasets.drawing.profile import TABLE, Profile

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Material:
    """What a part is made of.

    Args:
        colour: red, green, blue in [0, 1].
        edge: colour towards its edges, or None for the same.
        gloss: strength of the highlight.
        polish: how small and sharp the highlight is; 8 = satin, 80 = lacquer.
        metal: share of the highlight that takes the part's own colour.
    """

    colour: Colour
    edge: Colour | None = None
    gloss: float = 0.3
    polish: float = 25.0
    metal: float = 0.0


@dataclass
class Surface:
    """The visible pixels of a part, which patterns paint on.

    Attributes:
        along: (n,) from 0 at the rear to 1 at the front.
        across: (n,) from -1 to 1 at the two edges.
        offset: (n,) distance from the axis, pixels, signed.
        albedo: (3, n) colour before light.
        lean: (n,) slope that a pattern adds across the axis (grooves, ribs).
        pitch: (n,) slope that a pattern adds along the axis (rings).
        at: (n,) flat pixel indices, to look up noise.
        pixel: size of a pixel in units of `along`.
    """

    along: np.ndarray
    across: np.ndarray
    offset: np.ndarray
    albedo: np.ndarray
    lean: np.ndarray
    pitch: np.ndarray
    at: np.ndarray
    pixel: float

    def dye(self, share: np.ndarray, colour: Colour) -> None:
        """Mix a colour in by a share (n,) in [0, 1]."""
        for channel, value in zip(self.albedo, colour, strict=True):
            channel += share * (np.float32(value) - channel)


Pattern = Callable[[Surface], None]


@dataclass(frozen=True)
class Solid:
    """A body part that is round about its axis, flattened by `dome`.

    Args:
        origin: its rear end, body (x, y).
        length: of its axis, body lengths.
        profile: its outline.
        material: its substance.
        patterns: painted on it, in this order.
        angle: its axis against the body's, radians.
        dome: height over half-width; 1 = as round as a ball.
        halo: how far it shades what lies under its edge, pixels.
        opacity: 1 = nothing shows through.
    """

    origin: tuple[float, float]
    length: float
    profile: Profile
    material: Material
    patterns: tuple[Pattern, ...] = ()
    angle: float = 0.0
    dome: float = 0.7
    halo: float = 3.0
    opacity: float = 1.0

    def paint(self, layer: Layer, pose: Pose, light: Light) -> None:
        """Paint the part on a layer."""
        at, place, offset, inside = self.visible(pose)
        if self.halo > 0:
            layer.darken(at, 0.55 * np.clip(1 + inside / np.float32(self.halo), 0, 1) ** 2)
        keep = inside > -0.5
        at, place, offset, inside = at[keep], place[keep], offset[keep], inside[keep]
        surface = self.surface(at, place, offset, pose)
        for pattern in self.patterns:
            pattern(surface)
        rgb = self.lit(surface, light.turned(pose.angle + self.angle), light)
        layer.paint(at, rgb, np.minimum(inside + np.float32(0.5), 1), self.opacity)

    def visible(self, pose: Pose) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return pixels in and near the part: flat index, place along it, offset, depth inside.

        All are (n,); the place is in [0, 1], the offset in body lengths, the depth in pixels.
        """
        rows, columns = pose.box(self.corners(), self.halo + 1.5)
        x, y = pose.grid[0][rows, columns], pose.grid[1][rows, columns]
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        dx, dy = x - np.float32(self.origin[0]), y - np.float32(self.origin[1])
        along = (cos * dx + sin * dy) * np.float32(1 / self.length)
        offset = cos * dy - sin * dx
        entry = np.clip((along * TABLE).astype(np.int32), 0, TABLE - 1)
        slope = self.profile.slopes[entry] * np.float32(1 / self.length)
        depth = (self.profile.widths[entry] - np.abs(offset)) / np.sqrt(1 + slope * slope)
        beyond = np.minimum(along, 1 - along) * np.float32(self.length)
        depth = np.minimum(depth, beyond) * np.float32(pose.scale)
        row, column = np.nonzero(depth > -max(self.halo, 0.5))
        at = (row + rows.start) * SIZE + column + columns.start
        return at, along[row, column], offset[row, column], depth[row, column]

    def corners(self) -> np.ndarray:
        """Return points around the part, (6, 2) body coordinates."""
        wide = float(self.profile.widths.max())
        x, y = np.repeat([0.0, 0.5 * self.length, self.length], 2), np.tile([-wide, wide], 3)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.stack([cos * x - sin * y, sin * x + cos * y], axis=1) + self.origin

    def surface(self, at, place, offset, pose: Pose) -> Surface:
        """Return the surface of pixels `at`, in the material's colours."""
        along = np.clip(place, 0, np.float32(0.9999))
        wide = self.profile.widths[(along * TABLE).astype(np.int32)]
        across = np.clip(offset / wide, -1, 1)
        albedo = np.empty((3, len(at)), dtype=np.float32)
        albedo.T[:] = self.material.colour
        surface = Surface(
            along=along,
            across=across,
            offset=offset * np.float32(pose.scale),
            albedo=albedo,
            lean=np.zeros_like(along),
            pitch=np.zeros_like(along),
            at=at,
            pixel=1 / (self.length * pose.scale),
        )
        if self.material.edge is not None:
            surface.dye((across * across) ** 2, self.material.edge)
        return surface

    def lit(self, surface: Surface, towards: np.ndarray, light: Light) -> np.ndarray:
        """Return the colour of each pixel under the light, (3, n).

        The surface is z = dome * sqrt(width² - offset²); its normal needs no division by
        that root, so the edges are as well behaved as the middle.
        """
        entry = (surface.along * TABLE).astype(np.int32)
        slope = np.clip(self.profile.slopes[entry] * np.float32(1 / self.length), -3, 3)
        up = np.sqrt(np.maximum(1 - surface.across * surface.across, np.float32(0.02)))
        x = np.float32(-self.dome) * slope + surface.pitch * up
        y = np.float32(self.dome) * surface.across + surface.lean * up
        size = 1 / np.sqrt(x * x + y * y + up * up)
        x, y, up = x * size, y * size, up * size
        facing = np.maximum(x * towards[0] + y * towards[1] + up * towards[2], 0)
        ambient = np.float32(1 - light.key) * (np.float32(0.45) + np.float32(0.55) * up)
        bright = ambient + np.float32(light.key / towards[2]) * facing
        rgb = surface.albedo * np.minimum(bright, np.float32(1.5))
        shine = self.shine(x, y, up, towards)
        metal = np.float32(self.material.metal)
        return rgb + shine * (surface.albedo * (2 * metal) + (1 - metal))

    def shine(self, x, y, up, towards: np.ndarray) -> np.ndarray:
        """Return the highlight of the light and the sky at normals (x, y, up), (n,)."""
        half = towards + np.array([0, 0, 1], dtype=np.float32)
        half /= np.linalg.norm(half)
        miss = np.maximum(1 - (x * half[0] + y * half[1] + up * half[2]), 0)
        material = self.material
        spot = np.exp(np.float32(-material.polish) * miss)
        glow = np.exp(np.float32(-material.polish * 0.12) * miss)
        rim = (1 - up) ** 2 * (1 - up)
        return np.float32(material.gloss) * (spot + np.float32(0.28) * glow + np.float32(0.3) * rim)
