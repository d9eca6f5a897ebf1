"""Photos made for tests of looks, series, splits and health."""

import hashlib
import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from insects.datasets.dataset import Dataset, Photo
from insects.datasets.drawn import load_drawn
from insects.errors import PhotoError

STRIP = (75, 12)  # width and height of a label


@dataclass(frozen=True, eq=False)
class MadePhoto(Photo):
    """A photo of given pixels, (H, W, 3) uint8, or one that cannot be read."""

    name: str
    label: str
    split: str
    pixels: np.ndarray | None = field(repr=False)

    def load(self):
        if self.pixels is None:
            raise PhotoError("This photo is damaged.")
        return self.pixels

    @property
    def content_hash(self):
        content = self.name.encode() if self.pixels is None else self.pixels.tobytes()
        return hashlib.sha256(content).hexdigest()


def made_dataset(*photos):
    return Dataset("drawn", tuple(sorted({photo.label for photo in photos})), tuple(photos))


def made(photo, **changes):
    """A photo of any kind as a made one, with another name, label, part or other pixels."""
    values = {"name": photo.name, "label": photo.label, "split": photo.split}
    return MadePhoto(**{**values, "pixels": photo.load(), **changes})


def drawn_photos(per_class, seed=0):
    """Drawn photos that hold their pixels, so that these can be changed."""
    return [made(photo) for photo in load_drawn(seed, per_class=per_class).photos]


# What somebody may have done to a picture; all keep what it shows.


def resized(pixels):
    half = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return np.array(Image.fromarray(pixels).resize(half, Image.Resampling.LANCZOS))


def recompressed(pixels, quality=30):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file).convert("RGB"))


def mirrored(pixels):
    return pixels[:, ::-1].copy()


def brightened(pixels):
    return np.clip(pixels * 1.2, 0, 255).astype(np.uint8)


def cut(pixels):
    height, width = pixels.shape[:2]
    return pixels[: int(0.96 * height), int(0.05 * width) :].copy()


def all_at_once(pixels):
    return recompressed(resized(brightened(mirrored(cut(pixels)))))


CHANGES = (resized, recompressed, mirrored, brightened, cut, all_at_once)


def labelled(background, number="5558569", gap=0):
    """A photo of that background, (H, W, 3) uint8, with a label as the published photos have.

    Returns:
        The photo, and where the label is: top, bottom, left, right.
    """
    photo = Image.fromarray(background)
    left, top = photo.width - STRIP[0] - gap, photo.height - STRIP[1] - gap
    draw = ImageDraw.Draw(photo)
    draw.rectangle((left, top, left + STRIP[0] - 1, top + STRIP[1] - 1), "black")
    draw.text((left + 13, top), number, "white", font_size=11)
    return np.array(photo), (top, top + STRIP[1], left, left + STRIP[0])
