"""How good a network is on photos: right answers, how sure it is of them, what it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from insects import metrics
from insects.datasets import Photo, is_folder, load_dataset
from insects.datasets.splits import apply_split
from insects.elsewhere import ALL, photos_elsewhere
from insects.errors import DatasetError
from insects.inference import Model, load_model
from insects.markdown import area_text, error_text, number, share_text, table
from insects.runs import Run
from insects.storage import Progress

TOO_FEW = (
    "Whether the network is right as often as it says cannot be told from these: that takes "
    f"{metrics.FEWEST_TO_CALIBRATE} photos of the classes."
)


@dataclass(frozen=True)
class Answers:
    """What a network says of photos.

    Args:
        class_names: in the order of the probabilities.
        labels: (n,) int64 indices of classes, -1 for a photo of none of them.
        probabilities: (n, n_classes), rows sum to 1; the temperature is in them.
        familiarity: (n,), higher is more like the classes; None where nobody can tell.
        accepted: (n,) bool, whether that is enough; None where nobody can tell.
        temperature: what the network's logits were divided by.
    """

    class_names: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    familiarity: np.ndarray | None = None
    accepted: np.ndarray | None = None
    temperature: float = 1.0

    def at(self, temperature: float) -> "Answers":
        """Return what the network says with another temperature."""
        probabilities = softmax(self.logits / temperature, axis=1)
        return replace(self, probabilities=probabilities, temperature=temperature)

    @property
    def logits(self) -> np.ndarray:
        """The network's logits but for a constant of each photo, (n, n_classes)."""
        return self.temperature * np.log(np.maximum(self.probabilities, 1e-300))


def evaluate(
    network: str, folder: Path | None, on_progress: Progress, part: str = ALL
) -> dict[str, Any]:
    """Return how good a run is on the photos of a folder, or on its own test photos.

    Args:
        folder: has folders named by the network's classes, and perhaps one named `other`; further
            ones are not looked at.
        part: of the folder's photos, see `insects.elsewhere`.

    Returns:
        `network`, `photos_from`, `part`, and what `figures` returns.

    Raises:
        DatasetError: the folder has no photos of the network's classes or does not say their
            sources, or the run's own photos are not there any more.
        PhotoError: a photo cannot be read.
        RunError: there is no such run.
        SettingsError: there is no such part.
    """
    model = load_model(network)
    photos: Sequence[Photo]
    if folder is None:
        photos = _own_test_photos(model.run, on_progress)
    else:
        photos = photos_elsewhere(folder, model.class_names, part)
    return {
        "network": network,
        "photos_from": str(folder) if folder else model.run.config["split"],
        "part": part if folder else "test",
        **figures(ask(model, photos, on_progress)),
    }


def ask(model: Model, photos: Sequence[Photo], on_progress: Progress) -> Answers:
    """Return what a network says of photos; a label that is none of its classes counts as other.

    Raises:
        PhotoError: a photo cannot be read.
    """
    index = {name: i for i, name in enumerate(model.class_names)}
    predictions = []
    for i, photo in enumerate(photos):
        predictions.append(model.predict(photo.load()))
        on_progress("predicting", i + 1, len(photos))
    known = all(p.familiarity is not None for p in predictions)
    return Answers(
        class_names=model.class_names,
        labels=np.array([index.get(photo.label, -1) for photo in photos]),
        probabilities=np.array([p.probabilities for p in predictions]),
        familiarity=np.array([p.familiarity for p in predictions]) if known else None,
        accepted=np.array([bool(p.is_familiar) for p in predictions]) if known else None,
        temperature=model.temperature,
    )


def figures(answers: Answers) -> dict[str, Any]:
    """Return how good answers are, as plain values.

    Returns:
        Of the photos of the classes alone: `class_names` and the measures of
        `insects.metrics.measure`, with the `interval` of the accuracy; `classes`, a share for each;
        and what `calibration` returns.
        `others`, how many photos show none of the classes; `auroc` of the familiarity and
        `auroc_by_probability`, of the highest probability, each with `area`, `interval` and both
        counts; `accepted`, the share of the photos of the classes that count as familiar, and
        `refused`, that of the others that do not; `familiarity_at_5_percent`, the highest threshold
        that accepts 95 % of the photos of the classes. What cannot be known is None.
        Shares are as `insects.metrics.share` returns them; intervals are for 95 %.
    """
    known = answers.labels >= 0
    probabilities, labels = answers.probabilities[known], answers.labels[known]
    measures = metrics.measure(probabilities, labels)
    rows = zip(answers.class_names, measures["confusion"], strict=True)
    return {
        "class_names": list(answers.class_names),
        **measures,
        "interval": list(metrics.wilson_interval(measures["correct"], measures["photos"])),
        "classes": {name: metrics.share(row[i], sum(row)) for i, (name, row) in enumerate(rows)},
        **calibration(probabilities, labels, answers.temperature),
        **_familiarity(answers, known),
    }


