"""Photos, references and the article's own code: what the parts of the benchmark share."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace

import numpy as np

from insects.datasets import Photo, default_dataset, load_dataset
from insects.explanation import Explanation, Settings, explain
from insects.inference import Model
from insects.storage import Progress, cache_folder

# Never a seed of what is measured against it.
REFERENCE_SEED = 20_000
# Of what makes references; whoever changes `leverage` counts on, so that they are made anew.
REFERENCE_VERSION = 3


# What the estimator was tuned on, what it was looked at with since, and what nothing was tuned on:
# the README's figures are of these, and each version of the estimator was measured on them.
TUNING, LOOKED_AT, FRESH = (0, 1), (2, 3), (4, 5, 6, 7)


def some_photos(places: Sequence[int]) -> list[Photo]:
    """Return some of the eight test photos that are spread evenly over each class.

    They are of the published dataset, or else drawn. Parts that ask for the same places share
    their references.

    Args:
        places: from 0 to 7: the odd eighths of each class, then the even ones.
    """
    dataset = load_dataset(default_dataset())
    chosen: list[Photo] = []
    eighths = [2 * place + 1 if place < 4 else 2 * (place - 4) for place in places]
    for name in dataset.class_names:
        photos = [photo for photo in dataset.part("test") if photo.label == name]
        chosen += [photos[len(photos) * eighth // 8] for eighth in eighths]
    return chosen


def stream(model: Model, photo: np.ndarray, settings: Settings) -> Iterator[Explanation]:
    """Yield explanations by settings in one object."""
    return explain(model, photo, **asdict(settings))


def reference(
    model: Model, photo: np.ndarray, settings: Settings, evaluations: int, on_progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and standard errors of a long run, from the cache where it was made before.

    By our own estimator, whose ridge and surrogate hardly count with so many samples.
    """
    settings = replace(settings, nsamples=evaluations, seed=REFERENCE_SEED, method="leverage")
    head = (model.run.path / "model.tflite").read_bytes()
    facts = [asdict(settings), model.temperature, REFERENCE_VERSION]
    about = json.dumps(facts, sort_keys=True).encode()
    key = hashlib.sha256(b"|".join([head, photo.tobytes(), about])).hexdigest()[:32]
    path = cache_folder() / "references" / f"{key}.npz"
    if not path.exists():
        for made in stream(model, photo, settings):
            on_progress("making a reference", made.nsamples, evaluations)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part.npz")
        np.savez(draft, values=made.shap_values, errors=np.asarray(made.standard_errors))
        draft.replace(path)
    with np.load(path) as saved:
        return saved["values"], saved["errors"]
