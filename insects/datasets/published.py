"""The articles' 1,199 photos, read from the folder that `INSECTS_PHOTOS` names."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from insects.datasets.dataset import Dataset, Photo
from insects.errors import DatasetError
from insects.photos import load_photo

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")
ENVIRONMENT = "INSECTS_PHOTOS"
# File names are image numbers of this collection; its page names the photographer.
SOURCE = "https://www.insectimages.org/browse/detail.cfm?imgnum={}"


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


def photos_folder() -> Path | None:
    """Return the folder of the published photos, or None where there is none."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named and Path(named).is_dir() else None


def load_published() -> Dataset:
    """Return the photos as published: 1,019 for training, and 180 of the same again for testing.

    Raises:
        DatasetError: the photos are not there, or not in train/CLASS and test/CLASS.
    """
    folder = photos_folder()
    if folder is None:
        raise DatasetError(
            f"The published photos are not here: set {ENVIRONMENT} to the folder that holds "
            "their train/ and test/, or use the dataset 'drawn'."
        )
    photos = [
        FilePhoto(path, label, split, SOURCE.format(path.stem))
        for split in ("train", "test")
        for label in CLASS_NAMES
        for path in photo_files(folder / split / label)
    ]
    return Dataset("published", CLASS_NAMES, tuple(photos))


def photo_files(folder: Path) -> list[Path]:
    """Return the folder's files in the order of their names, hidden ones left out.

    Raises:
        DatasetError: there is no such folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos at {folder}; there is none.")
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
