"""Explanations made without a network."""

import numpy as np

from insects.explanation import Explanation, Settings

SQUARE = 90  # px, the side of an explained picture of nine parts


def made_explanation(shap_values, segments, error=None, **changes):
    """An explanation of two classes.

    Args:
        shap_values: (n_superpixels, 2).
        error: the standard error of every value; None for a method without errors.
        changes: other fields of an `Explanation`.
    """
    fields = {
        "model_name": "made",
        "class_names": ("one", "other"),
        "probabilities": np.array([0.9, 0.1]),
        "base_values": np.zeros(2),
        "image": np.zeros((*segments.shape, 3), np.uint8),
        "nsamples": 100,
        "settings": Settings(),
    }
    errors = None if error is None else np.full_like(shap_values, error)
    return Explanation(
        **{**fields, **changes}, shap_values=shap_values, standard_errors=errors, segments=segments
    )


def in_nine_parts(values, errors=0.01, colour=(128, 128, 128), probabilities=(0.1, 0.9)):
    """An explanation of a grey square in nine parts; `values` are for the class "beetles".

    Args:
        values: nine numbers, row by row.
        errors: one for all, or None.
    """
    values = np.asarray(values, float)
    rows, columns = np.indices((SQUARE, SQUARE)) * 3 // SQUARE
    return made_explanation(
        np.stack([-values, values], axis=1),
        3 * rows + columns,
        errors,
        class_names=("cockroach", "beetles"),
        probabilities=np.array(probabilities),
        image=np.full((SQUARE, SQUARE, 3), colour, np.uint8),
    )


def in_quarters(values, error=0.01, **settings):
    """An explanation of two classes and four superpixels, one a quarter of the picture."""
    shap_values = np.stack([np.array(values, float), np.zeros(len(values))], axis=1)
    quarters = np.kron([[0, 1], [2, 3]], np.ones((6, 6), int))
    return made_explanation(shap_values, quarters, error, settings=Settings(**settings))
