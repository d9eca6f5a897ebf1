"""Article 2's explanation as its code does it: one image at a time, one superpixel at a time.

Written anew as the baseline of the benchmark, without the slip that drew each value one region
off: masks all coalitions into one float array, then asks Keras.
"""

from typing import Any

import numpy as np


def mask_as_written(image: np.ndarray, segments: np.ndarray, coalitions: np.ndarray) -> np.ndarray:
    """Return (n, H, W, 3) float64 with hidden superpixels white, by two nested loops."""
    masked = np.zeros((len(coalitions), *image.shape))
    for i in range(len(coalitions)):
        masked[i] = image
        for superpixel in range(coalitions.shape[1]):
            if not coalitions[i, superpixel]:
                masked[i][segments == superpixel, :] = 255
    return masked


def explain_as_written(
    keras_model: Any, image: np.ndarray, segments: np.ndarray, nsamples: int
) -> np.ndarray:
    """Return SHAP values of the logits, (n_superpixels, n_classes), with shap's own defaults."""
    import shap

    n_superpixels = int(segments.max()) + 1

    def score(coalitions: np.ndarray) -> np.ndarray:
        masked = mask_as_written(image, segments, coalitions.astype(bool))
        return keras_model.predict(masked, verbose=0)

    explainer = shap.KernelExplainer(score, np.zeros((1, n_superpixels)))
    return explainer.shap_values(np.ones((1, n_superpixels)), nsamples=nsamples, silent=True)[0]
