"""Labelled photos, behind one small interface whatever their origin."""

from insects.datasets.dataset import Dataset, Photo
from insects.datasets.published import load_published, photos_folder
from insects.errors import SettingsError

__all__ = ["DATASETS", "Dataset", "Photo", "default_dataset", "load_dataset"]

DATASETS = ("published", "drawn")


def default_dataset() -> str:
    """Return the name of the published photos where they are, else of the drawn ones."""
    return "published" if photos_folder() else "drawn"


def load_dataset(name: str, *, seed: int = 0, background_bias: float = 0.0) -> Dataset:
    """Return a dataset by name.

    Args:
        name: "published" (the articles' photos) or "drawn" (insects drawn by this package).
        seed, background_bias: for "drawn" alone, see `insects.datasets.drawn`.

    Raises:
        DatasetError: its photos are not there.
        SettingsError: no dataset has that name.
    """
    if name == "published":
        return load_published()
    if name == "drawn":
        from insects.datasets.drawn import load_drawn

        return load_drawn(seed=seed, background_bias=background_bias)
    raise SettingsError(f"No dataset is called {name!r}; there are {', '.join(DATASETS)}.")
