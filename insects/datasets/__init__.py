"""Labelled photos, behind one small interface whatever their origin."""

import os
from pathlib import Path

from insects.datasets import uploads
from insects.datasets.dataset import Dataset, Photo
from insects.datasets.folder import load_folder
from insects.datasets.published import load_published, photos_folder
from insects.errors import SettingsError

__all__ = [
    "DATASETS",
    "Dataset",
    "Photo",
    "dataset_title",
    "default_dataset",
    "is_folder",
    "load_dataset",
    "require_dataset",
]

DATASETS = {"published": "the articles' photos", "drawn": "drawn insects"}


def default_dataset() -> str:
    """Return the name of the published photos where they are, else of the drawn ones."""
    return "published" if photos_folder() else "drawn"


def dataset_title(name: str) -> str:
    """Return what people call a dataset; of a folder it is the folder's own name."""
    return DATASETS.get(name) or uploads.title(Path(name))


def is_folder(name: str | Path) -> bool:
    """Return whether a dataset's name is the path of a folder, one that is there or was."""
    return name not in DATASETS


def require_dataset(name: str | Path) -> None:
    """Check that there can be such a dataset; nothing of it is read.

    Raises:
        SettingsError: it is no known name, and there is no such folder.
    """
    if uploads.is_private(name) and not os.path.isdir(name):  # its path says nothing to visitors
        raise SettingsError("These photos have been removed.")
    if is_folder(name) and not os.path.isdir(name):
        raise SettingsError(
            f"No dataset is called {str(name)!r}, and no folder is there by that name; "
            f"there are {', '.join(DATASETS)}, and any folder of photos."
        )


def load_dataset(name: str | Path, *, seed: int = 0, background_bias: float = 0.0) -> Dataset:
    """Return a dataset by name.

    Args:
        name: "published" (the articles' photos), "drawn" (insects drawn by this package), or the
            path of a folder (see `insects.datasets.folder.load_folder`).
        seed, background_bias: for "drawn" alone, see `insects.datasets.drawn`.

    Raises:
        DatasetError: its photos are not there, or not as expected.
        SettingsError: no dataset has that name.
    """
    require_dataset(name)
    if name == "published":
        return load_published()
    if name == "drawn":
        from insects.datasets.drawn import load_drawn

        return load_drawn(seed=seed, background_bias=background_bias)
    return load_folder(name)
