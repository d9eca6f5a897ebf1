"""The shortcut: the same insects, learned once on any ground and once on one that betrays them.

Both networks are right on pictures like those they learned from. Which of them looks at the insect
is told by pictures whose ground has been swapped, and by where an explanation's relevance lies.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from insects.datasets.drawn import BETRAYING, TEST_EVERY, DrawnPhoto, load_drawn
from insects.errors import RunError
from insects.explanation import Explanation, Settings
from insects.faithfulness import Localisation, localisation
from insects.inference import Model, load_model
from insects.markdown import table
from insects.networks.small import NETWORK
from insects.photos import resize
from insects.runs import Run, find_run
from insects.shapley.leverage import leverage
from insects.storage import Progress, write_atomically
from insects.superpixels import mask_image, segment
from insects.training.settings import Settings as TrainingSettings

# The shipped runs: background_bias 0, and 1.
PAIR = ("shortcut_bias0", "shortcut_bias1")
KEY = "shortcut"  # of the figures in a run's metrics.json
SEED = 0  # of the pictures; runs of another seed have seen none of these insects
PER_CLASS = 30  # test pictures
EXPLAINED_PER_CLASS = 8
SETTINGS = Settings(n_segments=45, nsamples=300, sigma=1.0)
BATCH = 64  # coalitions at a time


@dataclass(frozen=True)
class Mean:
    """A mean over pictures and its standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Mean":
        """Return that of two or more values."""
        numbers = np.array(values, float)
        return cls(float(numbers.mean()), float(numbers.std(ddof=1) / np.sqrt(len(numbers))))


@dataclass(frozen=True)
class Figures:
    """What is measured of one network.

    Args:
        pictures: test pictures on each ground.
        right_on_any: of them, how many are called rightly on ground that says nothing.
        right_on_betraying: on ground that gives the class away.
        explained: pictures on betraying ground that were explained.
        mass: of what speaks for the answer, the share that lies on the insect.
        mask_share: of the picture that is insect: what `mass` is where relevance is spread evenly.
    """

    pictures: int
    right_on_any: int
    right_on_betraying: int
    explained: int
    mass: Mean
    mask_share: Mean

    def to_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> "Figures":
        """Return what `to_dict` made plain. Raises KeyError, TypeError."""
        means = {name: Mean(**given[name]) for name in ("mass", "mask_share")}
        return cls(**{**given, **means})


def training(background_bias: float, seed: int = 0, owner: str = "") -> TrainingSettings:
    """Return how one of the two networks is trained."""
    return TrainingSettings(
        NETWORK.name,
        "drawn",
        seed=seed,
        augment=True,
        background_bias=background_bias,
        owner=owner,
    )


def pictures(
    background_bias: float, per_class: int = PER_CLASS, seed: int = SEED
) -> list[DrawnPhoto]:
    """Return test pictures, so many of each class; with any bias the same insects."""
    photos = load_drawn(seed, background_bias, per_class=TEST_EVERY * per_class).part("test")
    return [photo for photo in photos if isinstance(photo, DrawnPhoto)]


def explain_drawing(
    model: Model, photo: DrawnPhoto, ground: str
) -> tuple[Explanation, Localisation]:
    """Return the explanation of an answer, right or wrong, and how much of it is on the insect.

    Hidden parts show bare ground, in the same light: each class's own in turn, and the mean of the
    answers counts. With one colour instead, that colour is some class's ground, and what already
    says "beetles" when all is hidden leaves nothing to explain.
    """
    pixels, s = photo.load_on(ground), SETTINGS
    image = resize(pixels, model.image_size)
    segments = segment(image, s.n_segments, s.compactness, s.sigma)
    bare = [resize(photo.bare(kind), model.image_size) for kind in BETRAYING.values()]

    def game(coalitions: np.ndarray) -> np.ndarray:
        shown = (mask_image(image, one, segments, coalitions) for one in bare)
        return np.mean([model.probabilities(pictures) for pictures in shown], axis=0)

    n_superpixels = int(segments.max()) + 1
    *_, estimate = leverage(game, n_superpixels, s.nsamples, s.seed, BATCH, True)
    behind = "bare ground of each class in turn"
    explanation = Explanation.of(estimate, model, model.predict(pixels), image, segments, s, behind)
    return explanation, localisation(explanation, photo.mask())


def measure(name: str | Path, on_progress: Progress = lambda *_: None) -> Figures:
    """Return what is to be said of one network; half a minute of work.

    Raises:
        RunError: there is no such run, or it is not finished.
    """
    model = load_model(name)
    on_any, on_betraying = (_right(model, bias, on_progress) for bias in (0.0, 1.0))
    photos = pictures(1.0, EXPLAINED_PER_CLASS)
    found = []
    for done, photo in enumerate(photos, start=1):
        found.append(explain_drawing(model, photo, photo.ground)[1])
        on_progress("explaining pictures", done, len(photos))
    return Figures(
        pictures=3 * PER_CLASS,
        right_on_any=on_any,
        right_on_betraying=on_betraying,
        explained=len(photos),
        mass=Mean.of([one.mass for one in found]),
        mask_share=Mean.of([one.mask_share for one in found]),
    )


def _right(model: Model, background_bias: float, on_progress: Progress) -> int:
    """Return how many test pictures a network calls rightly."""
    photos, right = pictures(background_bias), 0
    for done, photo in enumerate(photos, start=1):
        image = resize(photo.load(), model.image_size)
        right += model.class_names[int(model.logits(image[None])[0].argmax())] == photo.label
        on_progress("looking at pictures", done, len(photos))
    return right


def known_figures(run: Run) -> Figures | None:
    """Return what was measured of a run and kept with it, None where nothing was."""
    try:
        return Figures.from_dict(run.metrics[KEY])
    except (RunError, KeyError, TypeError):
        return None


def keep(name: str | Path, figures: Figures) -> None:
    """Put figures into a run's metrics.json.

    Raises:
        RunError: there is no such run, or nothing was measured of it when it was trained.
    """
    run = find_run(name)
    metrics = {**run.metrics, KEY: figures.to_dict()}
    write_atomically(run.path / "metrics.json", json.dumps(metrics, indent=1) + "\n")


def report(found: dict[str, Figures]) -> str:
    """Return the figures of networks, by their titles, as a Markdown table, a column a network."""
    columns = list(found.values())
    rows = {
        "right, the ground betrays the class": [
            f"{one.right_on_betraying} of {one.pictures}" for one in columns
        ],
        "right, the ground says nothing": [
            f"{one.right_on_any} of {one.pictures}" for one in columns
        ],
        "relevance on the insect": [_percents(one.mass) for one in columns],
        "share of the picture that is insect": [_percents(one.mask_share) for one in columns],
    }
    return table(["", *found], [[title, *cells] for title, cells in rows.items()])


def _percents(share: Mean) -> str:
    return f"{100 * share.mean:.0f} ± {100 * share.error:.0f} %"
