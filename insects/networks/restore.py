"""From LiteRT back to Keras: a shipped run holds its weights once, in the export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from insects.errors import RunError
from insects.inference import BACKBONES
from insects.networks import efficientnet_lite0, get_network
from insects.networks.graph import read_graph
from insects.runs import Run

if TYPE_CHECKING:
    import keras


def restore(run: Run) -> keras.Model:
    """Return the Keras model of a run: as it was saved, or else made again from its export.

    Raises:
        RunError: the export is not of the run's network.
    """
    import keras

    if (run.path / "model.keras").exists():
        return keras.models.load_model(run.path / "model.keras", safe_mode=True)
    model = get_network(run.config["network"]).build(len(run.config["class_names"]))
    _fill(model, run.path / "model.tflite", f"The export of {run.name}")
    return model


def restore_whole(run: Run) -> keras.Model:
    """Return the Keras model of a run with its backbone, where it has one: photos to logits.

    Raises:
        RunError: the export is not of the run's network.
    """
    import keras

    model = restore(run)
    if not (name := run.config.get("backbone")):
        return model
    backbone = restore_backbone(name)
    return keras.Model(backbone.input, model(backbone.output))


def restore_backbone(name: str) -> keras.Model:
    """Return a shipped backbone in Keras, made again from its export.

    Raises:
        RunError: there is no such backbone, or the export is not of it.
    """
    if name != efficientnet_lite0.NETWORK.backbone:
        raise RunError(f"There is no backbone {name!r}.")
    model = efficientnet_lite0.build_backbone()
    _fill(model, BACKBONES / f"{name}.tflite", f"The backbone {name}")
    return model


def _fill(model: keras.Model, path: Path, title: str) -> None:
    """Give each layer its weights from an export, which uses them in the order of the layers.

    Args:
        title: what the export is, as the beginning of a sentence.

    Raises:
        RunError: the export is of another network.
    """
    import keras

    steps = read_graph(path, title).learned
    numbers = (one.astype(np.float32) for step in steps for one in step.constants)
    has_bias = True
    try:
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.set_weights(_batch_norm(layer, numbers, in_kernel=not has_bias))
            elif layer.trainable_weights:
                has_bias = layer.use_bias
                kernel = _in_order_of_keras(next(numbers))
                layer.set_weights([kernel, next(numbers)] if has_bias else [kernel])
    except (StopIteration, ValueError):
        raise RunError(f"{title} is of another network.") from None
    if next(numbers, None) is not None:
        raise RunError(f"{title} is of another network.")


def _in_order_of_keras(kernel: np.ndarray) -> np.ndarray:
    """Return a kernel with its axes as Keras has them: LiteRT puts the output channels first."""
    return np.moveaxis(kernel, 0, -1)


def _batch_norm(
    layer: keras.layers.BatchNormalization, numbers: Iterator[np.ndarray], in_kernel: bool
) -> list[np.ndarray]:
    """Return gamma, beta, mean 0 and the variance that, with epsilon, is 1: all that is left.

    Args:
        in_kernel: whether the export has the factor in the kernel of the layer before.
    """
    shape = layer.gamma.shape
    gamma = np.ones(shape) if in_kernel else next(numbers)
    return [gamma, next(numbers), np.zeros(shape), np.full(shape, 1 - layer.epsilon)]
