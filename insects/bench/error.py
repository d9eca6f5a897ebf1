"""How far estimates are from a long reference, at the same number of evaluations."""

from typing import Any

import numpy as np

from insects.bench.material import FRESH, reference, some_photos
from insects.explanation import Settings
from insects.inference import Model, load_model
from insects.photo_game import PhotoGame
from insects.photos import resize
from insects.shapley.game import Game
from insects.shapley.leverage import leverage
from insects.storage import Progress
from insects.superpixels import segment

N_SEGMENTS = 100
OURS = "leverage"
LINEAR_SURROGATE = "leverage with the surrogate of other networks"
WITHOUT_SURROGATE = "leverage without a surrogate"
SHAP: dict[str, dict[str, Any]] = {
    "shap's default": {},
    "shap with l1_reg=False": {"l1_reg": False},
}
NORMAL_95 = 1.96


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return the mean relative squared error of each method, its ratios, and the coverage."""
    model = load_model("efficientnet_lite0")
    photos = [photo.load() for photo in some_photos(FRESH[:1] if quick else FRESH[:2])]
    seeds = range(1 if quick else 3)
    budgets = (300,) if quick else (300, 1000)
    evaluations = 4000 if quick else 20_000
    found: dict[int, dict[str, list[float]]] = {nsamples: {} for nsamples in budgets}
    runs = [(photo, nsamples, seed) for photo in photos for nsamples in budgets for seed in seeds]
    for i, (photo, nsamples, seed) in enumerate(runs):
        truth = reference(model, photo, Settings(N_SEGMENTS), evaluations, on_progress)
        for name, value in _figures(model, photo, nsamples, seed, *truth).items():
            found[nsamples].setdefault(name, []).append(value)
        on_progress("comparing errors", i + 1, len(runs))
    outcome: dict[str, Any] = {
        "photos": len(photos),
        "seeds": len(seeds),
        "reference evaluations": evaluations,
    }
    for nsamples, figures in found.items():
        means = {name: float(np.mean(values)) for name, values in figures.items()}
        for other in (LINEAR_SURROGATE, WITHOUT_SURROGATE, *SHAP):
            means[f"{OURS} / {other}"] = means[OURS] / means[other]
        outcome[f"{nsamples} samples"] = means
    return outcome


def relative_squared_error(values: np.ndarray, truth: np.ndarray) -> float:
    """Return the squared error over all regions and classes, as a share of the truth's squares."""
    return float(((values - truth) ** 2).sum() / (truth**2).sum())


def _figures(
    model: Model,
    photo: np.ndarray,
    nsamples: int,
    seed: int,
    truth: np.ndarray,
    truth_errors: np.ndarray,
) -> dict[str, float]:
    """Return the error of each method, and how many of our values are as near as they say."""
    image = resize(photo, model.image_size)
    segments = segment(image, N_SEGMENTS)
    n_superpixels = len(truth)
    photo_game = PhotoGame(model, image, segments, Settings().baseline, Settings().output)
    game = _remember(photo_game)
    *_, ours = leverage(
        game, n_superpixels, nsamples, seed, probabilities=True, places=photo_game.places
    )
    *_, linear = leverage(game, n_superpixels, nsamples, seed, probabilities=True)
    *_, plain = leverage(game, n_superpixels, nsamples, seed)
    estimates = {
        OURS: ours.values,
        LINEAR_SURROGATE: linear.values,
        WITHOUT_SURROGATE: plain.values,
    }
    for name, options in SHAP.items():
        estimates[name] = _by_shap(game, n_superpixels, nsamples, seed, options)
    figures = {name: relative_squared_error(v, truth) for name, v in estimates.items()}
    assert ours.standard_errors is not None
    reach = NORMAL_95 * np.hypot(ours.standard_errors, truth_errors)
    figures["values within 1.96 standard errors"] = float(
        (np.abs(ours.values - truth) <= reach).mean()
    )
    return figures


def _by_shap(
    game: Game, n_superpixels: int, nsamples: int, seed: int, options: dict[str, Any]
) -> np.ndarray:
    import shap

    np.random.seed(seed)
    explainer = shap.KernelExplainer(game, np.zeros((1, n_superpixels)))
    everything = np.ones((1, n_superpixels))
    return explainer.shap_values(everything, nsamples=nsamples, silent=True, **options)[0]


def _remember(game: Game) -> Game:
    """Return the game with a memory: with one seed, methods ask for the same coalitions."""
    known: dict[bytes, np.ndarray] = {}

    def remembering(coalitions: np.ndarray) -> np.ndarray:
        coalitions = coalitions.astype(bool)
        key = coalitions.tobytes()
        if key not in known:
            known[key] = game(coalitions)
        return known[key]

    return remembering
