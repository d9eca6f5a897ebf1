"""Whether intervals of 95 % hold the reference 95 % of the time."""

from typing import Any

import numpy as np

from insects.bench.faithfulness import NETWORKS
from insects.bench.material import FRESH, reference, some_photos, stream
from insects.explanation import Settings
from insects.inference import load_model
from insects.storage import Progress

N_SEGMENTS = 50
BUDGETS = (300, 500, 1000)
NORMAL_95 = 1.96


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return the share of values within 1.96 standard errors of the reference, by network.

    Each network explains photos of its own, a third of them, so that no photo counts twice.
    """
    photos = [photo.load() for photo in some_photos(FRESH)]
    networks = NETWORKS[:1] if quick else NETWORKS
    seeds, evaluations = range(1 if quick else 3), 2000 if quick else 5000
    table: dict[str, Any] = {
        "photos": len(photos) // len(NETWORKS) * len(networks),
        "seeds": len(seeds),
        "reference evaluations": evaluations,
    }
    shares: dict[str, list[list[float]]] = {}
    for i, name in enumerate(networks):
        model = load_model(name)
        shares[name] = []
        for photo in photos[i :: len(NETWORKS)]:
            truth = reference(model, photo, Settings(N_SEGMENTS), evaluations, on_progress)
            for seed in seeds:
                settings = [Settings(N_SEGMENTS, nsamples, seed) for nsamples in BUDGETS]
                finals = [[*stream(model, photo, one)][-1] for one in settings]
                shares[name].append(
                    [within(one.shap_values, one.standard_errors, *truth) for one in finals]
                )
                on_progress("counting intervals", len(shares[name]), len(shares[name]))
    everything = [row for rows in shares.values() for row in rows]
    for name, rows in {**shares, "all": everything}.items():
        means = np.array(rows).mean(axis=0)
        table[name] = {f"{n} samples": float(m) for n, m in zip(BUDGETS, means, strict=True)}
    return table


def within(
    values: np.ndarray,
    standard_errors: np.ndarray | None,
    truth: np.ndarray,
    truth_errors: np.ndarray,
) -> float:
    """Return the share of values whose interval of 95 % reaches the reference.

    Args:
        values, standard_errors, truth, truth_errors: (n_superpixels, n_classes); the reference is
            itself an estimate, so its errors count too.
    """
    assert standard_errors is not None
    reach = NORMAL_95 * np.hypot(standard_errors, truth_errors)
    return float((np.abs(values - truth) <= reach).mean())
