"""What a network is to the rest of the project: how to build it, and how to train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


def as_float16(value: float) -> float:
    """Return the nearest number of 16 bits: a constant of a layer that its export then keeps."""
    return float(np.float16(value))


@dataclass(frozen=True)
class Recipe:
    """Hyper-parameters of one training, plain values that fit into a `config.json`.

    Args:
        optimizer: "sgd" (with momentum 0.9) or "adam".
        weight_decay: decoupled, as Keras's optimizers apply it: each step takes
            learning_rate * weight_decay * weight off every weight.
        pull: towards what ImageNet knows of the classes, for a head behind a backbone (see
            `insects.training.prior`); 0 for a head that starts from nothing.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    weight_decay: float = 0.0
    pull: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the hyper-parameters by name."""
        return asdict(self)


@dataclass(frozen=True)
class Network:
    """An architecture with the recipe it is trained by.

    Args:
        name: as on the command line and in a run's `config.json`.
        title: as a visitor reads it.
        sentence: what is special about it, in one sentence for a visitor.
        image_size: side of the square input, px.
        build: class count -> untrained Keras model that ends in logits. Its input is raw
            0-255 RGB, (n, image_size, image_size, 3) float32, or, where `backbone` names one,
            that backbone's embedding. Keras is imported inside, so that names and recipes can
            be read without it.
        backbone: the shipped feature extractor in front of the trained part, if any.
        has_similar: whether its runs keep an index of their training photos (see
            `insects.similar`): to look at all of them takes longer than a short training.
    """

    name: str
    title: str
    sentence: str
    image_size: int
    recipe: Recipe
    build: Callable[[int], keras.Model]
    backbone: str | None = None
    has_similar: bool = True
