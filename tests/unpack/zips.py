"""Zips of small photos, good ones and others, and what unpacking one leaves."""

import io
import struct
import warnings
import zipfile

import numpy as np
from PIL import Image

from insects.datasets.unpack import unpack

CENTRAL = b"PK\x01\x02"


def photo(seed=0, size=(40, 40), **options):
    """The bytes of a small JPEG; another seed makes another one."""
    pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


PHOTO = photo()
GOOD = {f"{name}/{i}.jpg": photo(i) for i, name in enumerate(("ants", "ants", "bees", "bees"))}


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """A zip of files by name; a name may be a ZipInfo, and stays as odd as it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are there twice
        for name, data in files.items() if isinstance(files, dict) else files:
            made.writestr(name if isinstance(name, zipfile.ZipInfo) else named(name, method), data)
    return file.getvalue()


def named(name, method=zipfile.ZIP_DEFLATED, **fields):
    """An entry; zipfile itself would cut its name at a zero byte."""
    info = zipfile.ZipInfo("x")
    info.filename, info.compress_type = name, method
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def patched(data, offset, form, value, which=0, mark=CENTRAL):
    """The zip with a field of an entry in its list of files changed."""
    place = -1
    for _ in range(which + 1):
        place = data.index(mark, place + 1)
    changed = bytearray(data)
    struct.pack_into(form, changed, place + offset, value)
    return bytes(changed)


def everything(folder):
    """All that is in a folder, byte for byte."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def unpacked(place, data, on_progress=lambda *_: None):
    path = place.parent / "given.zip"
    path.write_bytes(data)
    return unpack(path, place / "mine", on_progress)
