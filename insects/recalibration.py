"""Fit a finished run's temperature anew, on photos from elsewhere, and keep it in the run.

Training photos set aside are few and like those that were learned: with six dozen of them the
temperature was 0.7 to 1.4 from seed to seed, and made photos from elsewhere no better calibrated.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from insects.datasets import Photo
from insects.elsewhere import CHOOSING, REPORTING, photos_elsewhere
from insects.evaluation import Answers, ask, calibration, figures
from insects.inference import load_model
from insects.predictions import Said, load_predictions
from insects.storage import Progress, write_atomically
from insects.training.calibration import fit_temperature, require_enough


def recalibrate(network: str, folder: Path, on_progress: Progress) -> dict[str, Any]:
    """Fit a run's temperature on the photos to choose with, measure it on those to report on.

    Both are written into the run's metrics.json: `calibration`, and `elsewhere`.

    Args:
        folder: of photos from elsewhere that says their sources, see `insects.elsewhere`.

    Returns:
        `elsewhere`: what `insects.evaluation.figures` finds with the new temperature.

    Raises:
        As `insects.evaluation.evaluate`.
        DatasetError: the photos to choose with are too few.
        RunError: the run does not hold what it said of its photos.
    """
    model = load_model(network)
    test = load_predictions(model.run).parts["test"]
    choosing, reporting = (
        ask(model, photos, on_progress) for photos in photos_to_calibrate(folder, model.class_names)
    )
    temperature = temperature_for(choosing)
    found = figures(reporting.at(temperature))
    fitted = {
        "temperature": temperature,
        "photos": int((choosing.labels >= 0).sum()),
        "from_elsewhere": True,
        **_on_test_photos(test, temperature),
    }
    metrics = {**model.run.metrics, "calibration": fitted, "elsewhere": found}
    write_atomically(model.run.path / "metrics.json", json.dumps(metrics, indent=1) + "\n")
    return found


def _on_test_photos(test: Said, temperature: float) -> dict[str, Any]:
    probabilities = softmax(test.logits.astype(np.float64) / temperature, axis=1)
    found = calibration(probabilities, test.labels, temperature)
    return {
        "ece_before": found["ece_before"],
        "ece_after": found["ece"],
        "reliability_after": found["reliability"],
    }


def photos_to_calibrate(
    folder: Path, class_names: tuple[str, ...]
) -> tuple[tuple[Photo, ...], tuple[Photo, ...]]:
    """Return the photos to choose with and those to report on, before any network sees them.

    Raises:
        DatasetError: a part is missing, or those to choose with are too few.
    """
    choosing, reporting = (
        photos_elsewhere(folder, class_names, part) for part in (CHOOSING, REPORTING)
    )
    require_enough(sum(photo.label in class_names for photo in choosing))
    return choosing, reporting


def temperature_for(answers: Answers) -> float:
    """Return the temperature under which answers to photos of the classes fit best.

    Raises:
        DatasetError: these are too few.
    """
    known = answers.labels >= 0
    return fit_temperature(answers.logits[known], answers.labels[known])
