"""A simple model of a game of probabilities, whose Shapley values an estimator may start from.

A network's log-probabilities are closer to a sum over superpixels than its probabilities are: a
softmax of a linear model foresees most of what hiding a part does. Its Shapley values cost no
evaluations of the network, and what is left for the samples to find is smaller. Source: Witter,
Liu & Musco, "Regression-Adjusted Monte Carlo Estimators for Shapley Values and Probabilistic
Values" (2025).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

FOLDS = 3
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# Lower probabilities count as this: how small they are says nothing of the probability.
FLOOR = 1e-2

# (n, n_players) bool -> (2, n, n_outputs), the scores of coalitions and of their complements
Surrogate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Foreseen:
    """What a surrogate says of the sampled pairs, without having seen them, and of each player.

    Args:
        differences: (n_pairs, n_outputs), score of a coalition less that of its complement.
        total: (n_outputs,), score of everybody less that of nobody.
        values: (n_players, n_outputs), its Shapley values.
    """

    differences: np.ndarray
    total: np.ndarray
    values: np.ndarray


def foresee(
    shown: np.ndarray,
    scores: np.ndarray,
    hidden_scores: np.ndarray,
    weights: np.ndarray,
    shapley_values: Callable[[Surrogate], tuple[np.ndarray, np.ndarray]],
) -> Foreseen:
    """Fit surrogates to parts of the samples, each to foresee the others, and average them.

    Args:
        shown: (n_pairs, n_players) bool.
        scores, hidden_scores: (n_pairs, n_outputs), probabilities of the coalitions and of their
            complements.
        weights: (n_pairs,), how much an error on a pair counts.
        shapley_values: returns the total and the values of a surrogate.
    """
    fold = np.arange(len(shown)) % FOLDS
    truth = scores - hidden_scores
    fits = [
        _prepare(
            np.concatenate([shown[fold != i], ~shown[fold != i]]),
            np.concatenate([scores[fold != i], hidden_scores[fold != i]]),
        )
        for i in range(FOLDS)
    ]
    best_error, best = np.inf, None
    for ridge in RIDGES:
        surrogates = [fit(ridge) for fit in fits]
        differences = np.empty_like(truth)
        for i, surrogate in enumerate(surrogates):
            seen, hidden = surrogate(shown[fold == i])
            differences[fold == i] = seen - hidden
        error = float((weights[:, None] * (truth - differences) ** 2).sum())
        if error < best_error:
            best_error, best = error, (surrogates, differences)
    assert best is not None
    surrogates, differences = best

    def average(coalitions: np.ndarray) -> np.ndarray:
        return np.mean([surrogate(coalitions) for surrogate in surrogates], axis=0)

    return Foreseen(differences, *shapley_values(average))


def _prepare(coalitions: np.ndarray, probabilities: np.ndarray) -> Callable[[float], Surrogate]:
    """Return a function that fits the softmax of a linear model with a ridge.

    It is a ridge regression on log-probabilities, done twice: few parts of a photo matter much, so
    the second time the ridge spares the players that mattered the first time (adaptive ridge;
    Grandvalet, 1998).
    """
    x = 2.0 * coalitions - 1
    y = np.log(np.maximum(probabilities, FLOOR))
    y -= y.mean(axis=1, keepdims=True)
    centre, intercept = x.mean(axis=0), y.mean(axis=0)
    x -= centre
    gram, target = x.T @ x, x.T @ (y - intercept)

    def fit(ridge: float) -> Surrogate:
        penalty = np.ones(len(gram))
        for _ in range(2):
            slopes = np.linalg.solve(gram + ridge * len(x) * np.diag(penalty), target)
            strength = (slopes**2).sum(axis=1)
            penalty = 1 / (1 + strength / max(strength.mean(), 1e-12))
            penalty /= np.exp(np.log(penalty).mean())

        def surrogate(shown: np.ndarray) -> np.ndarray:
            both = 2.0 * np.stack([shown, ~shown]) - 1
            return softmax(intercept + (both - centre) @ slopes, axis=2)

        return surrogate

    return fit
