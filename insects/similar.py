"""Which training photos a photo is most like, as the shared backbone sees them."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from insects.datasets.published import source_of
from insects.errors import RunError
from insects.runs import Run

FILE = "similar.npz"
N_FEATURES = 1280
MAX_PHOTOS = 2000
MAX_BYTES = 6_000_000
KINDS = {"embeddings": "f", "names": "U", "labels": "i", "contents": "U"}
# Of the published photos, read again: the photo itself is at 0.99999 or more, its nearest sibling
# at 0.97 or less.
SAME = 0.9999


@dataclass(frozen=True)
class Similar:
    """A training photo that another photo is like.

    Args:
        name: its `full_name`.
        content: its `content_hash`.
        class_name: what it shows.
        similarity: the cosine of the two embeddings, from which the mean of all is taken off.
        source: address of the page that credits the photographer, if any.
    """

    name: str
    content: str
    class_name: str
    similarity: float
    source: str | None

    @property
    def is_same(self) -> bool:
        """Whether it is the very photo that was asked about."""
        return self.similarity > SAME


@dataclass(frozen=True)
class Index:
    """The training photos of a run, without their pixels.

    Args:
        class_names: of the run.
        dataset: the name of the dataset they are of.
        embeddings: (n, 1280) float16, as the backbone gives them.
        names: (n,) str, each photo's `full_name`.
        labels: (n,) integer indices of classes.
        contents: (n,) str, each photo's `content_hash`.
    """

    class_names: tuple[str, ...]
    dataset: str
    embeddings: np.ndarray
    names: np.ndarray
    labels: np.ndarray
    contents: np.ndarray

    def nearest(self, embedding: np.ndarray, n: int = 6) -> list[Similar]:
        """Return the n photos most like one, the most like first.

        Args:
            embedding: (1280,), by `Model.embed`.
        """
        return self._nearest(embedding, np.arange(len(self.names)), n)

    def nearest_of_other_classes(
        self, embedding: np.ndarray, label: int, n: int = 6
    ) -> list[Similar]:
        """Return the same among the photos of all classes but one.

        Args:
            label: index of the class to leave out.
        """
        return self._nearest(embedding, np.flatnonzero(self.labels != label), n)

    def _nearest(self, embedding: np.ndarray, rows: np.ndarray, n: int) -> list[Similar]:
        similarities = self._directions @ _direction(embedding - self._mean)
        order = rows[np.argsort(-similarities[rows], kind="stable")[:n]]
        return [self._similar(int(row), float(similarities[row])) for row in order]

    def _similar(self, row: int, similarity: float) -> Similar:
        name = str(self.names[row])
        class_name = self.class_names[int(self.labels[row])]
        source = source_of(name.rpartition("/")[-1]) if self.dataset == "published" else None
        return Similar(name, str(self.contents[row]), class_name, similarity, source)

    @cached_property
    def _mean(self) -> np.ndarray:
        return self.embeddings.mean(axis=0, dtype=np.float32)

    @cached_property
    def _directions(self) -> np.ndarray:
        """The embeddings from their mean on, each of length 1, (n, 1280) float32."""
        return _direction(self.embeddings.astype(np.float32) - self._mean)


def _direction(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (..., d) with length 1; those of none stay 0."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def save_index(
    path: Path,
    embeddings: np.ndarray,
    names: Sequence[str],
    labels: np.ndarray,
    contents: Sequence[str],
) -> None:
    """Write an index into a run directory, whole or not at all; nothing is pickled.

    Args:
        path: the run directory.
        embeddings, names, labels, contents: as in `Index`.
    """
    draft = path / f".{FILE}"
    with draft.open("wb") as file:
        np.savez_compressed(
            file,
            embeddings=np.asarray(embeddings, np.float16),
            names=np.array(names, dtype=np.str_),
            labels=np.asarray(labels, np.int64),
            contents=np.array(contents, dtype=np.str_),
        )
    draft.replace(path / FILE)


def load_index(run: Run) -> Index | None:
    """Return a run's index, or None where it has none that makes sense."""
    try:
        class_names, dataset = tuple(run.config["class_names"]), run.dataset
        arrays = _read(run.path / FILE)
        index = Index(class_names, dataset, **arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, RunError):
        return None
    return index if _fits(index) else None


def _read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file; their sizes are looked at before any is read.

    Raises:
        ValueError: one is too large, or missing.
    """
    if path.stat().st_size > MAX_BYTES:
        raise ValueError("the file is too large")
    with zipfile.ZipFile(path) as file:
        if sum(info.file_size for info in file.infolist()) > 2 * MAX_BYTES:
            raise ValueError("the arrays are too large")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in KINDS}


def _fits(index: Index) -> bool:
    """Return whether the arrays belong together, and to the run's classes."""
    n = len(index.labels) if index.labels.ndim == 1 else -1
    return (
        0 < n <= MAX_PHOTOS
        and index.embeddings.shape == (n, N_FEATURES)
        and index.names.shape == index.contents.shape == (n,)
        and all(getattr(index, name).dtype.kind == kind for name, kind in KINDS.items())
        and bool(np.isfinite(index.embeddings).all())
        and bool(((index.labels >= 0) & (index.labels < len(index.class_names))).all())
    )
