"""Explain a prediction: photo, network, superpixels and estimator brought together."""

import numbers
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from insects.errors import SettingsError
from insects.inference import BATCH_SIZE, Model, Prediction
from insects.networks import NETWORKS
from insects.photo_game import PhotoGame, Progress
from insects.photos import Squares, resize
from insects.pixelwise import BACKGROUND_PHOTOS
from insects.pixelwise.child import pixel_maps
from insects.predictions import temperature_of
from insects.shapley.exact import exact
from insects.shapley.game import Estimate
from insects.shapley.leverage import leverage
from insects.shapley.libshap import kernel, partition, permutation
from insects.superpixels import BASELINES, hierarchy, segment

SUPERPIXEL_METHODS = ("leverage", "kernel", "permutation", "partition", "exact")
METHODS = (*SUPERPIXEL_METHODS, "deep", "gradient")
OUTPUTS = ("probability", "logit")
WHOLE = ("n_segments", "nsamples", "seed")
LIMITS = {
    "seed": (0, 2**32 - 1),
    "n_segments": (1, 1000),
    "nsamples": (4, 100_000),
    "compactness": (0.01, 1000.0),
    "sigma": (0.0, 100.0),
}


@dataclass(frozen=True)
class Settings:
    """How to explain; the defaults of the first two are measured (README, "Defaults").

    Args:
        n_segments: superpixels asked of SLIC, which gives about as many.
        nsamples: evaluations of the network; where pixels are explained, background photos.
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

    @property
    def is_pixelwise(self) -> bool:
        """Whether each pixel gets a value, and not each superpixel."""
        return self.method not in SUPERPIXEL_METHODS

    def in_use(self) -> "Settings":
        """Return the settings as they count: of pixels always logits are explained, by 61 photos.

        What it has no use for, such as superpixels, is as by default.
        """
        if not self.is_pixelwise:
            return self
        return Settings(
            method=self.method, seed=self.seed, nsamples=BACKGROUND_PHOTOS, output="logit"
        )


ARTICLE_1 = Settings(method="deep").in_use()
ARTICLE_2 = Settings(n_segments=100, nsamples=300, method="kernel", output="logit")


@dataclass(frozen=True)
class Explanation:
    """SHAP values of one prediction, as far as they are known.

    Args:
        model_name, class_names: of the network.
        probabilities: (n_classes,), the prediction that is explained.
        shap_values: (n_superpixels, n_classes), in units of `settings.output`; of `deep` and
            `gradient` each pixel is a superpixel, its value the sum of those of its colour
            channels.
        standard_errors: the same shape, or None where the method has none.
        base_values: (n_classes,), the score with every superpixel hidden; of `deep` and
            `gradient` the mean score of the background photos.
        segments: (image_size, image_size) int, 0 … n_superpixels - 1.
        image: (image_size, image_size, 3) uint8, the photo as the network saw it.
        nsamples: evaluations spent so far; of `deep` and `gradient`, background photos.
        background: what the background photos are, in words, where there are any.
        familiarity: as in `insects.inference.Prediction`.
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
    background: str = ""
    familiarity: float | None = None

    @classmethod
    def of(
        cls,
        estimate: Estimate,
        model: Model,
        prediction: Prediction,
        image: np.ndarray,
        segments: np.ndarray,
        settings: Settings,
        background: str = "",
    ) -> "Explanation":
        """Return what an estimate says of a prediction; the other arguments are as of the class."""
        return cls(
            model_name=model.name,
            class_names=model.class_names,
            probabilities=prediction.probabilities,
            shap_values=estimate.values,
            standard_errors=estimate.standard_errors,
            base_values=estimate.base_values,
            segments=segments,
            image=image,
            nsamples=estimate.evaluations,
            settings=settings,
            background=background,
            familiarity=prediction.familiarity,
        )

    @property
    def prediction(self) -> Prediction:
        """The prediction that is explained."""
        return Prediction(self.class_names, self.probabilities, self.familiarity)

    @property
    def n_superpixels(self) -> int:
        """How many superpixels SLIC gave, or how many pixels there are."""
        return len(self.shap_values)

    @property
    def label(self) -> str:
        """The predicted class."""
        return self.class_names[int(self.probabilities.argmax())]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the pixels, ready for JSON: values, errors, settings, versions."""
        errors, values = self.standard_errors, self.shap_values
        if self.settings.is_pixelwise:  # half the text, and the sums still hold to 1e-5
            values = values.round(8)
        return {
            "model": self.model_name,
            "class_names": list(self.class_names),
            "probabilities": self.probabilities.tolist(),
            "label": self.label,
            "familiarity": self.familiarity,
            "is_familiar": self.prediction.is_familiar,
            "familiarity_verdict": self.prediction.familiarity_verdict,
            "settings": asdict(self.settings),
            "n_superpixels": self.n_superpixels,
            "nsamples": self.nsamples,
            "background": self.background,
            "base_values": self.base_values.tolist(),
            "shap_values": values.tolist(),
            "standard_errors": None if errors is None else errors.tolist(),
            "segments": self.segments.tolist(),
            "versions": {
                name: version(name)
                for name in ("numpy", "scikit-image", "shap", "ai-edge-litert", "pillow")
            },
        }


def explain(
    model: Model,
    photo: np.ndarray | Squares,
    *,
    on_progress: Progress = lambda *_: None,
    **settings: Any,
) -> Iterator[Explanation]:
    """Yield ever better explanations of what `model` says of `photo`; the last is the result.

    Args:
        photo: (H, W, 3) uint8 of any size, or its squares, as for `Model.predict`.
        on_progress: called after each batch; an exception raised in it ends the work.
        settings: fields of `Settings`, such as n_segments=100, nsamples=300, seed=0.

    Raises:
        SettingsError: a setting is unknown or out of range, or the method is not for this network.
        InsectsError: the process that `deep` and `gradient` need failed; the text says how.
    """
    try:
        chosen = Settings(**settings)
    except TypeError:
        unknown = ", ".join(set(settings) - set(Settings.__dataclass_fields__))
        raise SettingsError(f"explain has no setting called {unknown}.") from None
    require_support(model, chosen.method)
    explain_by = _explain_pixels if chosen.is_pixelwise else _explain
    return explain_by(model, photo, chosen.in_use(), on_progress)


def supports(model: Model, method: str) -> bool:
    """Return whether a method can explain a network: `deep` knows no ReLU6, so no backbone.

    Methods that explain pixels need a run, for it is from there that Keras has its network.
    """
    if method in SUPERPIXEL_METHODS:
        return True
    network = NETWORKS.get(model.run.config.get("network", "")) if hasattr(model, "run") else None
    return network is not None and (network.backbone is None or method == "gradient")


def require_support(model: Model, method: str) -> None:
    """Check that a method can explain a network.

    Raises:
        SettingsError: it cannot.
    """
    if not supports(model, method):
        *most, last = [n.name for n in NETWORKS.values() if n.backbone is None]
        raise SettingsError(
            f"{method} explains only networks such as {', '.join(most)} and {last}, for it knows "
            f"not every kind of layer; choose one of them, or another method for {model.name}."
        )


def _explain(
    model: Model, photo: np.ndarray | Squares, settings: Settings, on_progress: Progress
) -> Iterator[Explanation]:
    image = resize(photo, model.image_size)
    segments = segment(image, settings.n_segments, settings.compactness, settings.sigma)
    prediction = _predict(model, photo)
    of = 2 ** (int(segments.max()) + 1) if settings.method == "exact" else settings.nsamples
    game = PhotoGame(model, image, segments, settings.baseline, settings.output, of, on_progress)
    for estimate in _estimates(game, image, segments, settings, on_progress):
        yield Explanation.of(estimate, model, prediction, image, segments, settings)


def _explain_pixels(
    model: Model, photo: np.ndarray | Squares, settings: Settings, on_progress: Progress
) -> Iterator[Explanation]:
    image = resize(photo, model.image_size)
    prediction, temperature = _predict(model, photo), temperature_of(model.run)
    segments = np.arange(model.image_size**2).reshape(model.image_size, model.image_size)
    maps = pixel_maps(settings.method, model.run.path, image, settings.seed, on_progress)
    for found in maps:
        values = found.values.reshape(segments.size, -1) / temperature
        estimate = Estimate(values, None, found.base_values / temperature, found.spent)
        yield Explanation.of(
            estimate, model, prediction, image, segments, settings, found.background
        )


def _predict(model: Model, photo: np.ndarray | Squares) -> Prediction:
    """Return what a model says; one that only knows probabilities cannot tell what is familiar."""
    if isinstance(model, Model):
        return model.predict(photo)
    image = resize(photo, model.image_size)
    return Prediction(model.class_names, model.probabilities(image[None])[0])


def _estimates(
    game: PhotoGame,
    image: np.ndarray,
    segments: np.ndarray,
    settings: Settings,
    on_progress: Progress,
) -> Iterator[Estimate]:
    """Return what the method of the settings yields for a game of superpixels."""
    n_superpixels = int(segments.max()) + 1
    nsamples, seed = settings.nsamples, settings.seed

    def on_wait(spent: int) -> None:
        on_progress(spent, nsamples)

    if settings.method == "exact":
        return exact(game, n_superpixels)
    if settings.method == "kernel":
        return kernel(game, n_superpixels, nsamples, seed, on_wait)
    if settings.method == "permutation":
        return permutation(game, n_superpixels, nsamples, seed, on_wait)
    if settings.method == "partition":
        groups = hierarchy(image, segments)
        return partition(game, groups, nsamples, seed, on_wait, BATCH_SIZE)
    probabilities = settings.output == "probability"
    return leverage(game, n_superpixels, nsamples, seed, BATCH_SIZE, probabilities, game.places)
