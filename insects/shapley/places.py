"""A model of a game that is a sum over places of a picture, from which an estimator may start.

Many networks end in a linear layer on a mean over places, so that each place has a part in the
logits (class activation maps; Zhou et al., 2016). What a place says depends mostly on the players
near it. One evaluation thus tells as many small things as there are places, each about few players:
far more than one number about all. For each place a Gaussian process whose kernel counts near
players foresees its part; the softmax of the sum foresees the scores. What it says of a sample is
what it would say without that sample (leave-one-out in closed form; Rasmussen & Williams, 2006,
section 5.4.2).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.special import softmax

# Of an agreement in all players near a place, and of what no player explains, chosen on the photos
# of `bench.material.TUNING`.
SHARPNESS = 1.0
NOISE = 0.1
# Coalitions that are asked about at once: what is made of them fits into a processor's cache.
CHUNK = 128
# Pairs that it learns from: more would take longer to learn from than they are worth.
MOST_PAIRS = 200


@dataclass(frozen=True)
class Places:
    """A game of which it is known where in the picture its scores come from.

    Args:
        nearness: (n_places, n_players), how much what a place says depends on a player; each
            row sums to 1.
        score: for coalitions, (n, n_players) bool, their scores, (n, n_outputs), and the parts of
            the places in them, (n, n_places, n_outputs); the softmax of the parts' sum over the
            places is the scores.
    """

    nearness: np.ndarray
    score: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class PlaceSurrogate:
    """What is learned of each place from samples; it foresees the scores of any coalition.

    Args:
        nearness: as of `Places`.
        shown: (n_pairs, n_players) bool, the coalitions of the samples.
        parts: (2, n_pairs, n_places, n_outputs), of these and of their complements.
        end_parts: (2, n_places, n_outputs), of nobody and of everybody.

    Attributes:
        n_pairs: how many pairs it learned from.
        total: (n_outputs,), what it foresees for everybody less that for nobody.
    """

    def __init__(
        self, nearness: np.ndarray, shown: np.ndarray, parts: np.ndarray, end_parts: np.ndarray
    ) -> None:
        ends = np.repeat([[False], [True]], shown.shape[1], axis=1)
        self.n_pairs = len(shown)
        x = _signs(np.concatenate([shown, ~shown, ends]))
        weighted = SHARPNESS * nearness.astype(np.float32)[:, None] * x  # (n_places, n, n_players)
        y = np.concatenate([*parts, end_parts]).astype(np.float32)
        y -= y.mean(axis=2, keepdims=True)  # a softmax does not see what all outputs share
        means = y.mean(axis=0)
        self._offset = means.sum(axis=0)
        solved, left_out = _learn(weighted, x, y - means)
        # All places side by side, so that two products of matrices answer for all of them.
        self._weighted = weighted.reshape(-1, x.shape[1]).T.copy()
        self._solved = solved.reshape(-1, y.shape[2])
        foreseen = _softmax(y.sum(axis=1) - left_out)
        self._differences = foreseen[: len(shown)] - foreseen[len(shown) : 2 * len(shown)]
        nobody, everybody = self(ends)
        self.total = everybody - nobody

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        """Return the scores of coalitions, (n, n_players) bool: (n, n_outputs)."""
        chunks = np.split(_signs(coalitions), range(CHUNK, len(coalitions), CHUNK))
        logits = [_kernel(chunk, self._weighted) @ self._solved for chunk in chunks]
        return _softmax(self._offset + np.concatenate(logits))

    def differences(self, shown: np.ndarray) -> np.ndarray:
        """Foresee scores of coalitions less those of their complements, (n, n_outputs).

        Args:
            shown: (n, n_players) bool; those that it learned from come first, and each of them is
                foreseen as if it had not been.
        """
        new = shown[self.n_pairs :]
        return np.concatenate([self._differences, self(new) - self(~new)])


def _softmax(logits: np.ndarray) -> np.ndarray:
    return softmax(logits.astype(np.float64), axis=1)


def _signs(coalitions: np.ndarray) -> np.ndarray:
    """Return 1 for players that are shown and -1 for those that are hidden."""
    return (2.0 * coalitions - 1).astype(np.float32)


def _kernel(one: np.ndarray, weighted: np.ndarray) -> np.ndarray:
    """Return how alike coalitions are to a place: 1 where they agree in all players.

    Args:
        one: (n, n_players), signs.
        weighted: (n_players, m), signs of others, times the weights of the place.
    """
    agreement = one @ weighted
    agreement -= np.float32(SHARPNESS)
    return np.exp(agreement, out=agreement)


def _learn(weighted: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each place's coefficients of the samples, and what all places miss of each sample.

    Args:
        weighted: (n_places, n, n_players), signs of the coalitions, times each place's weights.
        x: (n, n_players), signs of the coalitions.
        y: (n, n_places, n_outputs), their parts, less the means.

    Returns:
        (n_places, n, n_outputs), and (n, n_outputs): the sum over the places of what is left of a
        sample's part when all other samples foresee it.
    """
    solved, left_out = [], np.zeros_like(y[:, 0])
    for place, of_place in enumerate(weighted):
        kernel = _kernel(x, of_place.T)
        kernel[np.diag_indices(len(x))] += np.float32(NOISE)
        inverse = _inverse(kernel)
        solved.append(inverse @ y[:, place])
        left_out += solved[-1] / np.diag(inverse)[:, None]
    return np.stack(solved), left_out


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of a positive definite matrix, in half the time of any other's."""
    factor, _ = lapack.spotrf(matrix, lower=True)
    lower, _ = lapack.spotri(factor, lower=True)
    return np.tril(lower) + np.tril(lower, -1).T
