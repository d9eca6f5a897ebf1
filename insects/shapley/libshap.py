"""Estimators of the shap package, behind the interface of this one."""

import threading
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from insects.shapley.game import Estimate, Game

# It warns where samples are few, and so do the colours it makes; neither is for our users.
warnings.filterwarnings("ignore", module=r"shap(\.|$)")
# shap draws from numpy's global generator: one explanation at a time may own it.
_global_generator = threading.Lock()
SECONDS_BETWEEN_WAITS = 0.2


def kernel(
    game: Game,
    n_players: int,
    nsamples: int,
    seed: int = 0,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[Estimate]:
    """Yield the values of `shap.KernelExplainer`, once, as the second article uses it.

    Feature selection, shap's default since 0.47, is off: it would keep ten superpixels and set
    the others to nothing.

    Args:
        nsamples: coalitions to score, nobody and everybody included.
        on_wait: called several times a second while another explanation has its turn; an
            exception raised in it ends the waiting.
    """
    import shap

    spent = 0

    def score(coalitions: np.ndarray) -> np.ndarray:
        nonlocal spent
        spent += len(coalitions)
        return game(coalitions.astype(bool)).astype(np.float64)

    while not _global_generator.acquire(timeout=SECONDS_BETWEEN_WAITS):
        on_wait()
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        explainer = shap.KernelExplainer(score, np.zeros((1, n_players)))
        values = explainer.shap_values(
            np.ones((1, n_players)), nsamples=nsamples - 2, l1_reg=False, silent=True
        )
    finally:
        np.random.set_state(state)
        _global_generator.release()
    yield Estimate(values[0], None, np.asarray(explainer.expected_value), spent)
