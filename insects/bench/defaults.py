"""How many superpixels and samples are enough for the three strongest regions to be right."""

from typing import Any

import numpy as np

from insects.bench.material import FRESH, reference, some_photos, stream
from insects.explanation import Settings
from insects.inference import Model, load_model
from insects.storage import Progress

STRONGEST = 3
SAMPLES = (100, 200, 300, 500, 700, 1000, 1400, 2000)
# Superpixels asked for -> evaluations of the reference. For 50, SLIC gives about 38.
SIZES = {25: 5_000, 50: 5_000, 100: 20_000}


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return the share of photos whose strongest regions are right, a table."""
    model = load_model("efficientnet_lite0")
    photos = [photo.load() for photo in some_photos(FRESH[:1] if quick else FRESH[:2])]
    sizes, seeds = ({25: 2_000}, 1) if quick else (SIZES, 2)
    table: dict[str, Any] = {"photos": len(photos), "seeds": seeds}
    steps, done = len(sizes) * len(photos), 0
    for n_segments, evaluations in sizes.items():
        right: dict[int, list[bool]] = {n: [] for n in SAMPLES}
        counts = []
        for photo in photos:
            truth, errors = reference(model, photo, Settings(n_segments), evaluations, on_progress)
            counts.append(len(truth))
            label = int(model.predict(photo).probabilities.argmax())
            for seed in range(seeds):
                for nsamples, values in _at_each_budget(model, photo, n_segments, seed).items():
                    right[nsamples].append(
                        strongest_agree(values[:, label], truth[:, label], errors[:, label])
                    )
            done += 1
            on_progress("finding defaults", done, steps)
        table[f"{n_segments} superpixels asked, {np.mean(counts):.0f} got"] = {
            f"{nsamples} samples": float(np.mean(values)) for nsamples, values in right.items()
        }
    return table


def strongest_agree(
    values: np.ndarray, truth: np.ndarray, errors: np.ndarray, number: int = STRONGEST
) -> bool:
    """Return whether the strongest regions, and their signs, are those of the reference.

    A region counts as one of the reference's strongest where its error bar reaches that of the
    weakest of them.

    Args:
        values: (n,), of one class.
        truth, errors: (n,), of the reference.
        number: how many of the strongest.
    """
    k = min(number, len(truth))
    chosen = np.argsort(-np.abs(values))[:k]
    weakest = np.argsort(-np.abs(truth))[k - 1]
    lower_end = abs(truth[weakest]) - errors[weakest]
    strong_enough = np.abs(truth[chosen]) + errors[chosen] >= lower_end
    same_sign = np.sign(values[chosen]) == np.sign(truth[chosen])
    return bool((strong_enough & same_sign).all())


def _at_each_budget(
    model: Model, photo: np.ndarray, n_segments: int, seed: int
) -> dict[int, np.ndarray]:
    """Return the values at each of `SAMPLES`: one long run passes them all.

    The estimate nearest below a budget stands for it, or the exact values once they are known.
    """
    settings = Settings(n_segments, max(SAMPLES), seed)
    found: dict[int, np.ndarray] = {}
    for made in stream(model, photo, settings):
        for nsamples in SAMPLES:
            if made.nsamples <= nsamples or nsamples not in found:
                found[nsamples] = made.shap_values
    return found
