"""What passes between a game and an estimator."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# (n_coalitions, n_players) bool -> (n_coalitions, n_outputs) float
Game = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Estimate:
    """Shapley values as far as they are known.

    Args:
        values: (n_players, n_outputs); with `base_values` they sum to the score of all players.
        standard_errors: the same shape, or None where the estimator has none.
        base_values: (n_outputs,), the score of nobody.
        evaluations: coalitions scored so far, nobody and everybody included.
    """

    values: np.ndarray
    standard_errors: np.ndarray | None
    base_values: np.ndarray
    evaluations: int
