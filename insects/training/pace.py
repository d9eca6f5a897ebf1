"""How many photos a second a network trains on: from our batches, or from floats in memory."""

import time

import keras
import numpy as np

from insects.networks import Network
from insects.training.batches import Batches
from insects.training.inputs import Part

EPOCHS = 3  # the first of a fit also sets up, and does not count


class Pace:
    """One network, trained again and again on the same photos, to see how fast that goes.

    Args:
        part: photos as they come from disk. They are read into floats once, for the comparison.
    """

    def __init__(self, network: Network, part: Part) -> None:
        self.part, self.batch_size = part, network.recipe.batch_size
        self.floats = part.inputs[np.arange(len(part.labels))].astype(np.float32)
        self.model = network.build(int(part.labels.max()) + 1)
        self.model.compile(
            optimizer="sgd" if network.recipe.optimizer == "sgd" else "adam",
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )

    def of_batches(self, augment: bool = False) -> float:
        """Return photos a second from `Batches`, as a training takes them."""
        batches = Batches(self.part.inputs, self.part.labels, self.batch_size, 0, augment)
        seconds = _Seconds()
        begin = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.begin(epoch))
        self.model.fit(batches, shuffle=False, epochs=EPOCHS, verbose=0, callbacks=[seconds, begin])
        return self._rate(seconds)

    def of_floats(self) -> float:
        """Return photos a second of a bare `model.fit` on an array of all photos as floats."""
        seconds = _Seconds()
        self.model.fit(
            self.floats,
            self.part.labels,
            batch_size=self.batch_size,
            epochs=EPOCHS,
            verbose=0,
            callbacks=[seconds],
        )
        return self._rate(seconds)

    def _rate(self, seconds: "_Seconds") -> float:
        return len(self.part.labels) * (EPOCHS - 1) / sum(seconds.each[1:])


class _Seconds(keras.callbacks.Callback):
    """Times each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.each: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.each.append(time.perf_counter() - self.began)
