"""Coalitions drawn by leverage: a uniform size, then a uniform set of that size.

Source: Musco & Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling"
(2025).
"""

import numpy as np
from scipy.stats import qmc

CHUNK = 2048  # that are drawn evenly at once, for the sake of memory


def draw(n_players: int, n_pairs: int, generator: np.random.Generator) -> np.ndarray:
    """Return coalitions, (n_pairs, n_players) bool: a uniform size, then a uniform set of it."""
    sizes = generator.integers(1, n_players, size=n_pairs)
    ranks = generator.random((n_pairs, n_players)).argsort(axis=1).argsort(axis=1)
    return ranks < sizes[:, None]


def draw_evenly(n_players: int, n_pairs: int, generator: np.random.Generator) -> np.ndarray:
    """Return at least so many coalitions, drawn as by `draw` but spread evenly: a Sobol sequence.

    What they are asked for comes out as nearly as from two to three times as many.
    """
    sequence = qmc.Sobol(n_players + 1, rng=generator)

    def drawn(n: int) -> np.ndarray:
        points = sequence.random(n)
        sizes = 1 + (points[:, -1] * (n_players - 1)).astype(int)
        return points[:, :-1].argsort(axis=1).argsort(axis=1) < sizes[:, None]

    whole = 1 << (n_pairs - 1).bit_length()  # it is even where their number is a power of two
    chunk = min(whole, CHUNK)
    return np.concatenate([drawn(chunk) for _ in range(whole // chunk)])
