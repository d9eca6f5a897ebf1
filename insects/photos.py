"""Untrusted bytes in, an upright RGB array out, or one sentence that says why not."""

import io
import threading
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps
from pillow_heif import register_heif_opener

from insects.errors import PhotoError

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
MIN_SIDE = 32
MAX_SIDE = 2048
# A JPEG may be refined scan by scan; a honest one has a dozen, a hostile one keeps us for hours.
MAX_SCANS = 200
DAMAGED = "This photo is damaged or cut off and cannot be read. Please try the original file."
# What Pillow may try, whatever the file is called.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "HEIF")
ACCEPTED = "JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC"

SHRINKABLE = ("L", "RGB", "RGBA", "CMYK", "YCbCr")

register_heif_opener(thumbnails=False)
# What matters is said by a PhotoError, in one line; Pillow's own warnings would stand beside it.
warnings.filterwarnings("ignore", module=r"PIL\.")
Image.init()  # `formats` needs every decoder known, not only the most common ones
# A 50-megapixel photo takes hundreds of megabytes while it is decoded, so only one is at a time.
_decoding = threading.Lock()


def load_photo(source: str | Path | bytes | BinaryIO) -> np.ndarray:
    """Decode a photo that may be anything.

    Args:
        source: a path, the bytes of a file, or an open binary file.

    Returns:
        (H, W, 3) uint8, upright, transparency on white, at most 2,048 px on the long side.

    Raises:
        PhotoError: not a photo, cut off, too large or too small; the text says which.
    """
    data = _read(source)
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > MAX_SCANS:
        raise PhotoError(DAMAGED)
    with _decoding:
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(*image.size)
                return _decode(image)
        except PhotoError:
            raise
        except Image.UnidentifiedImageError:
            raise PhotoError(
                f"This file is not a photo that can be read. Please use {ACCEPTED}."
            ) from None
        except Image.DecompressionBombError:
            raise PhotoError(_too_many_pixels("far more")) from None
        # A decoder may raise anything on hostile bytes: to a visitor it all means the same.
        except Exception:
            raise PhotoError(DAMAGED) from None


@dataclass(frozen=True, eq=False)
class Squares:
    """What is kept of a photo where all of it is too much: the squares that networks look at.

    Each is made from the whole photo, so `resize` gives the same pixels as for the photo itself.
    A square made from another square would have other pixels, and another answer.

    Args:
        by_size: image_size -> (image_size, image_size, 3) uint8.
    """

    by_size: Mapping[int, np.ndarray]

    @classmethod
    def of(cls, photo: np.ndarray, image_sizes: Iterable[int]) -> "Squares":
        """Return the squares of a photo, (H, W, 3) uint8."""
        return cls({size: resize(photo, size) for size in sorted(image_sizes)})


def resize(photo: np.ndarray | Squares, image_size: int) -> np.ndarray:
    """Return the photo as a square, (image_size, image_size, 3) uint8, proportions not kept.

    Bilinear; Pillow's filter averages over what it shrinks, as in the first article.

    Args:
        photo: (H, W, 3) uint8, or its squares, of which one must be of that size.
    """
    if isinstance(photo, Squares):
        return photo.by_size[image_size]
    image = Image.fromarray(photo).resize((image_size, image_size), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _read(source: str | Path | bytes | BinaryIO) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | Path):
        data = _read_file(Path(source))
    else:
        data = source.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PhotoError(
            f"This file is larger than {MAX_BYTES // 1_000_000} MB, which is the most."
        )
    if not data:
        raise PhotoError(f"This file is empty. Please use a photo: {ACCEPTED}.")
    return data


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PhotoError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:  # a zero byte in the name
        raise PhotoError(f"{str(path)!r} cannot be the name of a file.") from None


def _check_size(width: int, height: int) -> None:
    """Refuse by what the header says, before a pixel is decoded."""
    if width * height > MAX_PIXELS:
        raise PhotoError(_too_many_pixels(f"{width * height / 1e6:.0f}"))
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"This photo is {width} × {height} px; each side must have at least {MIN_SIDE} px."
        )


def _too_many_pixels(megapixels: str) -> str:
    return (
        f"This photo has {megapixels} megapixels; at most {MAX_PIXELS // 1_000_000} are possible."
    )


def _decode(image: Image.Image) -> np.ndarray:
    """Return the first frame as an upright RGB array."""
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # lets the JPEG decoder shrink while it reads
    image.load()
    orientation = _orientation(image)
    if image.mode in SHRINKABLE:  # first, so that no second large picture is made
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BILINEAR)
    else:  # every mode can do this
        image.thumbnail((2 * MAX_SIDE, 2 * MAX_SIDE), Image.Resampling.NEAREST)
    small = _to_rgb(image)
    small.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BILINEAR)
    rgb = Image.fromarray(np.asarray(small))  # without the file's metadata
    rgb.getexif()[ExifTags.Base.Orientation] = orientation
    return np.array(ImageOps.exif_transpose(rgb))


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where the EXIF data are broken, as browsers do."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a parser of hostile bytes may raise anything
        return 1
    return value if value in range(1, 9) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return an RGB copy: 16 bits scaled to 8, transparency on white."""
    if image.mode.startswith(("I", "F")):
        image = _to_grey(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image.convert("RGB")


def _to_grey(image: Image.Image) -> Image.Image:
    """Return 8-bit grey for 16- and 32-bit grey, which Pillow's own `convert` would clip."""
    values = np.asarray(image)
    if values.dtype.kind == "f":
        finite = np.nan_to_num(values)
        low, high = float(finite.min()), float(finite.max())
        grey = (finite - low) * np.float32(255 / max(high - low, 1e-12))
    else:
        bits = int(values.max(initial=0)).bit_length()
        grey = values.clip(0) >> (0 if bits <= 8 else max(bits, 16) - 8)
    return Image.fromarray(grey.astype(np.uint8))
