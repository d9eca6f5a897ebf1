"""The Shortcut lab's networks: the two that come with the app, and those of this visitor."""

from dataclasses import dataclass, replace

import streamlit as st

from insects import shortcut
from insects.datasets.drawn import DrawnPhoto
from insects.errors import InsectsError
from insects.explanation import Explanation
from insects.faithfulness import Localisation
from insects.networks.small import NETWORK
from insects.runs import Run, find_run, list_runs
from insects.shortcut import Figures
from insects.training.limits import limits
from insects.training.settings import Settings as TrainingSettings
from insects.ui import cache, runs, visitor
from insects.ui.workers import Worker, Workers


@dataclass(frozen=True)
class Pair:
    """Two networks that learned the same insects.

    Args:
        honest: on any ground.
        betrayed: on ground that betrays the class, or mostly does.
    """

    honest: Run
    betrayed: Run

    @property
    def both(self) -> tuple[Run, Run]:
        """The two, in the order of the page."""
        return self.honest, self.betrayed

    @property
    def bias(self) -> float:
        """The share of the second one's pictures whose ground betrays the class."""
        return float(self.betrayed.config["background_bias"])

    @property
    def goes_on(self) -> bool:
        """Whether one of them is being trained, or waits to be."""
        return any(run.is_alive for run in self.both)

    @property
    def is_ready(self) -> bool:
        """Whether both have a network."""
        return all(runs.has_scores(run) for run in self.both)


@st.cache_resource
def workers() -> Workers:
    """Return the one queue of measurements."""
    return Workers()


def shipped_pair() -> Pair:
    """Return the two networks that come with the app."""
    return Pair(*(find_run(name) for name in shortcut.PAIR))


def own_pairs() -> list[Pair]:
    """Return this visitor's pairs, the latest first: two runs of one seed are a pair."""
    by_seed: dict[int, dict[bool, Run]] = {}
    for run in _own_runs():
        by_seed.setdefault(_seed(run), {})[run.config["background_bias"] > 0] = run
    whole = [by_seed[seed] for seed in sorted(by_seed, reverse=True) if len(by_seed[seed]) == 2]
    return [Pair(honest=one[False], betrayed=one[True]) for one in whole]


def _own_runs() -> list[Run]:
    """Return the runs that this visitor started in the lab; seed 0 is of the shipped ones."""
    own = [run for run in list_runs(visitor.known_token()) if runs.is_mine(run)]
    return [
        run
        for run in own
        if run.config.get("network") == NETWORK.name
        and "background_bias" in run.config
        and _seed(run) != shortcut.SEED
    ]


def _seed(run: Run) -> int:
    return int(run.config["seed"])


def train_both(background_bias: float) -> None:
    """Start the training of a new pair, of other insects than all before.

    Raises:
        InsectsError: they do not fit this server, or the visitor has too many already.
    """
    seed = 1 + max([shortcut.SEED, *map(_seed, _own_runs())])
    owner = visitor.token()
    first = runs.start(_training(0.0, seed, owner))
    try:
        runs.start(_training(background_bias, seed, owner))
    except InsectsError:
        runs.stop(first)  # one alone is no pair
        raise


def _training(background_bias: float, seed: int, owner: str) -> TrainingSettings:
    """Return how one of the two is trained here: shorter where the host allows fewer epochs."""
    recipe = replace(NETWORK.recipe, epochs=min(NETWORK.recipe.epochs, limits().epochs))
    return replace(shortcut.training(background_bias, seed, owner), recipe=recipe)


def stop(pair: Pair) -> None:
    """End the trainings of this visitor's pair; what they learned is kept."""
    for run in pair.both:
        if run.is_alive:
            runs.stop(run)


def figures(run: Run) -> Figures | Worker:
    """Return what was measured of a run, or who is measuring it."""
    if known := shortcut.known_figures(run):
        return known
    arguments = ["shortcut", "--network", str(run.path.resolve()), "--keep"]
    return workers().start(_key(run), arguments)


def try_again(run: Run) -> None:
    """Let a measurement that failed be made anew; a button's callback."""
    workers().forget(_key(run))


def _key(run: Run) -> tuple[str, str]:
    return run.name, cache.edition(run.name)


@st.cache_data(max_entries=64, show_spinner="Hiding parts of the picture …")
def _explained(
    name: str, edition: str, photo: DrawnPhoto, ground: str
) -> tuple[Explanation, Localisation]:
    return shortcut.explain_drawing(cache.model(name), photo, ground)


def explained(run: Run, photo: DrawnPhoto, ground: str) -> tuple[Explanation, Localisation]:
    """Return why a network says what it says of a drawing, and how much of it is on the insect."""
    return _explained(run.name, cache.edition(run.name), photo, ground)
