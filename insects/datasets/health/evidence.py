"""What the checks judge by, gathered once for all of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from insects.datasets.dataset import Dataset
from insects.datasets.folds import Folds, find_folds, one_of_each
from insects.datasets.health.report import Finding
from insects.datasets.looks import Looks, look
from insects.datasets.series import Series, find_series
from insects.errors import DatasetError
from insects.storage import Progress

N_FOLDS = 5
# With fewer photos in a class, or fewer folds, guesses learnt from the others say little: of 36
# drawn photos with right labels 3 were doubted, of 60 one or two, of 450 none.
MIN_PER_CLASS = 20
MIN_FOLDS = 3


@dataclass(frozen=True)
class Evidence:
    """A dataset and what is known of its photos.

    Args:
        folds: for guesses that are learnt from other series, or None.
        no_folds: why there are none, as a sentence.
    """

    dataset: Dataset
    looks: Looks
    series: Series
    folds: Folds | None
    no_folds: str

    @cached_property
    def indices(self) -> dict[str, list[int]]:
        """Return where in the dataset each content is found, test photos first."""
        found: dict[str, list[int]] = defaultdict(list)
        photos = self.dataset.photos
        for i in sorted(range(len(photos)), key=lambda i: (photos[i].split != "test", i)):
            found[photos[i].content_hash].append(i)
        return dict(found)

    @cached_property
    def sample(self) -> "Sample":
        """Return the photos that the cross-validated checks use: those that have a fold."""
        assert self.folds is not None
        photos = self.dataset.photos
        chosen = {
            content: where[0] for content, where in self.indices.items() if content in self.folds.of
        }
        indices = np.array(sorted(chosen.values()), dtype=np.int64)
        used = [photos[i] for i in indices]
        folds = np.array([self.folds.of[photo.content_hash] for photo in used])
        return Sample(indices, self.looks.rows(used), self.dataset.labels(used), folds)


@dataclass(frozen=True)
class Sample:
    """n distinct photos with a label each.

    Args:
        indices: (n,) of the photos in the dataset.
        rows: (n,) of the photos in its looks.
        labels: (n,) of the class.
        folds: (n,) of the fold in which it is for testing.
    """

    indices: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    folds: np.ndarray


# A check yields what it finds, and a sentence on what it finds to be fine.
Check = Callable[[Evidence], Iterator[Finding | str]]


def gather(dataset: Dataset, on_progress: Progress) -> Evidence:
    """Look at all photos, unless what they look like is kept from before."""
    looks = look(dataset, on_progress)
    series = find_series(dataset, on_progress)
    folds, why = _folds(dataset, on_progress)
    return Evidence(dataset, looks, series, folds, why)


def _folds(dataset: Dataset, on_progress: Progress) -> tuple[Folds | None, str]:
    """Return folds that guesses can be learnt on, or why there are none."""
    try:
        folds = find_folds(dataset, N_FOLDS, on_progress)  # kept, so that by series is ready, too
    except DatasetError as error:
        return None, str(error)
    per_class = Counter(photo.label for photo in one_of_each(dataset))
    few = [name for name in dataset.class_names if per_class[name] < MIN_PER_CLASS]
    if few:
        return (
            None,
            f"A class needs {MIN_PER_CLASS} different photos; {few[0]} has {per_class[few[0]]}.",
        )
    if folds.n_folds < MIN_FOLDS:
        return None, f"Each class needs photos of {MIN_FOLDS} series or more."
    return folds, ""
