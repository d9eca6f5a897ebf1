"""Explain a prediction: photo, network, superpixels and estimator brought together."""

import numbers
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from insects.errors import SettingsError
from insects.inference import BATCH_SIZE, Model
from insects.photos import resize
from insects.shapley.exact import exact
from insects.shapley.game import Estimate, Game
from insects.shapley.leverage import leverage
from insects.shapley.libshap import kernel
from insects.superpixels import BASELINES, make_background, mask_image, segment

METHODS = ("leverage", "kernel", "exact")
OUTPUTS = ("probability", "logit")
WHOLE = ("n_segments", "nsamples", "seed")
LIMITS = {
    "seed": (0, 2**32 - 1),
    "n_segments": (1, 1000),
    "nsamples": (4, 100_000),
    "compactness": (0.01, 1000.0),
    "sigma": (0.0, 100.0),
}
Progress = Callable[[int, int], None]  # evaluations so far, evaluations in all


@dataclass(frozen=True)
class Settings:
    """How to explain; the defaults of the first two are measured (README, "Defaults").

    Args:
        n_segments: superpixels asked of SLIC, which gives about as many.
        nsamples: evaluations of the network.
        method, baseline, output: one of `METHODS`, `BASELINES`, `OUTPUTS`.
        compactness, sigma: of SLIC.
    """

    n_segments: int = 50
    nsamples: int = 1000
    seed: int = 0
    method: str = "leverage"
    baseline: str = "white"
    output: str = "probability"
    compactness: float = 5.0
    sigma: float = 3.0

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SettingsError: one of them is out of range; the text says which.
        """
        choices = {"method": METHODS, "baseline": BASELINES, "output": OUTPUTS}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise SettingsError(
                    f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}."
                )
        for name, (low, high) in LIMITS.items():
            kind = numbers.Integral if name in WHOLE else numbers.Real
            if not isinstance(getattr(self, name), kind):
                what = "a whole number" if name in WHOLE else "a number"
                raise SettingsError(f"{name} must be {what}, not {getattr(self, name)!r}.")
            if not low <= getattr(self, name) <= high:
                raise SettingsError(
                    f"{name} must be from {low:,} to {high:,}, not {getattr(self, name)}."
                )


ARTICLE_2 = Settings(n_segments=100, nsamples=300, method="kernel", output="logit")


@dataclass(frozen=True)
class Explanation:
    """SHAP values of one prediction, as far as they are known.

    Args:
        model_name, class_names: of the network.
        probabilities: (n_classes,), the prediction that is explained.
        shap_values: (n_superpixels, n_classes), in units of `settings.output`.
        standard_errors: the same shape, or None where the method has none.
        base_values: (n_classes,), the score with every superpixel hidden.
        segments: (image_size, image_size) int, 0 … n_superpixels - 1.
        image: (image_size, image_size, 3) uint8, the photo as the network saw it.
        nsamples: evaluations spent so far.
    """

    model_name: str
    class_names: tuple[str, ...]
    probabilities: np.ndarray
    shap_values: np.ndarray
    standard_errors: np.ndarray | None
    base_values: np.ndarray
    segments: np.ndarray
    image: np.ndarray
    nsamples: int
    settings: Settings

    @property
    def n_superpixels(self) -> int:
        """How many superpixels SLIC gave."""
        return len(self.shap_values)

    @property
    def label(self) -> str:
        """The predicted class."""
        return self.class_names[int(self.probabilities.argmax())]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the pixels, ready for JSON: values, errors, settings, versions."""
        errors = self.standard_errors
        return {
            "model": self.model_name,
            "class_names": list(self.class_names),
            "probabilities": self.probabilities.tolist(),
            "label": self.label,
            "settings": asdict(self.settings),
            "n_superpixels": self.n_superpixels,
            "nsamples": self.nsamples,
            "base_values": self.base_values.tolist(),
            "shap_values": self.shap_values.tolist(),
            "standard_errors": None if errors is None else errors.tolist(),
            "segments": self.segments.tolist(),
            "versions": {
                name: version(name)
                for name in ("numpy", "scikit-image", "shap", "ai-edge-litert", "pillow")
            },
        }


def explain(
    model: Model,
    photo: np.ndarray,
    *,
    on_progress: Progress = lambda *_: None,
    **settings: Any,
) -> Iterator[Explanation]:
    """Yield ever better explanations of what `model` says of `photo`; the last is the result.

    Args:
        photo: (H, W, 3) uint8 of any size.
        on_progress: called after each batch; an exception raised in it ends the work.
        settings: fields of `Settings`, such as n_segments=100, nsamples=300, seed=0.

    Raises:
        SettingsError: a setting is unknown or out of range.
    """
    try:
        chosen = Settings(**settings)
    except TypeError:
        unknown = ", ".join(set(settings) - set(Settings.__dataclass_fields__))
        raise SettingsError(f"explain has no setting called {unknown}.") from None
    return _explain(model, photo, chosen, on_progress)


def _explain(
    model: Model, photo: np.ndarray, settings: Settings, on_progress: Progress
) -> Iterator[Explanation]:
    image = resize(photo, model.image_size)
    segments = segment(image, settings.n_segments, settings.compactness, settings.sigma)
    n_superpixels = int(segments.max()) + 1
    probabilities = model.probabilities(image[None])[0]
    game = make_game(model, image, segments, settings, on_progress)
    for estimate in _estimates(game, n_superpixels, settings, on_progress):
        yield Explanation(
            model_name=model.name,
            class_names=model.class_names,
            probabilities=probabilities,
            shap_values=estimate.values,
            standard_errors=estimate.standard_errors,
            base_values=estimate.base_values,
            segments=segments,
            image=image,
            nsamples=estimate.evaluations,
            settings=settings,
        )


def make_game(
    model: Model,
    image: np.ndarray,
    segments: np.ndarray,
    settings: Settings,
    on_progress: Progress = lambda *_: None,
) -> Game:
    """Return the game whose players are superpixels; it masks and scores one batch at a time.

    Args:
        image: (image_size, image_size, 3) uint8.
        segments: (image_size, image_size) int.
    """
    background = make_background(image, settings.baseline)
    score = model.probabilities if settings.output == "probability" else model.logits
    of = 2 ** (int(segments.max()) + 1) if settings.method == "exact" else settings.nsamples
    spent = 0

    def game(coalitions: np.ndarray) -> np.ndarray:
        nonlocal spent
        scores = []
        for start in range(0, len(coalitions), BATCH_SIZE):
            batch = coalitions[start : start + BATCH_SIZE]
            scores.append(score(mask_image(image, background, segments, batch)))
            spent += len(batch)
            on_progress(spent, of)
        return np.concatenate(scores)

    return game


def _estimates(
    game: Game, n_superpixels: int, settings: Settings, on_progress: Progress
) -> Iterator[Estimate]:
    nsamples, seed = settings.nsamples, settings.seed
    if settings.method == "exact":
        return exact(game, n_superpixels)
    if settings.method == "kernel":
        return kernel(game, n_superpixels, nsamples, seed, lambda: on_progress(0, nsamples))
    probabilities = settings.output == "probability"
    return leverage(game, n_superpixels, nsamples, seed, BATCH_SIZE, probabilities)
