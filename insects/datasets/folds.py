"""Folds that part no series: found once with a look at all photos, then read from disk."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from insects.datasets import looks, uploads
from insects.datasets.dataset import Dataset, Photo
from insects.datasets.series import EDITION, dataset_digest, find_series
from insects.errors import DatasetError, SettingsError
from insects.storage import Progress, write_atomically

MAX_FOLDS = 10
MAX_KEPT_BYTES = 20_000_000


@dataclass(frozen=True)
class Folds:
    """In which fold each photo is for testing.

    Args:
        of: the fold of each content hash, from 0; photos without one are left out.
        n_folds: how many there are.
    """

    of: dict[str, int]
    n_folds: int


def find_folds(dataset: Dataset, k: int, on_progress: Progress = lambda *_: None) -> Folds:
    """Return k folds, or as many as the series of the smallest class allow.

    Photos that cannot be read, or lie in several classes, are left out. Neither the split of the
    dataset nor the order of its photos matters.

    Args:
        on_progress: called with what is being done, the steps done and the steps in all.

    Raises:
        SettingsError: `k` is not 2 to 10.
        DatasetError: a class is all one series.
    """
    if not 2 <= k <= MAX_FOLDS:
        raise SettingsError(f"Expected 2 to {MAX_FOLDS} folds, got {k}.")
    if (kept := kept_folds(dataset, k)) is not None:
        return kept
    found = _find(dataset, k, on_progress)
    path = _kept_file(dataset, k)
    with uploads.keeping(path):
        write_atomically(path, json.dumps({"of": found.of, "n_folds": found.n_folds}))
    looks.remove_oldest(path.parent, "folds-*.json", MAX_KEPT_BYTES)
    return found


def kept_folds(dataset: Dataset, k: int) -> Folds | None:
    """Return the folds that `find_folds` found before, or None."""
    try:
        kept = json.loads(_kept_file(dataset, k).read_text())
        return Folds(kept["of"], kept["n_folds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def one_of_each(dataset: Dataset) -> list[Photo]:
    """Return each distinct photo once; none of those that lie in several classes.

    Which of their labels is the right one nobody here can know.
    """
    by_content: dict[str, list[Photo]] = defaultdict(list)
    for photo in dataset.photos:
        by_content[photo.content_hash].append(photo)
    return [
        min(copies, key=lambda photo: (photo.name, photo.split))
        for copies in by_content.values()
        if len({photo.label for photo in copies}) == 1
    ]


def _find(dataset: Dataset, k: int, on_progress: Progress) -> Folds:
    series = find_series(dataset, on_progress)
    seen = looks.look(dataset, on_progress)
    readable = set(seen.contents[seen.readable].tolist())
    photos = [photo for photo in one_of_each(dataset) if photo.content_hash in readable]
    photos.sort(key=lambda photo: photo.content_hash)
    labels, groups = dataset.labels(photos), series.groups(photos)
    fewest = _fewest_series(dataset.class_names, labels, groups)
    for n_folds in range(min(k, fewest), 1, -1):
        numbers = _stratified(labels, groups, n_folds)
        if all(set(labels[numbers == i]) == set(labels) for i in range(n_folds)):
            contents = (photo.content_hash for photo in photos)
            return Folds(dict(zip(contents, numbers.tolist(), strict=True)), n_folds)
    raise DatasetError(
        "The series of these photos cannot be parted so that both sides have all classes."
    )


def _fewest_series(class_names: tuple[str, ...], labels: np.ndarray, groups: np.ndarray) -> int:
    """Return how many series the class with the fewest has.

    Raises:
        DatasetError: there are not two, one to learn from and one to test on.
    """
    if not class_names:
        raise DatasetError("Expected photos to split; there are none.")
    n_series = [len(np.unique(groups[labels == i])) for i in range(len(class_names))]
    fewest = int(np.argmin(n_series))
    if n_series[fewest] < 2:
        there = "all its photos are one" if n_series[fewest] else "there is no photo"
        raise DatasetError(
            f"Expected two series or more in each class; in {class_names[fewest]} {there}. "
            "Use another split."
        )
    return n_series[fewest]


def _stratified(labels: np.ndarray, groups: np.ndarray, n_folds: int) -> np.ndarray:
    """Return each photo's fold, (n,) int64; each class is spread evenly as far as groups allow."""
    from sklearn.model_selection import StratifiedGroupKFold

    numbers = np.zeros(len(labels), np.int64)
    parts = StratifiedGroupKFold(n_folds).split(np.zeros(len(labels)), labels, groups)
    for i, (_, test) in enumerate(parts):
        numbers[test] = i
    return _most_varied_first(numbers, labels, groups, n_folds)


def _most_varied_first(
    numbers: np.ndarray, labels: np.ndarray, groups: np.ndarray, n_folds: int
) -> np.ndarray:
    """Number the folds anew: the first, which is often the only one used, has the most series.

    A score on a class with one long series in the test photos is a score on one shoot; so what
    counts is the class with the fewest series.
    """
    varied = [
        min(len(np.unique(groups[(numbers == i) & (labels == c)])) for c in np.unique(labels))
        for i in range(n_folds)
    ]
    places = np.empty(n_folds, np.int64)
    places[np.argsort(np.negative(varied), kind="stable")] = np.arange(n_folds)
    return places[numbers]


def _kept_file(dataset: Dataset, k: int) -> Path:
    name = f"folds-{dataset_digest(dataset)}-{k}-{EDITION}.json"
    return looks.kept_folder(dataset) / name
