"""The articles' 1,199 photos, read from the folder that `INSECTS_PHOTOS` names."""

import os
from pathlib import Path

from insects.datasets.dataset import Dataset
from insects.datasets.folder import FilePhoto, photo_files
from insects.errors import DatasetError

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")
ENVIRONMENT = "INSECTS_PHOTOS"
# File names are image numbers of this collection; its page names the photographer.
SOURCE = "https://www.insectimages.org/browse/detail.cfm?imgnum={}"


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
    return Dataset("published", CLASS_NAMES, tuple(photos), folder=folder)
