"""Whether the score follows an explanation as regions go, beside random orders."""

from typing import Any

import numpy as np

from insects.bench.material import some_photos, stream
from insects.explanation import Settings
from insects.faithfulness import RANDOM_ORDERS, Faithfulness, faithfulness
from insects.inference import Model, load_model
from insects.storage import Progress

NETWORKS = ("efficientnet_lite0", "zhang", "tang")
METHODS = ("leverage", "kernel")
# An order ahead of so many of the random ones is there by chance one time in ten.
AHEAD = RANDOM_ORDERS - 1
KINDS = ("deletion", "insertion")


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return the mean areas of each network, and how many photos are ahead of random orders."""
    photos = [photo.load() for photo in some_photos((2,) if quick else (2, 3))]
    networks = NETWORKS[:1] if quick else NETWORKS
    nsamples = 200 if quick else Settings().nsamples
    table: dict[str, Any] = {
        "photos": len(photos),
        "samples": nsamples,
        "random orders": RANDOM_ORDERS,
    }
    steps, done = len(networks) * len(photos), 0
    for name in networks:
        model = load_model(name)
        found: dict[str, list[Faithfulness]] = {method: [] for method in METHODS}
        for photo in photos:
            for method in METHODS:
                found[method].append(
                    _check(model, photo, Settings(nsamples=nsamples, method=method))
                )
            done += 1
            on_progress("removing regions", done, steps)
        table[name] = _figures(found)
    return table


def _check(model: Model, photo: np.ndarray, settings: Settings) -> Faithfulness:
    *_, explanation = stream(model, photo, settings)
    return faithfulness(model, explanation)


def _figures(found: dict[str, list[Faithfulness]]) -> dict[str, Any]:
    """Return one network's column; all methods have the same regions and random orders."""
    figures: dict[str, Any] = {}
    for kind in KINDS:
        curves = {m: [getattr(one, kind) for one in checks] for m, checks in found.items()}
        for method in METHODS:
            figures[f"{kind} area, {method}"] = float(np.mean([c.area for c in curves[method]]))
        control = [curve.random_area[0] for curve in curves[METHODS[0]]]
        figures[f"{kind} area, random order"] = float(np.mean(control))
        for method in METHODS:
            name = f"{kind}, photos ahead of {AHEAD} of {RANDOM_ORDERS}, {method}"
            figures[name] = sum(curve.better_than >= AHEAD for curve in curves[method])
    return figures
