"""`shap.DeepExplainer`, for a worker process alone: it patches TensorFlow's gradients for all."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from insects.errors import InsectsError

if TYPE_CHECKING:
    import keras

DOES_NOT_ADD_UP = (
    "The values found do not add up to what the network says, so they are not shown. "
    "Please take another method for this network."
)
UNKNOWN_LAYER = (
    "This network has a layer that shap.DeepExplainer does not know. "
    "Please take another method for it."
)
TOLERANCE = 1e-3  # of the sum of all values, in logits; shap itself is content with 1e-2


def deep_values(
    model: keras.Model, image: np.ndarray, background: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the values of every pixel and the base values, by ever more background photos.

    DeepExplainer's values are the mean of those for each background photo alone, so they are
    given one photo at a time: all 61 at once take 2.7 GB for Tang's network and 6.1 GB for
    Zhang's.

    Args:
        model: raw 0-255 RGB to logits; it normalises by itself.
        image: (image_size, image_size, 3) uint8.
        background: (n, image_size, image_size, 3) uint8.

    Yields:
        (image_size, image_size, n_classes) float64, summed over the colour channels, and
        (n_classes,) float64, the mean logits of the background so far.

    Raises:
        InsectsError: values and base values do not sum to the logits, or the network has a layer
            that shap does not know.
    """
    photo = image[None].astype(np.float32)
    logits = model(photo).numpy()[0]
    values, base_values = np.zeros((*image.shape[:2], len(logits))), np.zeros(len(logits))
    explain_by = _explainer(model, background[:1].astype(np.float32))
    for n, other in enumerate(background.astype(np.float32), start=1):
        of_one, base = explain_by(photo, other[None])
        values += of_one.sum(axis=2)
        base_values += base
        check_additivity(values / n, base_values / n, logits)
        yield values / n, base_values / n


def _explainer(model: keras.Model, first: np.ndarray):
    """Return a function of a photo and a background photo: the values, and the base values.

    shap offers no way to change the background. A new explainer for each photo would trace the
    network anew each time, and never give back the memory of it.
    """
    import shap

    warnings.filterwarnings("ignore", module=r"(shap|keras)(\.|$)")
    explainer = shap.DeepExplainer(model, first).explainer

    def explain_by(photo: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        explainer.data = [other]
        explainer.expected_value = model(other).numpy()[0]
        try:
            values = explainer.shap_values(photo, check_additivity=True)
        except AssertionError:
            raise InsectsError(DOES_NOT_ADD_UP) from None
        except Exception as error:  # TensorFlow wraps the LookupError into another that it hides
            if "gradient registry" in str(error):
                raise InsectsError(UNKNOWN_LAYER) from None
            raise
        return values[0], explainer.expected_value

    return explain_by


def check_additivity(values: np.ndarray, base_values: np.ndarray, logits: np.ndarray) -> None:
    """Check that the values sum to what the network says, within 1e-3.

    Args:
        values: (image_size, image_size, n_classes).
        base_values, logits: (n_classes,).

    Raises:
        InsectsError: they do not.
    """
    error = np.abs(base_values + values.sum(axis=(0, 1)) - logits).max()
    if not error <= TOLERANCE:  # also catches NaN
        raise InsectsError(DOES_NOT_ADD_UP)
