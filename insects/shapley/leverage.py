"""Shapley values by weighted least squares on paired coalitions drawn by leverage, with a ridge.

Sources: paired sampling, Covert & Lee, "Improving KernelSHAP" (2021); drawing sizes uniformly,
Musco & Witter, "Provably Accurate Shapley Value Estimation via Leverage Score Sampling" (2025). The
regression is that of `insects.shapley.regression`. Where the scores are probabilities, a surrogate
foresees part of them first: that of `insects.shapley.places` where the game tells places apart,
else that of `insects.shapley.surrogate`.
"""

from collections.abc import Iterator

import numpy as np

from insects.shapley.coalitions import draw, draw_evenly
from insects.shapley.exact import MAX_PLAYERS, exact
from insects.shapley.game import Estimate, Game
from insects.shapley.places import MOST_PAIRS, Places, PlaceSurrogate
from insects.shapley.regression import Regression
from insects.shapley.surrogate import Foreseen, Surrogate, foresee

FIRST_PAIRS = 12
# Each estimate rests on this much more than the one before: solving stays cheap beside scoring.
GROWTH = 1.35
# Pairs on which the Shapley values of a surrogate are found, by how good it is: they cost no
# evaluation. Always several times the pairs that are scored, so that their own error, of which
# nobody knows, is small beside the rest.
MIN_SURROGATE_PAIRS = 2048
MIN_PLACES_PAIRS = 4096
SURROGATE_FACTOR = 4
SURROGATE_CHUNK = 2048  # of these pairs at once, for the sake of memory
# Where more pairs are scored, there is little for a surrogate to gain, and much to remember.
MOST_PAIRS_FORESEEN = 16_384
# It learns anew where there are so many times the samples; between, what is new is just foreseen.
RELEARN = 3.0
# A surrogate foresees pairs from two thirds of the samples, leave-one-out from all but one, so its
# error may be so many times as large before it counts as worse.
SURROGATE_HANDICAP = 2.0
# Of the plain regression's error, squared, so much counts at least beside what a surrogate of grid
# places leaves over; and all of it below so many pairs a player.
LEAST_SHARE_OF_PLAIN = 1 / 3
PAIRS_FOR_SURROGATE = 2.5
# Of what values are on average, so much a player's value may be at least.
LEAST_SPREAD = 1.5
# Standard errors are told from so many samples on. With fewer the ridge may vanish, the fit goes
# through every sample, and the errors come out near 0 (`bench --only coverage`).
FEWEST_FOR_ERRORS, FEWEST_FOR_ERRORS_A_PLAYER = 100, 5


