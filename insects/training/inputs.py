"""The photos of a dataset as the arrays that a network is trained on."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from insects.datasets import Dataset, Photo
from insects.datasets import looks as kept_looks
from insects.errors import PhotoError, SettingsError
from insects.networks import Network
from insects.storage import Progress
from insects.training.squares import Squares, load_squares


class Inputs(Protocol):
    """An array, or what gives arrays when it is asked for rows."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, places: np.ndarray | slice, /) -> np.ndarray: ...


@dataclass(frozen=True)
class Part:
    """One part of a dataset.

    Args:
        inputs: (n, image_size, image_size, 3) uint8, or embeddings, (n, d) float32. Photos stay
            on disk: ask for some rows at a time.
        labels: (n,) indices of classes.
        photos: the n photos, where they are known.
    """

    inputs: Inputs
    labels: np.ndarray
    photos: tuple[Photo, ...] = ()

    def take(self, rows: np.ndarray) -> "Part":
        """Return some of the photos, in the order of `rows`, (n_rows,) indices."""
        inputs = self.inputs.take(rows) if isinstance(self.inputs, Squares) else self.inputs[rows]
        photos = tuple(self.photos[row] for row in rows) if self.photos else ()
        return Part(inputs, self.labels[rows], photos)


def load_part(dataset: Dataset, name: str, network: Network, on_progress: Progress) -> Part:
    """Return the part "train" or "test" as `network` takes it in.

    All photos of the dataset are read, or looked at through the network's backbone, when the
    first part is asked for; that is kept on disk.

    Args:
        on_progress: called with "reading photos" or "looking at photos", the photos done and the
            photos in all; at last with "reading photos" and all of the part.

    Raises:
        PhotoError: a photo cannot be read.
    """
    photos = dataset.part(name)
    inputs: Inputs
    if network.backbone:
        inputs = _embeddings(dataset, photos, network.backbone, on_progress)
    else:
        inputs = load_squares(dataset, photos, network.image_size, on_progress)
    on_progress("reading photos", len(photos), len(photos))
    return Part(inputs, dataset.labels(photos), photos)


def can_augment(network: Network) -> bool:
    """Return whether photos can be changed at each epoch: not those a backbone has seen already."""
    return network.backbone is None


def _embeddings(
    dataset: Dataset, photos: tuple[Photo, ...], backbone: str, on_progress: Progress
) -> np.ndarray:
    """Return what a shipped backbone makes of the photos, (n, d) float32.

    They are kept with 16 bits: heads trained on them got as many test photos right, with three
    seeds, as heads trained on all 32, and their logits differed by 3e-4.
    """
    if backbone != kept_looks.BACKBONE:
        raise SettingsError(f"Only {kept_looks.BACKBONE} can be looked through, not {backbone}.")
    seen = kept_looks.look(dataset, on_progress)
    rows = seen.rows(photos)
    for error in seen.errors[rows]:
        if error:
            raise PhotoError(str(error))
    return seen.table["embedding"][rows].astype(np.float32)
