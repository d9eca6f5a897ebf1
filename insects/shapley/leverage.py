"""Shapley values by weighted least squares on paired coalitions drawn by leverage, with a ridge.

Sources: paired sampling and the regression with its constraint, Covert & Lee, "Improving
KernelSHAP" (2021); drawing sizes uniformly, Musco & Witter, "Provably Accurate Shapley Value
Estimation via Leverage Score Sampling" (2025); the ridge is chosen by the leave-one-out error,
PRESS (Allen, 1974).
"""

from collections.abc import Iterator

import numpy as np

from insects.shapley.exact import exact
from insects.shapley.game import Estimate, Game

FIRST_PAIRS = 12
# Each estimate rests on this much more than the one before: solving stays cheap beside scoring.
GROWTH = 1.2
RIDGES = np.logspace(-4, 3, 29)


def leverage(
    game: Game, n_players: int, nsamples: int, seed: int = 0, batch_size: int = 8
) -> Iterator[Estimate]:
    """Yield ever better estimates until `nsamples` coalitions are scored.

    Where scoring every coalition costs no more than that, the exact values are yielded instead.

    Args:
        nsamples: coalitions to score, nobody and everybody included.
        batch_size: coalitions are scored in multiples of it, as far as the budget allows.
    """
    if n_players < 2 or 2**n_players <= nsamples:
        yield from exact(game, n_players)
        return
    shown = _draw(n_players, max(1, (nsamples - 2) // 2), np.random.default_rng(seed))
    ends = game(np.repeat([[False], [True]], n_players, axis=1)).astype(np.float64)
    base, total = ends[0], ends[1] - ends[0]
    differences = np.empty((len(shown), len(base)))
    done = 0
    for stop in _stops(len(shown), batch_size // 2):
        pairs = np.concatenate([shown[done:stop], ~shown[done:stop]])
        scores = game(pairs).astype(np.float64)
        differences[done:stop] = scores[: stop - done] - scores[stop - done :]
        done = stop
        values, errors = _solve(shown[:done], differences[:done], total)
        yield Estimate(values, errors, base, 2 + 2 * done)


def _draw(n_players: int, n_pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Return coalitions, (n_pairs, n_players) bool: a uniform size, then a uniform set of it."""
    sizes = rng.integers(1, n_players, size=n_pairs)
    ranks = rng.random((n_pairs, n_players)).argsort(axis=1).argsort(axis=1)
    return ranks < sizes[:, None]


def _stops(n_pairs: int, step: int) -> Iterator[int]:
    """Yield the pair counts at which to estimate: multiples of `step`, growing, then all."""
    stop = 0
    while stop < n_pairs:
        stop = max(FIRST_PAIRS, int(stop * GROWTH), stop + step)
        stop = min(-(-stop // step) * step, n_pairs)
        yield stop


def _solve(
    shown: np.ndarray, differences: np.ndarray, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and standard errors, (n_players, n_outputs) each.

    One eigendecomposition serves every ridge: B = A + (tr A / n²) 11ᵀ + ridge (tr A / n) I.

    Args:
        shown: (n_pairs, n_players) bool.
        differences: (n_pairs, n_outputs), score of a coalition less that of its complement.
        total: (n_outputs,), score of everybody less that of nobody.
    """
    n_pairs, n = shown.shape
    sizes = shown.sum(axis=1)
    weights = 1.0 / (sizes * (n - sizes))
    weights /= weights.mean()
    centre = 2 * sizes / n - 1
    x = 2.0 * shown - 1 - centre[:, None]
    r = differences - centre[:, None] * total
    weighted = weights[:, None] * x
    a = weighted.T @ x / n_pairs
    scale = np.trace(a) / n
    eigenvalues, vectors = np.linalg.eigh(a + scale / n)
    eigenvalues = np.maximum(eigenvalues, 0)
    projected = x @ vectors
    target = vectors.T @ (weighted.T @ r) / n_pairs

    def press(ridge: float) -> float:
        inverse = 1 / (eigenvalues + ridge * scale)
        residuals = r - projected @ (inverse[:, None] * target)
        leverages = weights / n_pairs * (projected**2 @ inverse)
        kept = np.maximum(1 - leverages, 1e-6)
        return float((weights[:, None] * (residuals / kept[:, None]) ** 2).sum())

    inverse = 1 / (eigenvalues + scale * min(RIDGES, key=press))
    theta = vectors @ (inverse[:, None] * target)
    residuals = r - x @ theta
    freedom = max(n_pairs - (weights / n_pairs * (projected**2 @ inverse)).sum(), 1.0)
    noise = (weights[:, None] * residuals**2).sum(axis=0) / freedom
    centred = vectors - vectors.mean(axis=0)
    errors = np.sqrt(np.outer(centred**2 @ inverse, noise) / n_pairs)
    return total / n + theta - theta.mean(axis=0), errors
