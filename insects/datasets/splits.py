"""Which photos train a network and which test it."""

import re
from collections.abc import Callable

from insects.datasets.dataset import Dataset, Photo
from insects.datasets.folds import MAX_FOLDS, Folds, find_folds, kept_folds, one_of_each
from insects.errors import DatasetError, SettingsError
from insects.storage import Progress

FOLDS = 5
FOLD_NAME = re.compile(r"by_series_(\d{1,2})_of_(\d{1,2})")


def published(dataset: Dataset) -> Dataset:
    """Return the dataset as its authors split it."""
    return dataset


def deduplicated(dataset: Dataset) -> Dataset:
    """Return the dataset with every training photo taken out that is also a test photo."""
    test = {photo.content_hash for photo in dataset.part("test")}
    kept = (p for p in dataset.photos if p.split == "test" or p.content_hash not in test)
    return dataset.with_photos(kept, "deduplicated")


def by_series(dataset: Dataset, on_progress: Progress = lambda *_: None) -> Dataset:
    """Return each distinct photo once, about a fifth of each class for testing, no series parted.

    Photos that cannot be read, or lie in several classes, are left out. It is the first of
    `folds(dataset)`.

    Raises:
        DatasetError: a class is all one series.
    """
    return _with_fold(dataset, find_folds(dataset, FOLDS, on_progress), 1, "by_series")


SPLITS: dict[str, Callable[[Dataset], Dataset]] = {
    "published": published,
    "deduplicated": deduplicated,
    "by_series": by_series,
}


def apply_split(dataset: Dataset, name: str, on_progress: Progress = lambda *_: None) -> Dataset:
    """Return the dataset split by the rule of that name.

    Args:
        name: a key of `SPLITS`, or a fold, such as "by_series_2_of_5"; blanks and hyphens will do
            for the underscores.
        on_progress: called with what is being done, the steps done and the steps in all, where all
            photos must be looked at first.

    Raises:
        SettingsError: no split has that name.
        DatasetError: the dataset cannot be split so.
    """
    key = split_key(name)
    if key == "by_series":
        return by_series(dataset, on_progress)
    if key in SPLITS:
        return SPLITS[key](dataset)
    number, wanted = _parsed(key)
    found = find_folds(dataset, wanted, on_progress)
    if found.n_folds != wanted:
        raise DatasetError(
            f"This dataset has too few series for {key}; the last that it has is "
            f"{_fold_name(found.n_folds, found.n_folds)}."
        )
    return _with_fold(dataset, found, number, key)


def folds(
    dataset: Dataset, k: int = FOLDS, on_progress: Progress = lambda *_: None
) -> list[Dataset]:
    """Return the dataset split k times, each distinct photo for testing once.

    Where a class has fewer than k series, there are as many folds as it has series.

    Raises:
        SettingsError: `k` is not 2 to 10.
        DatasetError: a class is all one series.
    """
    found = find_folds(dataset, k, on_progress)
    return [
        _with_fold(dataset, found, number, _fold_name(number, found.n_folds))
        for number in range(1, found.n_folds + 1)
    ]


def is_ready(dataset: Dataset, name: str) -> bool:
    """Return whether a split can be applied at once, without a look at the photos.

    Raises:
        SettingsError: no split has that name.
    """
    key = split_key(name)
    if key in ("published", "deduplicated"):
        return True
    return kept_folds(dataset, FOLDS if key == "by_series" else _parsed(key)[1]) is not None


def split_key(name: str) -> str:
    """Return a split's name as it stands in a run's config: "by series" becomes "by_series".

    Raises:
        SettingsError: no split has that name.
    """
    key = re.sub(r"[\s-]+", "_", name.strip().lower())
    if key in SPLITS or (FOLD_NAME.fullmatch(key) and _parsed(key)):
        return key
    known = [*SPLITS, f"{_fold_name(1, FOLDS)} … {_fold_name(FOLDS, FOLDS)}"]
    raise SettingsError(f"No split is called {name!r}; there are {', '.join(known)}.")


def _with_fold(dataset: Dataset, found: Folds, number: int, name: str) -> Dataset:
    """Return the distinct photos, those of one fold, from 1, for testing."""
    photos = [photo for photo in one_of_each(dataset) if photo.content_hash in found.of]
    parts = ("test" if found.of[p.content_hash] == number - 1 else "train" for p in photos)
    return dataset.with_photos(map(Photo.in_part, photos, parts), name)


def _fold_name(number: int, n_folds: int) -> str:
    return f"by_series_{number}_of_{n_folds}"


def _parsed(key: str) -> tuple[int, int]:
    """Return 2 and 5 for "by_series_2_of_5", whose form is right.

    Raises:
        SettingsError: there can be no such fold.
    """
    number, of = map(int, FOLD_NAME.fullmatch(key).groups())  # type: ignore[union-attr]
    if not 1 <= number <= of <= MAX_FOLDS or of < 2:
        raise SettingsError(f"Expected a fold of 2 to {MAX_FOLDS}, got {key}.")
    return number, of