def calibration(
    probabilities: np.ndarray, labels: np.ndarray, temperature: float
) -> dict[str, Any]:
    """Return how far probabilities are from how often they are right, with temperature and without.

    Args:
        probabilities: (n, n_classes), with the temperature in them.
        labels: (n,) indices.

    Returns:
        `temperature`; `ece`, the expected calibration error in 15 bins, and `ece_interval`;
        `ece_before` and `ece_before_interval`, without the temperature; `reliability`, the bins.
    """
    # softmax(T log softmax(z / T)) is softmax(z).
    before = softmax(temperature * np.log(np.maximum(probabilities, 1e-300)), axis=1)
    return {
        "temperature": temperature,
        "ece": metrics.expected_calibration_error(probabilities, labels),
        "ece_interval": list(metrics.calibration_interval(probabilities, labels)),
        "ece_before": metrics.expected_calibration_error(before, labels),
        "ece_before_interval": list(metrics.calibration_interval(before, labels)),
        "reliability": metrics.reliability(probabilities, labels),
    }


def report(outcome: dict[str, Any]) -> str:
    """Return what `evaluate` found as Markdown: a sentence and three tables."""
    low, high = outcome["interval"]
    calibration = _bins(outcome) if _can_tell_calibration(outcome) else TOO_FEW
    sentence = (
        f"{outcome['network']}: {outcome['correct']} of {outcome['photos']} photos right, "
        f"{outcome['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%})"
    )
    return "\n\n".join([sentence, _classes(outcome), _others(outcome), calibration])


def _can_tell_calibration(outcome: dict[str, Any]) -> bool:
    return bool(outcome["photos"] >= metrics.FEWEST_TO_CALIBRATE)


def _familiarity(answers: Answers, known: np.ndarray) -> dict[str, Any]:
    others = ~known
    found: dict[str, Any] = {
        "others": int(others.sum()),
        "auroc": None,
        "auroc_by_probability": _area(answers.probabilities.max(axis=1), known),
        "accepted": None,
        "refused": None,
        "familiarity_at_5_percent": None,
    }
    if answers.familiarity is None or answers.accepted is None:
        return found
    accepted, scores = answers.accepted, answers.familiarity
    lowest = np.quantile(scores[known], 0.05, method="lower")
    return found | {
        "auroc": _area(scores, known),
        "accepted": metrics.share((accepted & known).sum(), known.sum()),
        "refused": metrics.share((~accepted & others).sum(), others.sum())
        if others.any()
        else None,
        "familiarity_at_5_percent": float(lowest),
    }


def _area(scores: np.ndarray, known: np.ndarray) -> dict[str, Any] | None:
    """Return how well scores tell known photos from others, None where there are no others."""
    if known.all():
        return None
    area = metrics.auroc(scores[known], scores[~known])
    counts = int(known.sum()), int((~known).sum())
    interval = list(metrics.auroc_interval(area, *counts))
    return {"area": area, "interval": interval, "photos": counts[0], "others": counts[1]}


def _classes(outcome: dict[str, Any]) -> str:
    names = outcome["class_names"]
    rows = [
        [name, share_text(outcome["classes"][name]), *map(str, counts)]
        for name, counts in zip(names, outcome["confusion"], strict=True)
    ]
    return table(["true class", "right", *(f"called {name}" for name in names)], rows)


def _others(outcome: dict[str, Any]) -> str:
    lowest = outcome["familiarity_at_5_percent"]
    errors = {"calibration error": "ece"}
    if not _can_tell_calibration(outcome):
        errors = {}
    elif outcome["temperature"] != 1:
        errors = {
            "calibration error without temperature": "ece_before",
            f"calibration error, temperature {outcome['temperature']:.2f}": "ece",
        }
    rows = [
        ["loss", number(outcome["loss"])],
        *([title, error_text(outcome, name)] for title, name in errors.items()),
        ["AUROC of familiarity, classes against other photos", area_text(outcome["auroc"])],
        ["AUROC of the highest probability", area_text(outcome["auroc_by_probability"])],
        ["photos of the classes accepted", share_text(outcome["accepted"])],
        ["familiarity of 95 % of them, at least", "–" if lowest is None else number(lowest)],
        ["other photos refused", share_text(outcome["refused"])],
    ]
    return table(["figure", "(95 % interval); photos"], rows)


def _bins(outcome: dict[str, Any]) -> str:
    """Return the bins that have photos."""
    rows = [
        [
            f"{row['low']:.2f}–{row['high']:.2f}",
            str(row["photos"]),
            f"{row['confidence']:.0%}",
            f"{row['accuracy']:.0%}",
        ]
        for row in outcome["reliability"]
        if row["photos"]
    ]
    return table(["highest probability", "photos", "on average", "right"], rows)


def _own_test_photos(run: Run, on_progress: Progress) -> tuple[Photo, ...]:
    config = run.config
    if is_folder(run.dataset) and not Path(run.dataset).is_dir():
        raise DatasetError(f"The photos of the run {run.name} are not in {run.dataset} any more.")
    bias = config.get("background_bias", 0.0)
    dataset = load_dataset(run.dataset, seed=config["seed"], background_bias=bias)
    dataset = apply_split(dataset, config["split"], on_progress)
    if is_folder(run.dataset) and dataset.fingerprint != config["dataset_fingerprint"]:
        raise DatasetError(f"The photos in {run.dataset} are not those of the run {run.name}.")
    return dataset.part("test")
