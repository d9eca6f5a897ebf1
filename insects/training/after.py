"""What is measured when a training has ended: what the network says of every photo."""

from typing import Any

import keras
import numpy as np
from scipy.special import softmax

from insects.datasets import Dataset
from insects.metrics import (
    FEWEST_TO_CALIBRATE,
    expected_calibration_error,
    measure,
    reliability,
)
from insects.networks import Network
from insects.networks.export import check_with_backbone
from insects.photos import resize
from insects.predictions import Said, save_predictions
from insects.runs import Run
from insects.training.batches import Batches
from insects.training.calibration import fit_temperature
from insects.training.inputs import Part

BATCH_SIZE = 64
PHOTOS_TO_CHECK = 16


def measure_run(
    run: Run,
    model: keras.Model,
    network: Network,
    dataset: Dataset,
    parts: dict[str, Part],
    aside: Part | None,
) -> dict[str, Any]:
    """Write what a trained network says of its photos; return what metrics.json is to hold.

    Args:
        run: has the export already, where the network has a backbone: it is compared, behind the
            backbone, with the same in Keras, as `whole_difference` says.
        parts: "train", the photos that were fitted, and "test".
        aside: training photos that were not fitted, to calibrate on.

    Returns:
        For each part the measures of `insects.metrics.measure`, of the logits as they are, with
        `ece` and `reliability`. With enough photos set aside (`insects.metrics`) also
        `calibration`: `temperature`, 1 or more;
        `photos` that it was fitted on; of the test photos `ece_before`, `ece_after` and
        `reliability_after`.

    Raises:
        RunError: the export says something else than Keras.
    """
    said = {name: _said(model, part) for name, part in parts.items()}
    metrics: dict[str, Any] = {name: _measures(one) for name, one in said.items()}
    if aside is not None and len(aside.labels):
        said["aside"] = _said(model, aside)
    if aside is not None and len(aside.labels) >= FEWEST_TO_CALIBRATE:
        metrics["calibration"] = _calibration(said["aside"], said["test"])
    save_predictions(run.path, said)
    if network.backbone:
        images = _some_photos(dataset, network.image_size)
        export = run.path / "model.tflite"
        metrics["whole_difference"] = check_with_backbone(model, export, network.backbone, images)
    return metrics


def _said(model: keras.Model, part: Part) -> Said:
    """Ask the network about a part, a batch at a time."""
    logits = model.predict(Batches(part.inputs, part.labels, BATCH_SIZE), verbose=0)
    photos = part.photos or [None] * len(part.labels)
    return Said(
        np.array([photo.full_name if photo else "" for photo in photos], dtype=np.str_),
        np.array([photo.content_hash if photo else "" for photo in photos], dtype=np.str_),
        np.asarray(part.labels, np.int64),
        np.asarray(logits, np.float32),
    )


def _measures(said: Said) -> dict[str, Any]:
    probabilities = softmax(said.logits, axis=1)
    return {
        **measure(probabilities, said.labels),
        "ece": expected_calibration_error(probabilities, said.labels),
        "reliability": reliability(probabilities, said.labels),
    }


def _calibration(aside: Said, test: Said) -> dict[str, Any]:
    """Fit a temperature on photos that the network was not trained on, and see what it does.

    It is never below 1, which would make the network surer: photos set aside are like those it
    learned from. On the published photos, set aside at random, fitted temperatures of 0.5 to 0.8
    raised the cross-entropy of the test photos by a seventh to four fifths.
    """
    temperature = max(1.0, fit_temperature(aside.logits, aside.labels))
    before, after = (softmax(test.logits / t, axis=1) for t in (1.0, temperature))
    return {
        "temperature": temperature,
        "photos": len(aside.labels),
        "ece_before": expected_calibration_error(before, test.labels),
        "ece_after": expected_calibration_error(after, test.labels),
        "reliability_after": reliability(after, test.labels),
    }


def _some_photos(dataset: Dataset, image_size: int) -> np.ndarray:
    """Return test photos, (16, image_size, image_size, 3) uint8; of few, some come twice."""
    photos = dataset.part("test")
    rows = np.linspace(0, len(photos) - 1, PHOTOS_TO_CHECK).astype(int)
    return np.stack([resize(photos[row].load(), image_size) for row in rows])
