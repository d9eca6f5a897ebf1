"""Shapley values by scoring every coalition."""

import math
from collections.abc import Iterator

import numpy as np

from insects.errors import SettingsError
from insects.shapley.game import Estimate, Game

MAX_PLAYERS = 14


def exact(game: Game, n_players: int) -> Iterator[Estimate]:
    """Yield the exact values, once; their standard errors are 0 (Shapley, 1953).

    Raises:
        SettingsError: more than 14 players, which would take over 16,384 evaluations.
    """
    if n_players > MAX_PLAYERS:
        raise SettingsError(
            f"The exact values of {n_players} superpixels would take 2^{n_players} evaluations; "
            f"at most {MAX_PLAYERS} superpixels are possible."
        )
    ids = np.arange(2**n_players)
    coalitions = (ids[:, None] >> np.arange(n_players) & 1).astype(bool)
    scores = game(coalitions).astype(np.float64)
    sizes = coalitions.sum(axis=1)
    weights = np.array(
        [1 / (n_players * math.comb(n_players - 1, k)) for k in range(n_players)] + [0.0]
    )
    values = np.stack(
        [
            weights[sizes[without]] @ (scores[without | 1 << player] - scores[without])
            for player in range(n_players)
            for without in [ids[~coalitions[:, player]]]
        ]
    )
    yield Estimate(values, np.zeros_like(values), scores[0], len(ids))
