"""Which photos train a network and which test it."""

from collections.abc import Callable

from insects.datasets.dataset import Dataset
from insects.errors import SettingsError


def published(dataset: Dataset) -> Dataset:
    """Return the dataset as its authors split it."""
    return dataset


def deduplicated(dataset: Dataset) -> Dataset:
    """Return the dataset with every training photo taken out that is also a test photo."""
    test = {photo.content_hash for photo in dataset.part("test")}
    kept = (p for p in dataset.photos if p.split == "test" or p.content_hash not in test)
    return dataset.with_photos(kept, "deduplicated")


SPLITS: dict[str, Callable[[Dataset], Dataset]] = {
    "published": published,
    "deduplicated": deduplicated,
}


def apply_split(dataset: Dataset, name: str) -> Dataset:
    """Return the dataset split by the rule of that name.

    Raises:
        SettingsError: no split has that name.
    """
    if name not in SPLITS:
        raise SettingsError(f"No split is called {name!r}; there are {', '.join(SPLITS)}.")
    return SPLITS[name](dataset)
