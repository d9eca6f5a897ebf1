"""What a finished run said of each photo, read back from its directory; Keras is not needed."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from insects.errors import RunError
from insects.metrics import FEWEST_TO_CALIBRATE
from insects.runs import Run

FILE = "predictions.npz"
PARTS = ("train", "test", "aside")


@dataclass(frozen=True)
class Said:
    """What a network said of the photos of one part.

    Args:
        names: (n,) str, each photo's `full_name`, "" where nobody knows.
        contents: (n,) str, each photo's `content_hash`, "" where nobody knows.
        labels: (n,) int64 indices of classes.
        logits: (n, n_classes) float32.
    """

    names: np.ndarray
    contents: np.ndarray
    labels: np.ndarray
    logits: np.ndarray


@dataclass(frozen=True)
class Mistake:
    """A photo that was called wrongly.

    Args:
        name: the photo's `full_name`.
        true: its class.
        said: the class it was called.
        probability: of the class it was called.
    """

    name: str
    true: str
    said: str
    probability: float


@dataclass(frozen=True)
class Predictions:
    """What a run said of the photos it was trained and tested on.

    Args:
        class_names: in the order of the logits.
        parts: "train", "test" and, where some were set aside to calibrate on, "aside".
        temperature: what logits are divided by.
    """

    class_names: tuple[str, ...]
    parts: dict[str, Said]
    temperature: float = 1.0

    def probabilities(self, part: str = "test") -> np.ndarray:
        """Return (n, n_classes) float64, rows sum to 1; the temperature is in them."""
        return softmax(self.parts[part].logits.astype(np.float64) / self.temperature, axis=1)

    def confused(self, true: int, predicted: int, part: str = "test") -> list[str]:
        """Return the names of the photos in a cell of the confusion matrix, the surest first.

        Args:
            true: index of a class, as `predicted`.
        """
        said, probabilities = self.parts[part], self.probabilities(part)
        in_cell = (said.labels == true) & (probabilities.argmax(axis=1) == predicted)
        rows = np.flatnonzero(in_cell)
        order = np.argsort(-probabilities[rows, predicted], kind="stable")
        return said.names[rows[order]].tolist()

    def mistakes(self, n: int, part: str = "test") -> list[Mistake]:
        """Return at most n photos that were called wrongly, the surest first."""
        said, probabilities = self.parts[part], self.probabilities(part)
        called, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
        wrong = np.flatnonzero(called != said.labels)
        return [
            Mistake(
                str(said.names[row]),
                self.class_names[said.labels[row]],
                self.class_names[called[row]],
                float(sure[row]),
            )
            for row in wrong[np.argsort(-sure[wrong], kind="stable")][:n]
        ]


def load_predictions(run: Run) -> Predictions:
    """Return what a run said of its photos.

    Raises:
        RunError: it has not written that down, or what it wrote makes no sense.
    """
    class_names = tuple(run.config["class_names"])
    parts = _read(run.path / FILE)
    for said in parts.values():
        if not _fits(said, len(class_names)):
            raise RunError(f"The {FILE} of the run {run.name} is not of its classes.")
    if "test" not in parts:
        raise RunError(f"The run {run.name} has no readable {FILE}.")
    return Predictions(class_names, parts, temperature_of(run))


def save_predictions(path: Path, parts: dict[str, Said]) -> None:
    """Write the predictions into a run directory, whole or not at all; nothing is pickled."""
    arrays = {
        f"{part}_{field}": getattr(said, field)
        for part, said in parts.items()
        for field in ("names", "contents", "labels", "logits")
    }
    draft = path / f".{FILE}"
    with draft.open("wb") as file:
        np.savez_compressed(file, **arrays)
    draft.replace(path / FILE)


def temperature_of(run: Run) -> float:
    """Return what a run's logits are divided by before they become probabilities.

    Raises:
        RunError: its metrics hold something else than a positive number there.
    """
    try:
        calibration = calibration_of(run.metrics)
    except RunError:  # not measured: nobody knows of a temperature
        return 1.0
    if calibration is None:
        return 1.0
    temperature = calibration.get("temperature") if isinstance(calibration, dict) else None
    if isinstance(temperature, int | float) and is_temperature(temperature):
        return float(temperature)
    raise RunError(f"The run {run.name} has no readable temperature: {temperature!r}.")


def calibration_of(metrics: dict[str, Any]) -> Any:
    """Return what a run's metrics say of a temperature, None where it was fitted on too few photos.

    Runs of other versions may have one that was; it counts as none, here and in all answers.
    """
    found = metrics.get("calibration")
    photos = found.get("photos") if isinstance(found, dict) else None
    too_few = isinstance(photos, int | float) and photos < FEWEST_TO_CALIBRATE
    return None if too_few else found


def is_temperature(number: float) -> bool:
    """Return whether logits may be divided by it."""
    return 1e-3 <= number <= 1e3


def _read(path: Path) -> dict[str, Said]:
    """Return the parts that are in a file, none where it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                part: Said(
                    arrays[f"{part}_names"],
                    arrays[f"{part}_contents"],
                    arrays[f"{part}_labels"],
                    arrays[f"{part}_logits"],
                )
                for part in PARTS
                if f"{part}_logits" in arrays
            }
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def _fits(said: Said, n_classes: int) -> bool:
    """Return whether the arrays belong together: a run may come from somebody else."""
    n = len(said.labels) if said.labels.ndim == 1 else -1
    return (
        said.names.shape == said.contents.shape == (n,)
        and said.logits.shape == (n, n_classes)
        and said.names.dtype.kind == "U"
        and said.labels.dtype.kind == "i"
        and bool(np.isfinite(said.logits).all())
        and bool(((said.labels >= 0) & (said.labels < n_classes)).all())
    )
