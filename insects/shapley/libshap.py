"""Estimators of the shap package, behind the interface of this one."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.special import stdtrit

from insects.errors import SettingsError
from insects.shapley.exact import exact
from insects.shapley.game import Estimate, Game

# It warns where samples are few, and so do the colours it makes; neither is for our users.
warnings.filterwarnings("ignore", module=r"shap(\.|$)")
# shap draws from numpy's global generator: one explanation at a time may own it.
_global_generator = threading.Lock()
SECONDS_BETWEEN_WAITS = 0.2
# The spread of fewer rounds of `permutation` says little of how far off their mean is.
FEWEST_ROUNDS_FOR_ERRORS = 5
# Of a normal distribution, the part below two standard errors above its mean.
BELOW_TWO_ERRORS = 0.97725

OnWait = Callable[[int], None]


def kernel(
    game: Game,
    n_players: int,
    nsamples: int,
    seed: int = 0,
    on_wait: OnWait = lambda spent: None,
) -> Iterator[Estimate]:
    """Yield the values of `shap.KernelExplainer`, once, as the second article uses it.

    Feature selection, shap's default since 0.47, is off: it would keep ten superpixels and set
    the others to nothing.

    Args:
        nsamples: coalitions to score, nobody and everybody included.
        on_wait: called with the evaluations so far, several times a second while another
            explanation has its turn; an exception raised in it ends the waiting.
    """
    shap = _import_shap()
    with _turn(seed, lambda: on_wait(0)):
        score = _Scores(game, n_players)
        explainer = shap.KernelExplainer(score, np.zeros((1, n_players)))
        values = explainer.shap_values(
            np.ones((1, n_players)), nsamples=nsamples - 2, l1_reg=False, silent=True
        )
    yield Estimate(values[0], None, np.asarray(explainer.expected_value), score.spent)


def permutation(
    game: Game,
    n_players: int,
    nsamples: int,
    seed: int = 0,
    on_wait: OnWait = lambda spent: None,
) -> Iterator[Estimate]:
    """Yield the values of `shap.PermutationExplainer`, after each of its rounds.

    A round lets the players join in a random order and leave in the same order, and credits each
    with the mean of what that changed: 2 (n_players - 1) evaluations beside nobody and everybody,
    which are scored once for all rounds. What a budget leaves after whole rounds is not spent.
    Rounds are independent and each is right on average, so that the standard errors are those of
    their mean, widened by Student's t as long as rounds are few: two of them hold the value as
    often as with many. Fewer than 5 rounds have none. The values sum to the score of everybody.

    Source: Mitchell et al., "Sampling Permutations for Shapley Value Estimation" (2022).

    Args:
        nsamples, on_wait: as of `kernel`.

    Raises:
        SettingsError: `nsamples` does not suffice for one round.
    """
    if n_players < 2:
        yield from exact(game, n_players)
        return
    rounds = (nsamples - 2) // (2 * n_players - 2)
    if rounds < 1:
        raise SettingsError(
            f"permutation needs at least {2 * n_players} samples for {n_players} superpixels, "
            f"not {nsamples}; ask for more samples or fewer superpixels."
        )
    score = _Scores(game, n_players)
    mean, squares = np.zeros(1), np.zeros(1)  # Welford's running mean and variance
    for done, its_seed in enumerate(np.random.SeedSequence(seed).generate_state(rounds), start=1):
        values = _permutation_round(score, n_players, int(its_seed), on_wait)
        change = values - mean
        mean = mean + change / done
        squares = squares + change * (values - mean)
        yield Estimate(mean, _errors_of_mean(squares, done), score.nobody, score.spent)


def permutation_errors_from(n_players: int) -> int:
    """Return the samples from which on `permutation` tells standard errors."""
    return 2 + FEWEST_ROUNDS_FOR_ERRORS * (2 * n_players - 2)


def _errors_of_mean(squares: np.ndarray, rounds: int) -> np.ndarray | None:
    """Return the standard errors of the mean of rounds by the sum of their squared deviations."""
    if rounds < FEWEST_ROUNDS_FOR_ERRORS:
        return None
    return stdtrit(rounds - 1, BELOW_TWO_ERRORS) / 2 * np.sqrt(squares / (rounds - 1) / rounds)


def _permutation_round(score: "_Scores", n_players: int, seed: int, on_wait: OnWait) -> np.ndarray:
    """Return the values of one order, forwards and backwards, (n_players, n_outputs)."""
    shap = _import_shap()
    evaluations = 2 * n_players + 1
    with _turn(seed, lambda: on_wait(score.spent)):
        explainer = shap.PermutationExplainer(score, _Masker(n_players), seed=seed)
        found = explainer(
            np.ones((1, n_players)), max_evals=evaluations, batch_size=evaluations, silent=True
        )
    return found.values.reshape(n_players, -1)  # shap drops the axis of a single output


def partition(
    game: Game,
    hierarchy: np.ndarray,
    nsamples: int,
    seed: int = 0,
    on_wait: OnWait = lambda spent: None,
    batch_size: int = 8,
) -> Iterator[Estimate]:
    """Yield the Owen values of `shap.PartitionExplainer`, once.

    Owen values (Owen, 1977) are Shapley values of a game played in groups: only groups of the
    hierarchy join, one of a pair as a whole and the other after it, then the same within each.
    Where samples do not suffice to look into each group, the largest effects are looked into first,
    and what is left undivided is shared equally within its group. The values sum to the score of
    everybody.

    Args:
        hierarchy: (n_players - 1, 4), which two groups become one, as of
            `scipy.cluster.hierarchy.linkage`.
        nsamples, on_wait: as of `kernel`; an odd one counts as one less.
        batch_size: coalitions that shap asks for at once.
    """
    n_players = len(hierarchy) + 1
    if n_players < 2:
        yield from exact(game, n_players)
        return
    shap = _import_shap()
    with _turn(seed, lambda: on_wait(0)):
        score = _Scores(game, n_players)
        explainer = shap.PartitionExplainer(score, _Masker(n_players, hierarchy))
        found = explainer(
            np.ones((1, n_players)),
            max_evals=nsamples // 2 * 2,  # it asks in pairs, and would ask one too many
            batch_size=batch_size,
            silent=True,
        )
    yield Estimate(found.values.reshape(n_players, -1), None, score.nobody, score.spent)


class _Scores:
    """A game as shap asks it: rows of 0 and 1 in, float64 out.

    It scores nobody and everybody once, however often they are asked for.

    Args:
        game: scores coalitions; `spent` counts how many.
        nobody, everybody: (n_outputs,), their scores.
    """

    def __init__(self, game: Game, n_players: int) -> None:
        self._game, self.spent = game, 0
        self.nobody, self.everybody = self._ask(np.repeat([[False], [True]], n_players, axis=1))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Return the scores, (n_coalitions, n_outputs), of rows, (n_coalitions, n_players)."""
        coalitions = rows.astype(bool)
        sizes = coalitions.sum(axis=1)
        scores = np.where(sizes[:, None] > 0, self.everybody, self.nobody)
        new = (sizes > 0) & (sizes < coalitions.shape[1])
        if new.any():
            scores[new] = self._ask(coalitions[new])
        return scores

    def _ask(self, coalitions: np.ndarray) -> np.ndarray:
        self.spent += len(coalitions)
        return self._game(coalitions).astype(np.float64)


class _Masker:
    """Hides players as shap asks: a coalition is its own masked sample.

    Args:
        n_players: how many there are.
        clustering: as of `partition`.
    """

    def __init__(self, n_players: int, clustering: np.ndarray | None = None) -> None:
        self.shape, self.clustering = (1, n_players), clustering

    def __call__(self, mask: np.ndarray, _: np.ndarray) -> np.ndarray:
        """Return (1, n_players) bool."""
        return mask[None]


@contextmanager
def _turn(seed: int, on_wait: Callable[[], None]) -> Iterator[None]:
    """Own numpy's global generator, freshly seeded, and leave it as it was.

    Args:
        on_wait: called several times a second while another explanation has its turn.
    """
    while not _global_generator.acquire(timeout=SECONDS_BETWEEN_WAITS):
        on_wait()
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        yield
    finally:
        np.random.set_state(state)
        _global_generator.release()


def _import_shap() -> Any:
    """Return the shap package, uncompiled.

    Compiling what `permutation` and `partition` need would take seconds and 100 MB the first time;
    running it uncompiled takes milliseconds.
    """
    import numba

    numba.config.DISABLE_JIT = True  # type: ignore[attr-defined]  # counts for later imports
    import shap

    return shap
