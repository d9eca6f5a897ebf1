"""Games small enough to play out, and their values by definition."""

import itertools

import numpy as np
from scipy.cluster.hierarchy import linkage

from insects.shapley.libshap import partition


class TableGame:
    """A game whose score of every coalition is written down; it counts what it is asked.

    Args:
        scores: (2 ** n_players, n_outputs); bit i of a row's number says whether i takes part.
    """

    def __init__(self, scores):
        self.scores, self.asked = scores, 0

    def __call__(self, coalitions):
        self.asked += len(coalitions)
        return self.scores[coalitions @ (1 << np.arange(coalitions.shape[1]))]

    @property
    def gain(self):
        """What everybody adds to the score of nobody."""
        return self.scores[-1] - self.scores[0]


def random_game(n_players, n_outputs=2, seed=0):
    return TableGame(np.random.default_rng(seed).normal(size=(2**n_players, n_outputs)))


def classifier_game(n_players, seed=0):
    """Three probabilities from weights and pairwise interactions, as a network might give."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(n_players, 3))
    interactions = 0.15 * rng.normal(size=(n_players, n_players, 3))
    shown = (np.arange(2**n_players)[:, None] >> np.arange(n_players) & 1).astype(float)
    logits = shown @ weights + np.einsum("ci,ijk,cj->ck", shown, interactions, shown)
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return TableGame(scores / scores.sum(axis=1, keepdims=True))


def three_of_many(n_players=85):
    """A game of two probabilities in which three players count, each by itself, and no other."""

    def game(coalitions):
        probability = 0.1 + coalitions[:, :3] @ np.array([0.4, 0.2, 0.1])
        return np.stack([probability, 1 - probability], axis=1)

    return game, n_players


def random_hierarchy(n_players, seed=0):
    """Groups of points that lie anywhere."""
    if n_players < 2:
        return np.empty((0, 4))
    return linkage(np.random.default_rng(seed).random((n_players, 2)), "ward")


def owen(game, n_players, nsamples, seed=0, **more):
    """`partition`, with groups that do not depend on any photo."""
    return partition(game, random_hierarchy(n_players), nsamples, seed, **more)


def last(estimates):
    *_, estimate = estimates
    return estimate


def by_definition(game, n_players):
    """The mean, over all orders of arrival, of what each player adds on arriving."""
    return mean_over(list(itertools.permutations(range(n_players))), game, n_players)


def owen_by_definition(game, hierarchy):
    """The same over the orders in which no group is torn apart."""
    n_players = len(hierarchy) + 1

    def orders_of(group):
        if group < n_players:
            return [(group,)]
        one, other = (orders_of(int(part)) for part in hierarchy[group - n_players, :2])
        return [order for a in one for b in other for order in (a + b, b + a)]

    return mean_over(orders_of(2 * n_players - 2), game, n_players)


def mean_over(orders, game, n_players):
    values = np.zeros((n_players, game.scores.shape[1]))
    for order in orders:
        present = 0
        for player in order:
            values[player] += game.scores[present | 1 << player] - game.scores[present]
            present |= 1 << player
    return values / len(orders)
