"""A dataset's photos at a network's image size: read once, then kept on disk as 8-bit numbers."""

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from insects.datasets import Dataset, Photo, uploads
from insects.datasets.looks import digest, remove_oldest
from insects.photos import resize
from insects.runs.locks import is_locked, try_lock
from insects.storage import Progress

EDITION = 1  # raise it when photos are resized in another way: what is kept is then made anew
MAX_KEPT_BYTES = 1_500_000_000  # ten thousand photos of 224 px
YOUNG_SECONDS = 60  # a draft that was just made may not be locked yet


class Squares:
    """Photos of one size that stay on disk until a batch of them is asked for.

    Args:
        kept: (n_kept,) of `_record`, on disk.
        rows: (n,) places in `kept`.
    """

    def __init__(self, kept: np.ndarray, rows: np.ndarray) -> None:
        self._kept, self._rows = kept, rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, image_size, image_size, 3), as of an array."""
        return (len(self), *self._kept.dtype["square"].shape)

    def __getitem__(self, places: np.ndarray | slice) -> np.ndarray:
        """Return some of the photos, (n_places, image_size, image_size, 3) uint8."""
        return self._kept["square"][self._rows[places]]

    def take(self, places: np.ndarray) -> "Squares":
        """Return some of the photos, still on disk."""
        return Squares(self._kept, self._rows[places])


def load_squares(
    dataset: Dataset, photos: Sequence[Photo], image_size: int, on_progress: Progress
) -> Squares:
    """Return `photos`, which are of `dataset`; what was read before is not read again.

    All photos of the dataset are kept in one file, so that its other part is there too.

    Args:
        on_progress: called with "reading photos", the photos read and the photos in all.

    Raises:
        PhotoError: a photo of the dataset cannot be read.
        DatasetError: a visitor's photos have been removed meanwhile.
    """
    by_content = {photo.content_hash.encode(): photo for photo in dataset.photos}
    folder = uploads.kept_with(dataset.folder) / "squares"
    kept = _find(folder, sorted(by_content), image_size)
    if kept is None:
        kept = _make(folder, by_content, image_size, on_progress)
    contents = np.array(kept["content"])
    rows = np.searchsorted(contents, [photo.content_hash.encode() for photo in photos])
    return Squares(kept, rows)


def _record(image_size: int) -> np.dtype:
    return np.dtype([("content", "S64"), ("square", np.uint8, (image_size, image_size, 3))])


def _find(folder: Path, contents: list[bytes], image_size: int) -> np.ndarray | None:
    """Return the first file with all these photos, of another split perhaps, or None."""
    for path in sorted(folder.glob(f"squares-{image_size}-{EDITION}-*.npy")):
        kept = _open(path, image_size)
        if kept is not None and np.isin(contents, kept["content"]).all():
            with contextlib.suppress(OSError):  # somebody else has just removed it
                os.utime(path)  # those used last are kept
            return kept
    return None


def _open(path: Path, image_size: int) -> np.ndarray | None:
    """Return the table in a file, left on disk, or None where there is none or it is damaged."""
    try:
        kept = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return kept if kept.dtype == _record(image_size) and kept.ndim == 1 else None


def _make(
    folder: Path, photos: dict[bytes, Photo], image_size: int, on_progress: Progress
) -> np.ndarray:
    """Read all photos into a file that is there whole or not at all; return it, left on disk."""
    _remove_left_over(folder)
    name = f"squares-{image_size}-{EDITION}-{digest(c.decode() for c in sorted(photos))}.npy"
    draft = folder / f".{name}.{os.getpid()}"
    with uploads.keeping(draft):
        try:
            _write(draft, photos, image_size, on_progress)
            os.replace(draft, folder / name)
        finally:
            draft.unlink(missing_ok=True)
    kept = _open(folder / name, image_size)
    with contextlib.suppress(OSError):  # not every system lets go of a file that is in use
        remove_oldest(folder, "squares-*.npy", MAX_KEPT_BYTES)
    if kept is None:
        raise OSError(f"{folder / name} cannot be read back.")
    return kept


def _write(path: Path, photos: dict[bytes, Photo], image_size: int, on_progress: Progress) -> None:
    """Write (n,) of `_record`, in the order of the contents; one photo is in memory at a time."""
    record = np.zeros((), _record(image_size))
    header = {
        "descr": npy.dtype_to_descr(record.dtype),
        "fortran_order": False,
        "shape": (len(photos),),
    }
    with path.open("wb") as file:
        try_lock(file.fileno())  # while it is written nobody takes it for left over
        npy.write_array_header_1_0(file, header)
        for i, content in enumerate(sorted(photos)):
            record["content"] = content
            record["square"] = resize(photos[content].load(), image_size)
            file.write(record.tobytes())
            on_progress("reading photos", i + 1, len(photos))


def _remove_left_over(folder: Path) -> None:
    """Remove drafts of processes that were ended while they wrote."""
    for path in folder.glob(".squares-*"):
        with contextlib.suppress(OSError):  # its writer has just finished
            if time.time() - path.stat().st_mtime > YOUNG_SECONDS and not is_locked(path):
                path.unlink()