def leverage(
    game: Game,
    n_players: int,
    nsamples: int,
    seed: int = 0,
    batch_size: int = 8,
    probabilities: bool = False,
    places: Places | None = None,
) -> Iterator[Estimate]:
    """Yield ever better estimates until `nsamples` coalitions are scored.

    Where scoring every coalition costs no more than that, the exact values are yielded instead.
    Standard errors come with estimates from `errors_from` samples on.

    Args:
        nsamples: coalitions to score, nobody and everybody included.
        batch_size: coalitions are scored in multiples of it, as far as the budget allows.
        probabilities: the scores of a coalition are probabilities that sum to 1.
        places: of the same game, where it tells places apart; asked in its stead while it learns.
    """
    if n_players < 2 or (n_players <= MAX_PLAYERS and 2**n_players <= nsamples):
        yield from exact(game, n_players)
        return
    generator = np.random.default_rng(seed)
    shown = draw(n_players, max(1, (nsamples - 2) // 2), generator)
    samples = _Samples(game, places, shown)
    ahead = None
    if probabilities and FIRST_PAIRS <= len(shown) <= MOST_PAIRS_FORESEEN:
        ahead = _Ahead(places, samples, generator)
    for stop in _stops(len(shown), batch_size // 2):
        samples.score(stop)
        values, errors = _estimate(samples, ahead)
        spent = 2 + 2 * stop
        holds = spent >= errors_from(n_players)
        yield Estimate(values, errors if holds else None, samples.base, spent)


def errors_from(n_players: int) -> int:
    """Return the samples from which on `leverage` tells standard errors; before, they are wrong."""
    return max(FEWEST_FOR_ERRORS, FEWEST_FOR_ERRORS_A_PLAYER * n_players)


class _Samples:
    """Pairs of coalitions, and what was found of those that are scored.

    Args:
        game, places: as of `leverage`.
        shown: (n_pairs, n_players) bool, the first of each pair, all that will be scored.
    """

    def __init__(self, game: Game, places: Places | None, shown: np.ndarray) -> None:
        self._game, self._places, self._all = game, places, shown
        self.n_pairs, self.n_players = shown.shape
        ends, self.end_parts = self._ask(
            np.repeat([[False], [True]], self.n_players, axis=1), places is not None
        )
        self.base, self.total = ends[0], ends[1] - ends[0]
        self.scores = np.empty((2, 0, ends.shape[1]))
        self.parts = np.empty((2, 0, *self.end_parts.shape[1:]))

    @property
    def shown(self) -> np.ndarray:
        """The pairs that are scored, (n, n_players) bool."""
        return self._all[: self.scores.shape[1]]

    def score(self, stop: int) -> None:
        """Score further pairs, up to so many; parts of the first `MOST_PAIRS`, at least."""
        new = self._all[len(self.shown) : stop]
        wants_parts = self._places is not None and len(self.shown) < MOST_PAIRS
        scores, parts = self._ask(np.concatenate([new, ~new]), wants_parts)
        self.scores = np.concatenate([self.scores, np.stack(np.split(scores, 2))], axis=1)
        if wants_parts:
            self.parts = np.concatenate([self.parts, np.stack(np.split(parts, 2))], axis=1)

    def _ask(self, coalitions: np.ndarray, wants_parts: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return scores, and the parts of the places: of none where they are not wanted."""
        if self._places and wants_parts:
            scores, parts = self._places.score(coalitions)
        else:
            scores = self._game(coalitions)
            parts = np.empty((len(scores), 0, scores.shape[1]))
        return scores.astype(np.float64), parts


def _stops(n_pairs: int, step: int) -> Iterator[int]:
    """Yield the pair counts at which to estimate: multiples of `step`, growing, then all."""
    stop = 0
    while stop < n_pairs:
        stop = max(FIRST_PAIRS, int(stop * GROWTH), stop + step)
        stop = min(-(-stop // step) * step, n_pairs)
        yield stop


def _estimate(samples: _Samples, ahead: "_Ahead | None") -> tuple[np.ndarray, np.ndarray]:
    """Return values and standard errors, (n_players, n_outputs) each.

    It solves twice. The first values tell which players are strong; the second ridge spares them.
    """
    plain = Regression.of(samples.shown)
    foreseen = ahead.foresee(plain.weights) if ahead else None
    share = _share_of_plain(samples.shown) if ahead and ahead.places else 1.0
    first, _ = _solve(plain, samples, foreseen, share)
    return _solve(Regression.of(samples.shown, _spreads(first)), samples, foreseen, share)


def _solve(
    regression: Regression, samples: _Samples, foreseen: Foreseen | None, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and standard errors by one regression, (n_players, n_outputs) each.

    A surrogate is left out where the regression without it is far better: in games that are nearly
    additive. The square of an error is that of the regression without a surrogate, as far as
    `share` says, and else that of what the surrogate leaves over.
    """
    differences = samples.scores[0] - samples.scores[1]
    values, errors, press = regression.solve(differences, samples.total)
    if foreseen is None:
        return values, errors
    left, left_errors, press_left = regression.solve(
        differences - foreseen.differences, samples.total - foreseen.total
    )
    if not press_left < SURROGATE_HANDICAP * press:  # nor where it is no number
        return values, errors
    return left + foreseen.values, np.sqrt(share * errors**2 + (1 - share) * left_errors**2)


def _share_of_plain(shown: np.ndarray) -> float:
    """Return how much of the plain regression's error counts beside that of what is left over.

    What a surrogate leaves over is too small a measure of the error, because the surrogate is an
    estimate too; without a surrogate it is too large. With few pairs a player only the large one
    holds, with many a third of it does (measured on `bench.material.TUNING` and `LOOKED_AT`).

    Args:
        shown: (n_pairs, n_players) bool.
    """
    n_pairs, n_players = shown.shape
    return float(np.clip(PAIRS_FOR_SURROGATE * n_players / n_pairs, LEAST_SHARE_OF_PLAIN, 1))


def _spreads(values: np.ndarray) -> np.ndarray:
    """Return how large each player's values may be beside the others', (n_players,).

    A value that came out small may still be large. So each is at least 1.5 times what values are
    on average (chosen on `bench.material.TUNING` and `LOOKED_AT`).

    Args:
        values: (n_players, n_outputs), a first estimate.
    """
    squares = ((values - values.mean(axis=0)) ** 2).sum(axis=1)
    spreads = np.sqrt(squares + LEAST_SPREAD**2 * squares.mean() + np.finfo(float).tiny)
    return spreads / np.exp(np.log(spreads).mean())


class _Ahead:
    """Foresees samples by a surrogate that is learned from them.

    Args:
        places: as of `leverage`.
        samples: as far as they are scored when it is asked.
        generator: draws the coalitions by which the values of surrogates are found.
    """

    def __init__(
        self, places: Places | None, samples: _Samples, generator: np.random.Generator
    ) -> None:
        self.places, self._samples = places, samples
        fewest = MIN_PLACES_PAIRS if places else MIN_SURROGATE_PAIRS
        n_pairs = max(fewest, SURROGATE_FACTOR * samples.n_pairs)
        self._values_of = _SurrogateValues(draw_evenly(samples.n_players, n_pairs, generator))
        self._learned: PlaceSurrogate | None = None
        self._total = self._values = np.empty(0)

    def foresee(self, weights: np.ndarray) -> Foreseen:
        """Return what is foreseen of the samples; `weights` are those of the pairs."""
        samples = self._samples
        if self.places is None:
            scores, hidden_scores = samples.scores
            return foresee(samples.shown, scores, hidden_scores, weights, self._values_of)
        learned = self._learn(self.places.nearness)
        return Foreseen(learned.differences(samples.shown), self._total, self._values)

    def _learn(self, nearness: np.ndarray) -> PlaceSurrogate:
        """Return what was learned of the places, anew where there is much more to learn from."""
        samples = self._samples
        n_pairs = min(len(samples.shown), MOST_PAIRS)
        known = self._learned.n_pairs if self._learned else 0
        is_last = len(samples.shown) == samples.n_pairs
        if self._learned is None or n_pairs >= RELEARN * known or (is_last and n_pairs > known):
            shown, parts = samples.shown[:n_pairs], samples.parts[:, :n_pairs]
            self._learned = PlaceSurrogate(nearness, shown, parts, samples.end_parts)
            self._total, self._values = self._values_of(self._learned)
        return self._learned


class _SurrogateValues:
    """Finds the Shapley values of a surrogate, always on the same many coalitions."""

    def __init__(self, shown: np.ndarray) -> None:
        self._shown = shown
        self._regression = Regression.of(shown)

    def __call__(self, surrogate: Surrogate) -> tuple[np.ndarray, np.ndarray]:
        """Return what it foresees for everybody less that for nobody, and its values."""
        everybody, nobody = surrogate(np.ones((1, self._shown.shape[1]), bool))
        total = (everybody - nobody)[0]
        chunks = np.split(self._shown, range(SURROGATE_CHUNK, len(self._shown), SURROGATE_CHUNK))
        differences = [scores - hidden_scores for scores, hidden_scores in map(surrogate, chunks)]
        return total, self._regression.solve_plainly(np.concatenate(differences), total)
