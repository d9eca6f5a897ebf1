"""Photos in batches, in an order that depends on the seed and the epoch alone."""

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Batches of float32 inputs and labels; only one batch of floats exists at a time.

    Args:
        inputs: (n, ...) of any number type.
        labels: (n,) indices of classes.
        seed: shuffles every epoch anew where given. An order made from seed and epoch is the same
            again when a training continues in the middle.
    """

    def __init__(
        self,
        inputs: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.labels, self.size = inputs, labels, batch_size
        self.seed = seed
        self.begin(0)

    @property
    def num_batches(self) -> int:
        return -(-len(self.labels) // self.size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.size : (index + 1) * self.size]
        return self.inputs[rows].astype(np.float32), self.labels[rows]

    def begin(self, epoch: int) -> None:
        """Take on the order of an epoch. Keras's own hook ends one too many before the first."""
        count = len(self.labels)
        if self.seed is None:
            self.order = np.arange(count)
        else:
            self.order = np.random.default_rng([self.seed, epoch]).permutation(count)
