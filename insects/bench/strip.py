"""How often hiding the label strip of the published photos changes a network's answer."""

from typing import Any

import numpy as np

from insects.bench.faithfulness import NETWORKS
from insects.datasets import load_dataset
from insects.datasets.published import photos_folder
from insects.datasets.splits import apply_split
from insects.inference import Model, load_model
from insects.label_strip import find_strip, hide_strip
from insects.networks import get_network
from insects.storage import Progress

QUICK_STEP = 6


def _without_number(photo: np.ndarray) -> np.ndarray:
    """Return a photo with its label all black."""
    if (box := find_strip(photo)) is None:
        return photo
    top, bottom, left, right = box
    black = photo.copy()
    black[top:bottom, left:right] = 0
    return black


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return counts for each shipped network over the test photos, copies out of training.

    Args:
        quick: every sixth photo alone.
    """
    if not photos_folder():
        return {"not measured": "The published photos are not here."}
    test = apply_split(load_dataset("published"), "deduplicated").part("test")
    test = test[::QUICK_STEP] if quick else test
    photos = [photo.load() for photo in test]
    labels = [photo.label for photo in test]
    changed = {
        "without it": [hide_strip(photo) for photo in photos],
        "without its number": [_without_number(photo) for photo in photos],
    }
    found = sum(find_strip(photo) is not None for photo in photos)
    outcome: dict[str, Any] = {}
    for step, name in enumerate(NETWORKS):
        model = load_model(name)
        before = _answers(model, photos)
        after = {how: _answers(model, some) for how, some in changed.items()}
        outcome[get_network(name).title] = {
            "test photos": len(test),
            "with a label that was found": found,
            **{f"answers that change {how}": int((before != a).sum()) for how, a in after.items()},
            "right as they are": int((before == labels).sum()),
            "right without it": int((after["without it"] == labels).sum()),
        }
        on_progress("hiding labels", step + 1, len(NETWORKS))
    return outcome


def _answers(model: Model, photos: list[np.ndarray]) -> np.ndarray:
    """Return what a network calls each photo, (n,) str."""
    return np.array([model.predict(photo).label for photo in photos])
