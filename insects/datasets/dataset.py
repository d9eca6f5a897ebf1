"""What a dataset is: class names, and photos that know their label and load themselves."""

import copy
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np


class Photo(ABC):
    """One labelled photo. Nothing is read or drawn before `load` is called."""

    name: str
    label: str
    split: str
    source: str | None = None

    @abstractmethod
    def load(self) -> np.ndarray:
        """Return the photo, (H, W, 3) uint8."""

    def mask(self) -> np.ndarray | None:
        """Return where the insect is, (H, W) bool, or None where nobody knows."""
        return None

    @property
    @abstractmethod
    def content_hash(self) -> str:
        """A hex digest: equal for photos with equal content, whatever their names."""

    @property
    def full_name(self) -> str:
        """Its part, class and name, such as train/beetles/5556579."""
        return f"{self.split}/{self.label}/{self.name}"

    def in_part(self, split: str) -> Self:
        """Return the same photo in the part "train" or "test"; what it knows of itself it keeps."""
        photo = copy.copy(self)
        object.__setattr__(photo, "split", split)  # photos are frozen, a copy is not yet in use
        return photo


@dataclass(frozen=True)
class Dataset:
    """Photos and the classes they belong to.

    Args:
        name: what `load_dataset` calls it.
        class_names: in the order of a network's outputs.
        photos: each with `split` "train" or "test".
        split_name: which split assigned them (see `insects.datasets.splits`).
        folder: where its files lie, where it has files.
    """

    name: str
    class_names: tuple[str, ...]
    photos: tuple[Photo, ...]
    split_name: str = "published"
    folder: Path | None = None

    def part(self, split: str) -> tuple[Photo, ...]:
        """Return the photos of one part, "train" or "test"."""
        return tuple(photo for photo in self.photos if photo.split == split)

    def labels(self, photos: Iterable[Photo]) -> np.ndarray:
        """Return each photo's index into `class_names`, (n,) int64."""
        index = {name: i for i, name in enumerate(self.class_names)}
        return np.array([index[photo.label] for photo in photos], dtype=np.int64)

    def with_photos(self, photos: Iterable[Photo], split_name: str) -> "Dataset":
        """Return the dataset with other photos, under the name of the split that chose them."""
        return replace(self, photos=tuple(photos), split_name=split_name)

    @cached_property
    def fingerprint(self) -> str:
        """A hex digest of every photo's content, label and part, whatever the file order."""
        lines = sorted(f"{p.split} {p.label} {p.content_hash}" for p in self.photos)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
