"""Whether intervals of 95 % hold the reference 95 % of the time, stage by stage."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from insects.bench.defaults import strongest_agree
from insects.bench.faithfulness import NETWORKS
from insects.bench.material import FRESH, reference, some_photos, stream
from insects.convergence import WIDTH_95, settled
from insects.explanation import Explanation, Settings
from insects.inference import Model, load_model
from insects.storage import Progress

SETTINGS = Settings(n_segments=50, nsamples=1000)
STRONGEST = 5


@dataclass(frozen=True)
class Held:
    """What came of the errors of one explanation at one stage.

    Args:
        everything: the share of all values whose interval holds the reference.
        strongest: the share of the five strongest regions of the predicted class, as they appear:
            people look at these, and they are chosen by their size.
        verdict: whether the regions that are called settled are right; None where none are.
    """

    everything: float
    strongest: float
    verdict: bool | None


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return the share of intervals that hold the reference, a column a network, a row a stage.

    Each network explains photos of its own, a third of them, so that no photo counts twice.
    """
    photos = [photo.load() for photo in some_photos(FRESH)]
    networks = NETWORKS[:1] if quick else NETWORKS
    seeds, evaluations = 1 if quick else 3, 2000 if quick else 5000
    found: dict[str, dict[int, list[Held]]] = {}
    for i, name in enumerate(networks):
        model, its_photos = load_model(name), photos[i :: len(NETWORKS)]
        found[name] = {}
        for n, photo in enumerate(its_photos, start=1):
            truth = reference(model, photo, SETTINGS, evaluations, on_progress)
            for seed in range(seeds):
                for nsamples, held in _stages(model, photo, seed, truth):
                    found[name].setdefault(nsamples, []).append(held)
            on_progress(f"counting intervals, {name}", n, len(its_photos))
    return {
        "photos": len(photos) // len(NETWORKS) * len(networks),
        "seeds": seeds,
        "reference evaluations": evaluations,
        **_table(found),
    }


def _stages(
    model: Model, photo: np.ndarray, seed: int, truth: tuple[np.ndarray, np.ndarray]
) -> Iterable[tuple[int, Held]]:
    """Yield the samples spent and what came of the errors, for each stage that has errors."""
    settings = Settings(SETTINGS.n_segments, SETTINGS.nsamples, seed)
    for explanation in stream(model, photo, settings):
        if explanation.standard_errors is not None:
            yield explanation.nsamples, _held(explanation, *truth)


def _held(explanation: Explanation, truth: np.ndarray, truth_errors: np.ndarray) -> Held:
    """Compare an explanation with the reference, (n_superpixels, n_classes) and its errors."""
    values, label = explanation.shap_values, int(explanation.probabilities.argmax())
    holds = within(values, explanation.standard_errors, truth, truth_errors)
    strongest = np.argsort(-np.abs(values[:, label]))[:STRONGEST]
    count, right = settled(explanation).count, None
    if count:
        right = strongest_agree(values[:, label], truth[:, label], truth_errors[:, label], count)
    return Held(float(holds.mean()), float(holds[strongest, label].mean()), right)


def within(
    values: np.ndarray,
    standard_errors: np.ndarray | None,
    truth: np.ndarray,
    truth_errors: np.ndarray,
) -> np.ndarray:
    """Return which intervals of 95 % reach the reference, (n_superpixels, n_classes) bool.

    Args:
        values, standard_errors, truth, truth_errors: (n_superpixels, n_classes); the reference is
            itself an estimate, so its errors count too.
    """
    assert standard_errors is not None
    return np.abs(values - truth) <= WIDTH_95 * np.hypot(standard_errors, truth_errors)


def _table(found: dict[str, dict[int, list[Held]]]) -> dict[str, Any]:
    """Return a column for each network and one for all, from what was found at each stage."""
    stages = sorted({nsamples for its_stages in found.values() for nsamples in its_stages})
    everything = {
        nsamples: [held for its_stages in found.values() for held in its_stages.get(nsamples, [])]
        for nsamples in stages
    }
    return {
        name: _column({nsamples: by_stage.get(nsamples, []) for nsamples in stages})
        for name, by_stage in {**found, "all": everything}.items()
    }


def _column(by_stage: dict[int, list[Held]]) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for nsamples, helds in by_stage.items():
        for row, values in {
            "all values": [held.everything for held in helds],
            f"strongest {STRONGEST}": [held.strongest for held in helds],
        }.items():
            rows[f"{nsamples} samples, {row}"] = float(np.mean(values)) if values else "–"
    verdicts = [h.verdict for helds in by_stage.values() for h in helds if h.verdict is not None]
    rows["times that regions were called settled"] = len(verdicts)
    rows["of these wrong"] = verdicts.count(False)
    return rows
