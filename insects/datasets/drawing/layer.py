"""A transparent sheet on which an insect is painted, before it is laid on its ground."""

from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageFilter

from insects.datasets.drawing.light import Light
from insects.datasets.drawing.pose import SIZE

MASK_COVERAGE = 0.25  # a pixel is insect from this covered share on, so antennae count too
SHADOW_SIZE = SIZE // 2  # shadows are soft: half the resolution shows no difference


class Layer:
    """Colour, opacity and coverage of an insect alone.

    Attributes:
        rgb: (3, SIZE * SIZE) float32, colour times opacity; channels come first as everywhere
            in this package until the picture is done, for numpy is several times faster so.
        opacity: (SIZE * SIZE,) float32; a wing is nearly transparent.
        cover: (SIZE * SIZE,) float32, share of the pixel inside the insect's outline.
    """

    def __init__(self) -> None:
        self.rgb = np.zeros((3, SIZE * SIZE), dtype=np.float32)
        self.opacity = np.zeros(SIZE * SIZE, dtype=np.float32)
        self.cover = np.zeros(SIZE * SIZE, dtype=np.float32)

    def paint(self, at: np.ndarray, rgb: Iterable, cover: np.ndarray, opacity=1.0) -> None:
        """Lay paint over some pixels.

        Args:
            at: (n,) flat indices of the pixels.
            rgb: colour, (3, n) or three numbers.
            cover: (n,) share of each pixel that the part covers.
            opacity: of the part where it covers, a number or (n,).
        """
        alpha = cover * np.float32(opacity)
        keep = 1 - alpha
        for channel, colour in zip(self.rgb, rgb, strict=True):
            channel[at] = channel[at] * keep + colour * alpha
        self.opacity[at] = self.opacity[at] * keep + alpha
        self.cover[at] = np.maximum(self.cover[at], cover)

    def darken(self, at: np.ndarray, share: np.ndarray) -> None:
        """Take away a share (n,) of the colour at pixels `at`, where one part shades another."""
        keep = 1 - share
        for channel in self.rgb:
            channel[at] *= keep

    @property
    def mask(self) -> np.ndarray:
        """Return where the insect is, (SIZE, SIZE) bool.

        Opacity counts too: where the edges of two parts meet, it is more than either's cover.
        """
        return (np.maximum(self.cover, self.opacity) >= MASK_COVERAGE).reshape(SIZE, SIZE)

    def shadow(self, light: Light, lift: float, softness: float) -> np.ndarray:
        """Return how dark the ground is under the insect, (SIZE, SIZE) float32 in [0, 1].

        Args:
            lift: how far the cast shadow falls from the insect, pixels.
            softness: its blur, pixels.
        """
        image = Image.fromarray((self.opacity * 255).astype(np.uint8).reshape(SIZE, SIZE))
        small = image.reduce(SIZE // SHADOW_SIZE)
        near = small.filter(ImageFilter.BoxBlur(1.5))
        x, y, _ = light.direction * lift * SHADOW_SIZE / SIZE
        cast = small.transform(small.size, Image.Transform.AFFINE, (1, 0, x, 0, 1, y))
        cast = cast.filter(ImageFilter.GaussianBlur(softness * SHADOW_SIZE / SIZE))
        both = Image.blend(near, cast, 0.68).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        return np.asarray(both, dtype=np.float32) / 255

    def over(self, ground: np.ndarray) -> np.ndarray:
        """Return the insect on a ground, both (3, SIZE, SIZE) float32; `ground` is used up."""
        ground *= (1 - self.opacity).reshape(SIZE, SIZE)
        ground += self.rgb.reshape(3, SIZE, SIZE)
        return ground
