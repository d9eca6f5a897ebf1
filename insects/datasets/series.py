"""Which photos show one specimen or one shoot, so that they must not be parted by a split.

A photo's copies, the same picture in another size or cut, and neighbouring image numbers in one
class belong together, and so does whatever they in turn belong together with.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

from insects.datasets import alike, looks, uploads
from insects.datasets.dataset import Dataset, Photo
from insects.storage import Progress, write_atomically

# Raise it when series are found in another way: what is kept is then made anew.
EDITION = f"{looks.EDITION}.1"
# Image numbers further apart are not one shoot. On the published photos, numbers alone make 180
# series; numbers at most 3 or 8 apart would make 191 or 166.
MAX_GAP = 5
# A run of numbers with more of a class than this says nothing: they merely count its photos.
MAX_SHARE = 0.5
MAX_KEPT_BYTES = 20_000_000


@dataclass(frozen=True)
class Series:
    """The series of a dataset; photos are named by their content hashes.

    Args:
        of: the number of each content's series, from 0.
        same_picture: pairs of contents that are one picture, and how similar they are.
        counted: classes whose numbers merely count the photos, so that neighbours mean nothing.
    """

    of: dict[str, int]
    same_picture: tuple[tuple[str, str, float], ...]
    counted: tuple[str, ...]

    def groups(self, photos: Sequence[Photo]) -> np.ndarray:
        """Return the number of each photo's series, (n,) int64."""
        return np.array([self.of[photo.content_hash] for photo in photos], dtype=np.int64)


def find_series(dataset: Dataset, on_progress: Progress = lambda *_: None) -> Series:
    """Return the series of a dataset, whatever its split; once found they are kept on disk.

    Args:
        on_progress: called with what is being done, the steps done and the steps in all.
    """
    folder = looks.kept_folder(dataset)
    path = folder / f"series-{dataset_digest(dataset)}-{EDITION}.json"
    try:
        kept = json.loads(path.read_text())
        pairs = tuple((one, other, cosine) for one, other, cosine in kept["same_picture"])
        return Series(kept["of"], pairs, tuple(kept["counted"]))
    except (OSError, ValueError, KeyError, TypeError):
        series = _find(dataset, on_progress)
    with uploads.keeping(path):
        write_atomically(path, json.dumps(asdict(series)))
    looks.remove_oldest(folder, "series-*.json", MAX_KEPT_BYTES)
    return series


def dataset_digest(dataset: Dataset) -> str:
    """Return a digest of all that series depend on: contents, labels and names, not parts."""
    return looks.digest(sorted({f"{p.content_hash} {p.label} {p.name}" for p in dataset.photos}))


def _find(dataset: Dataset, on_progress: Progress) -> Series:
    seen = looks.look(dataset, on_progress)
    contents = seen.contents.tolist()
    pairs = [
        (contents[one], contents[other], round(cosine, 4))
        for one, other, cosine in alike.same_pictures(seen, on_progress)
    ]
    counted = tuple(label for label in dataset.class_names if _merely_counts(dataset, label))
    links = [(one, other) for one, other, _ in pairs]
    for label in set(dataset.class_names) - set(counted):
        links += _neighbours(_numbered(dataset, label))
    return Series(_joined(contents, links), tuple(pairs), counted)


def _numbered(dataset: Dataset, label: str) -> list[tuple[int, str]]:
    """Return the number and the content of each photo of a class whose name is one, sorted."""
    return sorted(
        {
            (int(photo.name), photo.content_hash)
            for photo in dataset.photos
            if photo.label == label and photo.name.isascii() and photo.name.isdigit()
        }
    )


def _neighbours(numbered: Sequence[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    """Yield the contents of photos with neighbouring numbers."""
    for (number, content), (next_number, next_content) in pairwise(numbered):
        if next_number - number <= MAX_GAP:
            yield content, next_content


def _merely_counts(dataset: Dataset, label: str) -> bool:
    """Return whether the names of a class are numbers that run from the first photo to the last."""
    numbered = _numbered(dataset, label)
    runs = _joined([content for _, content in numbered], list(_neighbours(numbered)))
    longest = max(Counter(runs.values()).values(), default=0)
    n_photos = len({p.content_hash for p in dataset.photos if p.label == label})
    return longest > max(1, MAX_SHARE * n_photos)


def _joined(contents: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the number of the group of each content, when linked ones are in one group."""
    leader = {content: content for content in contents}

    def find(content: str) -> str:
        while leader[content] != content:
            leader[content] = leader[leader[content]]
            content = leader[content]
        return content

    for one, other in links:
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    numbers: dict[str, int] = defaultdict(lambda: len(numbers))
    return {content: numbers[find(content)] for content in sorted(leader)}
