"""Whether explanations point at the insect, on drawn photos: each of its pixels is known."""

from typing import Any

import numpy as np

from insects.bench.faithfulness import METHODS, NETWORKS
from insects.bench.material import stream
from insects.datasets.drawn import TEST_EVERY, DrawnPhoto, load_drawn
from insects.explanation import Settings
from insects.faithfulness import Localisation, localisation
from insects.inference import load_model
from insects.storage import Progress

SEED = 0


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return each network's mean figures with standard errors, beside relevance spread evenly.

    The predicted class is explained, right or wrong. No values of pixels: those of one photo take
    about 20 seconds.
    """
    photos = some_drawn(1 if quick else 4)
    networks = NETWORKS[:1] if quick else NETWORKS
    nsamples = 200 if quick else Settings().nsamples
    table: dict[str, Any] = {"drawn photos": len(photos), "samples": nsamples}
    steps, done = len(networks) * len(photos), 0
    for name in networks:
        model, right = load_model(name), 0
        found: dict[str, list[Localisation]] = {method: [] for method in METHODS}
        for photo in photos:
            pixels, mask = photo.load(), photo.mask()
            for method in METHODS:
                *_, explanation = stream(model, pixels, Settings(nsamples=nsamples, method=method))
                found[method].append(localisation(explanation, mask))
            right += explanation.label == photo.label
            done += 1
            on_progress("pointing at insects", done, steps)
        table[name] = {"right answers": right, **_figures(found)}
    return table


def some_drawn(per_class: int) -> list[DrawnPhoto]:
    """Return test photos on random grounds, so many of each class."""
    photos = load_drawn(SEED, per_class=TEST_EVERY * per_class).part("test")
    return [photo for photo in photos if isinstance(photo, DrawnPhoto)]


def _figures(found: dict[str, list[Localisation]]) -> dict[str, tuple[float, float]]:
    """Return one network's column: means over the photos and their standard errors."""
    evenly = found[METHODS[0]]  # all methods have the same regions
    figures = {}
    for name, field, control in (
        ("mass", "mass", "mask_share"),
        ("rank", "rank", "mask_share"),
        ("pointing", "pointing", "region_share"),
    ):
        for method in METHODS:
            figures[f"{name}, {method}"] = _mean([getattr(one, field) for one in found[method]])
        chance = "a region at random" if name == "pointing" else "spread evenly"
        figures[f"{name}, {chance}"] = _mean([getattr(one, control) for one in evenly])
    return figures


def _mean(values: list[float]) -> tuple[float, float]:
    """Return a mean and its standard error."""
    numbers = np.array(values, float)
    return float(numbers.mean()), float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
