"""The photos that a pixel-level explanation compares with."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from insects.datasets import Photo, load_dataset
from insects.datasets.splits import apply_split
from insects.errors import DatasetError, PhotoError, SettingsError
from insects.photos import resize
from insects.pixelwise import BACKGROUND_PHOTOS
from insects.runs import Run


@dataclass(frozen=True)
class Background:
    """Photos as a network sees them.

    Args:
        images: (n, image_size, image_size, 3) uint8.
        words: what they are, for people.
    """

    images: np.ndarray
    words: str


def choose_background(run: Run, seed: int) -> Background:
    """Return 61 photos that a run learned from, or fewer where it has no more.

    Where they are not here any more, drawn insects take their place. The same seed gives the
    same photos.
    """
    photos, kind = _training_photos(run), "training photos"
    images = _images(photos, run.config["image_size"], seed)
    if not len(images):
        photos = load_dataset("drawn").part("train")
        images = _images(photos, run.config["image_size"], seed)
        kind = "drawn insects, because the photos it learned from are not here"
    return Background(images, f"{len(images)} {kind}")


def _training_photos(run: Run) -> tuple[Photo, ...]:
    """Return the photos of the run's own training part, none where its dataset is absent."""
    try:
        config = run.config
        bias = config.get("background_bias", 0.0)
        dataset = load_dataset(config["dataset"], seed=config.get("seed", 0), background_bias=bias)
        return apply_split(dataset, config["split"]).part("train")
    except (DatasetError, PhotoError, SettingsError, KeyError):
        return ()


def _images(photos: tuple[Photo, ...], image_size: int, seed: int) -> np.ndarray:
    order = np.random.default_rng(seed).permutation(len(photos))
    readable = _resized((photos[i] for i in order), image_size)
    found = list(itertools.islice(readable, BACKGROUND_PHOTOS))
    return np.stack(found) if found else np.empty((0, image_size, image_size, 3), np.uint8)


def _resized(photos: Iterator[Photo], image_size: int) -> Iterator[np.ndarray]:
    """Yield what the network sees of each photo; one that cannot be read is passed over."""
    for photo in photos:
        with suppress(PhotoError):
            yield resize(photo.load(), image_size)
