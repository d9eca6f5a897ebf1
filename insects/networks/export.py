"""From Keras to LiteRT, and the proof that both say the same."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from insects.errors import RunError
from insects.inference import BACKBONES, Interpreter
from insects.networks.restore import restore_backbone

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-3
MIN_INPUTS = 8


def round_weights(model: keras.Model) -> None:
    """Round every weight to 16 bits, in place, as its export will have it.

    So the model that is saved and measured is the one that is shipped: rounding after the
    measurement moved a probability by up to 1e-3. The export holds a batch norm as one factor
    and one offset a channel, so it is these that are rounded.
    """
    from keras import layers

    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            deviation = np.sqrt(variance + layer.epsilon)
            factor = _round(gamma / deviation)
            offset = _round(beta - mean * factor)
            layer.set_weights([factor * deviation, offset + mean * factor, mean, variance])
        elif layer.trainable_weights:
            layer.set_weights([_round(w) for w in layer.get_weights()])


def _round(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(np.float32)


def export(model: keras.Model, path: Path) -> None:
    """Write `model` as a LiteRT file with float16 weights."""
    import tensorflow as tf

    with contextlib.redirect_stdout(io.StringIO()):  # Keras prints the signature
        model.export(
            str(path),
            format="litert",
            verbose=False,
            optimizations=[tf.lite.Optimize.DEFAULT],
            target_spec={"supported_types": [tf.float16]},
        )


def check_export(model: keras.Model, path: Path, inputs: np.ndarray) -> float:
    """Return the largest difference between the probabilities of `model` and of its export.

    Args:
        inputs: real photos, or embeddings of such, (n, ...) with n at least 8.

    Raises:
        RunError: too few inputs, or the two differ by more than 1e-3 or are not numbers.
    """
    inputs = np.asarray(inputs, np.float32)
    return _difference(path, Interpreter(path)(inputs), model.predict(inputs, verbose=0))


def check_with_backbone(model: keras.Model, path: Path, backbone: str, images: np.ndarray) -> float:
    """Return as `check_export`, for a shipped backbone with a head, both in LiteRT and in Keras.

    The backbone's weights in Keras are those of its own export (see `insects.networks.restore`);
    that these are ImageNet's was checked when it was made.

    Args:
        model: the head in Keras.
        path: the head's export.
        images: real photos, raw 0-255 RGB, (n, image_size, image_size, 3) with n at least 8.

    Raises:
        RunError: as `check_export`.
    """
    images = np.asarray(images, np.float32)
    whole = restore_backbone(backbone)
    # One by one: Keras keeps what every layer gives until the last one has run, 60 MB a photo.
    embeddings = np.concatenate([whole(image[None], training=False) for image in images])
    expected = np.asarray(model(embeddings, training=False))
    exported = Interpreter(path)(Interpreter(BACKBONES / f"{backbone}.tflite")(images))
    return _difference(path, exported, expected)


def _difference(path: Path, exported: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference between the probabilities of an export and of Keras.

    Raises:
        RunError: as `check_export`.
    """
    if len(expected) < MIN_INPUTS:
        raise RunError(
            f"An export is checked on at least {MIN_INPUTS} photos, not {len(expected)}."
        )
    difference = np.abs(softmax(exported, axis=1) - softmax(expected, axis=1)).max()
    if not difference <= TOLERANCE:  # also catches NaN
        raise RunError(
            f"The export {path.name} differs from its Keras model by {difference:.2g} "
            f"in a probability; at most {TOLERANCE:g} is accepted."
        )
    return float(difference)
