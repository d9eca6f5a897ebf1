"""Photos in folders named by their classes: `train/CLASS/*` and `test/CLASS/*`."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from insects.datasets.dataset import Photo
from insects.errors import DatasetError
from insects.photos import load_photo


@dataclass(frozen=True)
class FilePhoto(Photo):
    """A photo in a file."""

    path: Path
    label: str
    split: str
    source: str | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """The file's name without its ending."""
        return self.path.stem

    def load(self) -> np.ndarray:
        return load_photo(self.path)

    @cached_property
    def content_hash(self) -> str:  # type: ignore[override]
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def photo_files(folder: Path) -> list[Path]:
    """Return the folder's files in the order of their names, hidden ones left out.

    Raises:
        DatasetError: there is no such folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos at {folder}; there is none.")
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
