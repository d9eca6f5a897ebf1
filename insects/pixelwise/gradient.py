"""`shap.GradientExplainer`, expected gradients (Erion et al., 2021), for a worker process alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

# Points on the line from each background photo to the photo; with 61 photos 244, shap's own number
# being 200.
POINTS_A_PHOTO = 4


def gradient_values(
    model: keras.Model, image: np.ndarray, background: np.ndarray, seed: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the values of every pixel and the base values, by ever more background photos.

    Each background photo has the same number of points, where shap draws photos at random: that
    spares the error of that draw, and the work can be watched. Where the points fall still is
    drawn, so values and base values sum to the logits only roughly.

    Args:
        model: raw 0-255 RGB to logits; it normalises by itself.
        image: (image_size, image_size, 3) uint8.
        background: (n, image_size, image_size, 3) uint8.
        seed: of the points.

    Yields:
        (image_size, image_size, n_classes) float64, summed over the colour channels, and
        (n_classes,) float64, the mean logits of the background so far.
    """
    photo = image[None].astype(np.float32)
    explainer = _explainer(model, background[:1].astype(np.float32))
    n_classes = model.output_shape[-1]
    values, base_values = np.zeros((*image.shape[:2], n_classes)), np.zeros(n_classes)
    for n, other in enumerate(background.astype(np.float32), start=1):
        explainer.data = [other[None]]  # another explainer would trace the network anew
        drawn = int(np.random.default_rng([seed, n]).integers(2**32))
        values += explainer.shap_values(photo, POINTS_A_PHOTO, rseed=drawn)[0].sum(axis=2)
        base_values += np.asarray(model(other[None], training=False))[0]
        yield values / n, base_values / n


def _explainer(model: keras.Model, first: np.ndarray):
    """Return shap's own explainer for TensorFlow."""
    import shap

    warnings.filterwarnings("ignore", module=r"(shap|keras)(\.|$)")
    return shap.GradientExplainer(model, first, batch_size=POINTS_A_PHOTO).explainer
