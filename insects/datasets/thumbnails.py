"""Small pictures of a dataset's photos, made once and kept on disk."""

import contextlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from insects.datasets import uploads
from insects.datasets.dataset import Photo
from insects.errors import DatasetError, PhotoError
from insects.storage import write_atomically

SIDE = 152  # pixels; a little more than a gallery shows, for screens with fine pixels
QUALITY = 80
BROKEN = (150, 150, 150)
HIDDEN = (255, 255, 255)
# Files are named by what is in the photo, so a changed one gets another; old ones go by age.
KEPT = 20_000


def thumbnail(photo: Photo, folder: Path) -> bytes:
    """Return the middle square of a photo as WebP, from `folder` where it was made before.

    A photo that cannot be read gives a grey square, so that its place in a gallery can be seen.
    """
    path = folder / photo.content_hash[:2] / f"{photo.content_hash}.webp"
    try:
        return path.read_bytes()
    except OSError:
        data = _webp(_square(photo))
    with contextlib.suppress(OSError, DatasetError), uploads.keeping(path):
        write_atomically(path, data)  # where it cannot be kept, it can be shown all the same
    return data


def rim(photo: Photo, share: float) -> bytes:
    """Return what is near the edges of a photo, its middle hidden, as WebP.

    Args:
        share: of a side that is near the edge. Proportions are not kept, as networks see it.
    """
    pixels = np.array(_read(photo).resize((SIDE, SIDE)))
    width = max(1, round(share * SIDE))
    pixels[width:-width, width:-width] = HIDDEN
    return _webp(Image.fromarray(pixels))


def remove_oldest(folder: Path, kept: int = KEPT) -> None:
    """Remove the thumbnails that were made first, where there are more than `kept`."""
    found = []
    for path in folder.glob("*/*.webp"):
        with contextlib.suppress(FileNotFoundError):  # another server tidies up as well
            found.append((path.stat().st_mtime, path))
    for _, path in sorted(found)[: max(0, len(found) - kept)]:
        path.unlink(missing_ok=True)


def _square(photo: Photo) -> Image.Image:
    return ImageOps.fit(_read(photo), (SIDE, SIDE))


def _read(photo: Photo) -> Image.Image:
    try:
        return Image.fromarray(photo.load())
    except PhotoError:
        return Image.new("RGB", (SIDE, SIDE), BROKEN)


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY)
    return buffer.getvalue()
