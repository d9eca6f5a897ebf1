"""Estimators of the shap package, behind the interface of this one."""

import threading
import warnings
from collections.abc import Iterator

import numpy as np

from insects.shapley.game import Estimate, Game

# It warns where samples are few, and so do the colours it makes; neither is for our users.
warnings.filterwarnings("ignore", module=r"shap(\.|$)")
# shap draws from numpy's global generator: one explanation at a time may own it.
_global_generator = threading.Lock()


def kernel(game: Game, n_players: int, nsamples: int, seed: int = 0) -> Iterator[Estimate]:
    """Yield the values of `shap.KernelExplainer`, once, as the second article uses it.

    Feature selection, shap's default since 0.47, is off: it would keep ten superpixels and set
    the others to nothing.

    Args:
        nsamples: coalitions to score, nobody and everybody included.
    """
    import shap

    spent = 0

    def score(coalitions: np.ndarray) -> np.ndarray:
        nonlocal spent
        spent += len(coalitions)
        return game(coalitions.astype(bool)).astype(np.float64)

    with _global_generator:
        state = np.random.get_state()
        np.random.seed(seed)
        try:
            explainer = shap.KernelExplainer(score, np.zeros((1, n_players)))
            values = explainer.shap_values(
                np.ones((1, n_players)), nsamples=nsamples - 2, l1_reg=False, silent=True
            )
        finally:
            np.random.set_state(state)
    yield Estimate(values[0], None, np.asarray(explainer.expected_value), spent)
