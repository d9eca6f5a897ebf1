"""How fast photos reach a network in training, beside a bare `model.fit` on floats in memory."""

import numpy as np

from insects.datasets import default_dataset, load_dataset
from insects.inference import silence
from insects.networks import get_network
from insects.storage import Progress

NETWORKS = ("tang", "zhang")


def measure(quick: bool, on_progress: Progress) -> dict[str, dict[str, float]]:
    """Return photos a second of both ways, medians over the rounds, and the ratio.

    Args:
        quick: fewer photos and rounds.
    """
    n_photos, rounds = (128, 3) if quick else (320, 7)
    return {name: _measure(name, n_photos, rounds, on_progress) for name in NETWORKS}


def _measure(name: str, n_photos: int, rounds: int, on_progress: Progress) -> dict[str, float]:
    """Train by turns on both; the ratio is the median of the rounds' ratios."""
    from insects.training.inputs import load_part

    with silence():  # TensorFlow greets in lines
        from insects.training.pace import Pace

    network = get_network(name)
    part = load_part(load_dataset(default_dataset()), "train", network, on_progress)
    rows = np.linspace(0, len(part.labels) - 1, n_photos).astype(int)
    pace = Pace(network, part.take(rows))
    pace.of_batches()  # TensorFlow makes its graph
    ours, bare, varied = [], [], []
    for i in range(rounds):
        bare.append(pace.of_floats())
        ours.append(pace.of_batches())
        varied.append(pace.of_batches(augment=True))
        on_progress(f"training {name}", i + 1, rounds)
    ratios = np.divide(ours, bare)
    return {
        "photos a second, floats in memory": float(np.median(bare)),
        "photos a second, ours": float(np.median(ours)),
        "ours / floats in memory": float(np.median(ratios)),
        "augmented / floats in memory": float(np.median(np.divide(varied, bare))),
    }
