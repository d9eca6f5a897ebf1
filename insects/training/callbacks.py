"""What a training writes while it runs, for whoever watches the directory."""

import csv
import json
import time
from pathlib import Path

import keras
import numpy as np

from insects.metrics import confusion_matrix
from insects.storage import Progress, write_atomically
from insects.training.batches import Batches

SECONDS_BETWEEN = 0.5


class LiveProgress(keras.callbacks.Callback):
    """Writes `batches.csv` and `progress.json` at most twice a second.

    Args:
        path: the run directory.
        batch_size: photos a step.
        on_progress: told of each step.
    """

    def __init__(self, path: Path, batch_size: int, on_progress: Progress) -> None:
        super().__init__()
        self.path, self.batch_size, self.on_progress = path, batch_size, on_progress

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.step, self.written, self.began = 0, 0.0, time.monotonic()
        self.steps = self.params["epochs"] * self.params["steps"]
        with (self.path / "batches.csv").open("w", newline="") as file:
            csv.writer(file).writerow(["step", "epoch", "loss", "accuracy"])

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.step += 1
        self.on_progress("training", self.step, self.steps)
        now = time.monotonic()
        if now - self.written < SECONDS_BETWEEN and self.step < self.steps:
            return
        self.written = now
        logs = logs or {}
        with (self.path / "batches.csv").open("a", newline="") as file:
            csv.writer(file).writerow(
                [self.step, self.epoch, f"{logs['loss']:.6g}", f"{logs['accuracy']:.6g}"]
            )
        photos_per_second = self.step * self.batch_size / (now - self.began)
        progress = {
            "step": self.step,
            "of": self.steps,
            "epoch": self.epoch,
            "photos_per_second": round(photos_per_second, 1),
        }
        write_atomically(self.path / "progress.json", json.dumps(progress))


class ConfusionMatrices(keras.callbacks.Callback):
    """Writes the confusion matrix of the test photos after each epoch, rows true classes.

    Args:
        folder: gets one CSV file an epoch.
        batches: the test photos, in their order.
    """

    def __init__(self, folder: Path, batches: Batches) -> None:
        super().__init__()
        self.folder, self.batches = folder, batches

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.folder.mkdir(exist_ok=True)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logits = self.model.predict(self.batches, verbose=0)
        matrix = confusion_matrix(logits.argmax(axis=1), self.batches.labels, logits.shape[1])
        np.savetxt(self.folder / f"{epoch:03d}.csv", matrix, fmt="%d", delimiter=",")
