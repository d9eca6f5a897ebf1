"""A picture of four corners, as a file of each format."""

import io

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "HEIF")
RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 210), (120, 120, 120)


def four_corners(height=48, width=80):
    """A picture that looks different in each of the eight orientations."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = GREY
    return pixels


def encode(picture, file_format, **options):
    """A file's bytes, from an array or a Pillow image."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


SMALL_FILES = {name: encode(four_corners(), name) for name in FORMATS}
