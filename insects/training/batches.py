"""Photos in batches, in an order that depends on the seed and the epoch alone."""

from collections.abc import Sequence

import keras
import numpy as np
from PIL import Image

from insects.errors import SettingsError
from insects.training.inputs import Inputs

SMALLEST_CROP = 0.85  # of a side
BRIGHTNESS = 0.2  # at most this much lighter or darker


class Batches(keras.utils.PyDataset):
    """Batches of inputs and labels: photos as the uint8 they are, other inputs as float32.

    So only one batch of floats exists at a time, made by the network's first layer: made here, in
    numpy, it took a sixth longer (see `insects.bench.training`). TensorFlow asks for the next batch
    while it trains on the one before.

    Args:
        inputs: (n, ...) of any number type, on disk or in memory.
        labels: (n,) indices of classes.
        seed: shuffles every epoch anew where given. An order made from seed and epoch is the same
            again when a training continues in the middle.
        augment: change each photo a little, in another way each epoch (see `varied`).

    Raises:
        SettingsError: `augment` without photos to change, or without a seed.
    """

    def __init__(
        self,
        inputs: Inputs,
        labels: np.ndarray,
        batch_size: int,
        seed: int | None = None,
        augment: bool = False,
    ) -> None:
        super().__init__()
        if augment and (seed is None or len(inputs.shape) != 4):
            raise SettingsError("Only photos can be varied, and only in an order with a seed.")
        self.inputs, self.labels, self.size = inputs, labels, batch_size
        self.seed, self.augment = seed, augment
        self.begin(0)

    @property
    def num_batches(self) -> int:
        return -(-len(self.labels) // self.size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.size : (index + 1) * self.size]
        inputs = self.inputs[rows]
        if self.augment:
            seeds = ([self.seed or 0, self.epoch, row] for row in rows)
            inputs = np.stack([varied(x, s) for x, s in zip(inputs, seeds, strict=True)])
        if inputs.dtype != np.uint8:
            inputs = inputs.astype(np.float32)
        return inputs, self.labels[rows]

    def begin(self, epoch: int) -> None:
        """Take on the order of an epoch. Keras's own hook ends one too many before the first."""
        count = len(self.labels)
        self.epoch = epoch
        if self.seed is None:
            self.order = np.arange(count)
        else:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(count)


def varied(photo: np.ndarray, seed: Sequence[int]) -> np.ndarray:
    """Return a photo mirrored or not, cropped a little, and lighter or darker.

    Args:
        photo: (size, size, 3) uint8, as is what is returned.
        seed: of all that is drawn: the same seed gives the same photo.
    """
    rng = np.random.default_rng(seed)
    size = len(photo)
    side = size * rng.uniform(SMALLEST_CROP, 1)
    left, top = rng.uniform(0, size - side, 2)
    picture = Image.fromarray(photo[:, ::-1] if rng.random() < 0.5 else photo)
    box = (left, top, left + side, top + side)
    cropped = picture.resize((size, size), Image.Resampling.BILINEAR, box=box)
    factor = rng.uniform(1 - BRIGHTNESS, 1 + BRIGHTNESS)
    brighter = np.clip(np.arange(256) * factor, 0, 255).astype(int).tolist()
    return np.asarray(cropped.point(brighter * 3))
