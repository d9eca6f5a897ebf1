"""How far estimates are from a long reference, at the same number of evaluations."""

from typing import Any

import numpy as np

from insects.bench import Progress
from insects.bench.material import reference, some_photos, stream
from insects.explanation import Settings, make_game
from insects.inference import Model, load_model
from insects.photos import resize
from insects.superpixels import segment

N_SEGMENTS = 100


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return the mean relative squared error of each method, and the ratios that count."""
    model = load_model("efficientnet_lite0")
    photos = [photo.load() for photo in some_photos((2,) if quick else (2, 3))]
    seeds = range(1 if quick else 3)
    budgets = (300,) if quick else (300, 1000)
    evaluations = 4000 if quick else 20_000
    errors: dict[tuple[str, int], list[float]] = {}
    steps = len(photos) * len(seeds) * len(budgets)
    for i, photo in enumerate(photos):
        truth, _ = reference(model, photo, Settings(N_SEGMENTS), evaluations, on_progress)
        for j, (seed, nsamples) in enumerate((s, n) for s in seeds for n in budgets):
            for method, values in _estimates(model, photo, nsamples, seed).items():
                error = relative_squared_error(values, truth)
                errors.setdefault((method, nsamples), []).append(error)
            on_progress("comparing errors", i * len(seeds) * len(budgets) + j + 1, steps)
    means = {key: float(np.mean(values)) for key, values in errors.items()}
    outcome: dict[str, Any] = {
        "photos": len(photos),
        "seeds": len(seeds),
        "reference evaluations": evaluations,
    }
    for nsamples in budgets:
        ours = means["leverage", nsamples]
        outcome[f"{nsamples} samples"] = {
            **{method: means[method, nsamples] for method in ("leverage", *SHAP)},
            **{f"leverage / {method}": ours / means[method, nsamples] for method in SHAP},
        }
    return outcome


SHAP: dict[str, dict[str, Any]] = {
    "shap's default": {},
    "shap with l1_reg=False": {"l1_reg": False},
}


def relative_squared_error(values: np.ndarray, truth: np.ndarray) -> float:
    """Return the squared error over all regions and classes, as a share of the truth's squares."""
    return float(((values - truth) ** 2).sum() / (truth**2).sum())


def _estimates(model: Model, photo: np.ndarray, nsamples: int, seed: int) -> dict[str, np.ndarray]:
    """Return each method's values for the same photo, budget and seed."""
    import shap

    settings = Settings(N_SEGMENTS, nsamples, seed)
    *_, ours = stream(model, photo, settings)
    image = resize(photo, model.image_size)
    game = _remember(make_game(model, image, segment(image, N_SEGMENTS), settings))
    estimates = {"leverage": ours.shap_values}
    for name, options in SHAP.items():
        np.random.seed(seed)
        explainer = shap.KernelExplainer(game, np.zeros((1, ours.n_superpixels)))
        everything = np.ones((1, ours.n_superpixels))
        estimates[name] = explainer.shap_values(
            everything, nsamples=nsamples, silent=True, **options
        )[0]
    return estimates


def _remember(game: Any) -> Any:
    """Return the game with a memory: both uses of shap ask for the same coalitions."""
    known: dict[bytes, np.ndarray] = {}

    def remembering(coalitions: np.ndarray) -> np.ndarray:
        coalitions = coalitions.astype(bool)
        key = coalitions.tobytes()
        if key not in known:
            known[key] = game(coalitions)
        return known[key]

    return remembering
