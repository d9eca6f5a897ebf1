"""The photos of a dataset as the arrays that a network is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from insects.datasets import Dataset, Photo
from insects.inference import BACKBONES, Interpreter
from insects.networks import Network
from insects.photos import resize
from insects.storage import Progress

CHUNK = 64


@dataclass(frozen=True)
class Part:
    """One part of a dataset.

    Args:
        inputs: (n, image_size, image_size, 3) uint8, or embeddings, (n, d) float32.
        labels: (n,) indices of classes.
    """

    inputs: np.ndarray
    labels: np.ndarray


def load_part(dataset: Dataset, name: str, network: Network, on_progress: Progress) -> Part:
    """Return the part "train" or "test" as `network` takes it in."""
    photos = dataset.part(name)
    inputs = load_images(photos, network.image_size, on_progress)
    if network.backbone:
        inputs = embed(inputs, network.backbone, on_progress)
    return Part(inputs, dataset.labels(photos))


def load_images(photos: Sequence[Photo], image_size: int, on_progress: Progress) -> np.ndarray:
    """Return the photos, (n, image_size, image_size, 3) uint8: floats take four times that."""
    images = np.empty((len(photos), image_size, image_size, 3), np.uint8)
    for i, photo in enumerate(photos):
        images[i] = resize(photo.load(), image_size)
        on_progress("reading photos", i + 1, len(photos))
    return images


def embed(images: np.ndarray, backbone: str, on_progress: Progress) -> np.ndarray:
    """Return a shipped backbone's embeddings, (n, d) float32."""
    interpreter = Interpreter(BACKBONES / f"{backbone}.tflite")
    chunks = []
    for start in range(0, len(images), CHUNK):
        chunks.append(interpreter(images[start : start + CHUNK]))
        on_progress("looking at photos", min(start + CHUNK, len(images)), len(images))
    return np.concatenate(chunks)
