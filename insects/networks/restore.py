"""From LiteRT back to Keras: a shipped run holds its weights once, in the export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import interpreter as litert

from insects.errors import RunError
from insects.inference import BACKBONES, silence
from insects.networks import efficientnet_lite0, get_network
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
    constants = _Constants(run.path / "model.tflite", f"The export of {run.name}")
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights(_batch_norm(layer, constants))
        elif layer.trainable_weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([constants.kernel(kernel.shape), constants.take(bias.shape)])
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
    import keras

    if name != efficientnet_lite0.NETWORK.backbone:
        raise RunError(f"There is no backbone {name!r}.")
    model = efficientnet_lite0.build_backbone()
    constants = _Constants(BACKBONES / f"{name}.tflite", f"The backbone {name}")
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights(_offset_alone(layer, constants))
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            layer.set_weights([constants.kernel(layer.kernel.shape, "depthwise")])
        elif isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([constants.kernel(layer.kernel.shape)])
    return model


class _Constants:
    """The 16-bit constants of an export, each given out once, by its shape and part of its name.

    Args:
        path: the export.
        title: what it is, as the beginning of a sentence.
    """

    def __init__(self, path: Path, title: str) -> None:
        self._title = title
        with silence():
            interpreter = litert.Interpreter(str(path))
            interpreter.allocate_tensors()
        self._left = [
            (details["name"], interpreter.get_tensor(details["index"]).astype(np.float32))
            for details in interpreter.get_tensor_details()
            if details["dtype"] == np.float16
        ]

    def take(self, shape: tuple[int, ...], part: str = "BiasAdd") -> np.ndarray:
        for i, (name, values) in enumerate(self._left):
            if values.shape == shape and part in name:
                return self._left.pop(i)[1]
        raise RunError(f"{self._title} has no {part} of shape {shape}.")

    def kernel(self, shape: tuple[int, ...], part: str = "convolution") -> np.ndarray:
        """Return a kernel in Keras's order of axes: LiteRT puts the output channels first."""
        if len(shape) == 2:
            return self.take(shape[::-1], "MatMul").T
        return self.take((shape[3], *shape[:3]), part).transpose(1, 2, 3, 0)


def _batch_norm(layer: keras.layers.BatchNormalization, constants: _Constants) -> list[np.ndarray]:
    """Return gamma, beta, mean 0 and the variance that, with epsilon, is 1: all that is left."""
    shape = layer.gamma.shape
    gamma, beta = constants.take(shape, "batchnorm/mul"), constants.take(shape, "batchnorm/sub")
    return [gamma, beta, np.zeros(shape), np.full(shape, 1 - layer.epsilon)]


def _offset_alone(
    layer: keras.layers.BatchNormalization, constants: _Constants
) -> list[np.ndarray]:
    """Return gamma, beta, mean and variance of a batch norm whose factor went into the kernel."""
    shape = layer.gamma.shape
    beta = constants.take(shape, "batchnorm/sub")
    return [np.ones(shape), beta, np.zeros(shape), np.full(shape, 1 - layer.epsilon)]
