"""A model of a game that is a sum over places of a picture, from which an estimator may start.

Many networks end in a linear layer on a mean over places, so that each place has a part in the
logits (class activation maps; Zhou et al., 2016). What a place says depends mostly on the players
near it. One evaluation thus tells as many small things as there are places, each about few players:
far more than one number about all. For each place a Gaussian process foresees its part, by a kernel
that counts near players, and more those that move the logits far; the softmax of the sum foresees
the scores. What it says of a sample is what it would say had that pair not been learned from
(leave-one-out in closed form; Rasmussen & Williams, 2006, section 5.4.2); only the mean, and how
much each player counts, come from all pairs.

As samples come in pairs, x and -x, the kernel exp(w·xz) falls into an even part, cosh, and an odd
one, sinh: two problems of half the size, and one exponential for four values.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.special import softmax

# Of an agreement in all players near a place, and of what no player explains, chosen on the photos
# of `bench.material.TUNING`, as is what follows.
SHARPNESS = 1.0
NOISE = 0.1
# How much every player counts at least, of what one counts on average; and how far the regression
# that finds it is held back.
LEAST = 0.3
RIDGE = 0.1
# Coalitions that are asked about at once: what is made of them fits into a processor's cache.
CHUNK = 128
# Pairs that it learns from: more would take longer to learn from than they are worth.
MOST_PAIRS = 500


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
        n_pairs: how many pairs it learned from, beside that of everybody and nobody.
    """

    def __init__(
        self, nearness: np.ndarray, shown: np.ndarray, parts: np.ndarray, end_parts: np.ndarray
    ) -> None:
        self.n_pairs = len(shown)
        x = _signs(np.concatenate([shown, np.ones_like(shown[:1])]))
        y = np.concatenate([parts, end_parts[::-1, None]], axis=1).astype(np.float32)
        y -= y.mean(axis=3, keepdims=True)  # a softmax does not see what all outputs share
        even, odd = (y[0] + y[1]) / 2, (y[0] - y[1]) / 2
        mean = even.mean(axis=0)
        self._offset = mean.sum(axis=0)
        weights = SHARPNESS * _weights(nearness, x, odd.sum(axis=1))
        solved, left_out = _learn(weights, x, even - mean, odd)
        # All places side by side, so that a few products of matrices answer for all of them.
        self._weighted = (weights[:, None] * x).reshape(-1, x.shape[1]).T.copy()
        self._solved = solved.reshape(-1, solved.shape[2])
        foreseen = _softmax(y.sum(axis=2) - left_out)
        self._differences = (foreseen[0] - foreseen[1])[: self.n_pairs]

    def __call__(self, shown: np.ndarray) -> np.ndarray:
        """Return the scores of coalitions, (n, n_players) bool, and of their complements.

        Returns:
            (2, n, n_outputs)
        """
        n_outputs = len(self._offset)
        logits = np.empty((2, len(shown), n_outputs), np.float32)
        for start in range(0, len(shown), CHUNK):
            chunk = slice(start, start + CHUNK)
            agreement = np.exp(_signs(shown[chunk]) @ self._weighted)
            alike = agreement @ self._solved
            unlike = np.reciprocal(agreement, out=agreement) @ self._solved
            logits[0, chunk] = alike[:, :n_outputs] + unlike[:, n_outputs:]
            logits[1, chunk] = unlike[:, :n_outputs] + alike[:, n_outputs:]
        return _softmax(self._offset + logits)

    def differences(self, shown: np.ndarray) -> np.ndarray:
        """Foresee scores of coalitions less those of their complements, (n, n_outputs).

        Args:
            shown: (n, n_players) bool; those that it learned from come first, and each of them is
                foreseen as if it had not been.
        """
        scores, hidden_scores = self(shown[self.n_pairs :])
        return np.concatenate([self._differences, scores - hidden_scores])


def _softmax(logits: np.ndarray) -> np.ndarray:
    return softmax(logits.astype(np.float64), axis=-1)


def _signs(coalitions: np.ndarray) -> np.ndarray:
    """Return 1 for players that are shown and -1 for those that are hidden."""
    return (2.0 * coalitions - 1).astype(np.float32)


def _weights(nearness: np.ndarray, x: np.ndarray, odd: np.ndarray) -> np.ndarray:
    """Return how much players count at places, (n_places, n_players); each row sums to 1.

    A player counts the more, the nearer it is and the further it moves the logits, those of the
    whole picture, in a linear model.

    Args:
        nearness: as of `Places`.
        x: (n_pairs, n_players), signs.
        odd: (n_pairs, n_outputs), half of the logits less those of the complements.
    """
    ridge = RIDGE * len(x) * np.eye(x.shape[1], dtype=np.float32)
    strength = np.linalg.norm(np.linalg.solve(x.T @ x + ridge, x.T @ odd), axis=1)
    weights = nearness * (strength + LEAST * strength.mean() + np.finfo(np.float32).tiny)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _learn(
    weights: np.ndarray, x: np.ndarray, even: np.ndarray, odd: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each place's coefficients of the pairs, and what all places miss of each pair.

    Args:
        weights: (n_places, n_players), times the sharpness.
        x: (n_pairs, n_players), signs.
        even, odd: (n_pairs, n_places, n_outputs), half the sum of the parts of a coalition and of
            its complement, and half their difference; less the means.

    Returns:
        (n_places, n_pairs, 2 n_outputs), for the coalitions and for their complements; and
        (2, n_pairs, n_outputs), the sum over the places of what is left of a sample's part when
        all other pairs foresee it.
    """
    solved, left_out = [], np.zeros((2, *even[:, 0].shape), np.float32)
    scale = np.float32(np.exp(-SHARPNESS))  # so that the kernel is 1 where all players agree
    for place, weight in enumerate(weights):
        alike = scale * np.exp((x * weight) @ x.T)
        unlike = scale**2 / alike
        of_even, even_left = _solve(alike + unlike, even[:, place])
        of_odd, odd_left = _solve(alike - unlike, odd[:, place])
        solved.append(scale * np.concatenate([of_even + of_odd, of_even - of_odd], axis=1))
        left_out += np.stack([even_left + odd_left, even_left - odd_left])
    return np.stack(solved), left_out


def _solve(kernel: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients, and what is left of each row when all others foresee it.

    Args:
        kernel: (n, n), symmetric and positive definite; it is spoiled.
        y: (n, n_outputs).
    """
    kernel[np.diag_indices(len(kernel))] += np.float32(NOISE)
    # LAPACK counts by columns: of a symmetric matrix the transpose is the same, and not copied.
    factor, _ = lapack.spotrf(kernel.T, lower=True, overwrite_a=True)
    half, _ = lapack.strtri(factor, lower=True, overwrite_c=True)  # inverse = half.T @ half
    solved = half.T @ (half @ y)
    return solved, solved / np.einsum("ij,ij->j", half, half)[:, None]
