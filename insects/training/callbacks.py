"""What a training writes while it runs, for whoever watches the directory, and to go on from."""

import csv
import os
import time
from pathlib import Path

import keras
import numpy as np
from scipy.special import softmax

from insects.errors import RunError
from insects.metrics import measure
from insects.runs.notes import SECONDS_BETWEEN, Notes
from insects.runs.reading import MAX_ROWS, read_rows
from insects.storage import write_atomically
from insects.training.batches import Batches

COLUMNS = ("step", "epoch", "loss", "accuracy")


class LiveProgress(keras.callbacks.Callback):
    """Notes each step, and writes `batches.csv` at most twice a second.

    Of a long training every second row is dropped whenever there are 1,000, so that nothing grows.

    Args:
        path: the run directory.
        batch_size: photos a step.
        epochs_done: before this training.
        notes: told of each step.
    """

    def __init__(self, path: Path, batch_size: int, epochs_done: int, notes: Notes) -> None:
        super().__init__()
        self.file, self.batch_size, self.notes = path / "batches.csv", batch_size, notes
        self.epochs_done = epochs_done

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.steps = self.params["steps"]
        self.step, self.of = self.epochs_done * self.steps, self.params["epochs"] * self.steps
        self.rows = [[*map(_short, row.values())] for row in read_rows(self.file)]
        self.written, self.seconds_between = 0.0, SECONDS_BETWEEN
        self._rewrite()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.step += 1
        self.notes.note(
            "training",
            self.step,
            self.of,
            self.batch_size,
            epoch=self.epoch,
            epochs=self.params["epochs"],
            steps_per_epoch=self.steps,
        )
        now = time.monotonic()
        if now - self.written >= self.seconds_between or self.step == self.of:
            self.written = now
            self._add([self.step, self.epoch, *(_short((logs or {})[k]) for k in COLUMNS[2:])])

    def _add(self, row: list) -> None:
        self.rows.append(row)
        if len(self.rows) > MAX_ROWS:
            self.rows, self.seconds_between = self.rows[::2], 2 * self.seconds_between
            self._rewrite()
            return
        with self.file.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)

    def _rewrite(self) -> None:
        lines = [",".join(map(str, row)) for row in [COLUMNS, *self.rows]]
        write_atomically(self.file, "\n".join(lines) + "\n")


def _short(number: float) -> str:
    return f"{float(number):.6g}"


class Validation(keras.callbacks.Callback):
    """Looks at the test photos after each epoch, once for the curves and the confusion matrix.

    Keras's own validation gives no matrix, and a second look costs as much as the first. It must
    come before what reads `val_loss` and `val_accuracy`.

    Args:
        folder: gets one CSV file an epoch, rows true classes.
        batches: the test photos, in their order.
    """

    def __init__(self, folder: Path, batches: Batches) -> None:
        super().__init__()
        self.folder, self.batches = folder, batches

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.folder.mkdir(exist_ok=True)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logits = self.model.predict(self.batches, verbose=0)
        found = measure(softmax(logits, axis=1), self.batches.labels)
        if logs is not None:
            logs.update(val_loss=found["loss"], val_accuracy=found["accuracy"])
        lines = [",".join(map(str, row)) for row in found["confusion"]]
        write_atomically(self.folder / f"{epoch:03d}.csv", "\n".join(lines) + "\n")


class StopWhenAsked(keras.callbacks.Callback):
    """Ends a training after the batch in which somebody asks for it, or its minutes are over.

    Args:
        notes: knows who asks.
    """

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self.notes = notes
        self.why: str | None = None  # None while nobody has asked
        self.cut_epoch = False

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.why = self.notes.why_to_stop()
        if self.why is not None:
            self.model.stop_training = True
            self.cut_epoch = batch + 1 < self.params["steps"]


class Checkpoint(keras.callbacks.Callback):
    """Keeps what a training can go on from: weights and optimizer after the last whole epoch.

    Keras's BackupAndRestore deletes its checkpoint when a training ends, also by a stop, and counts
    an epoch that was cut short as done; and a kill while it writes leaves a file that it cannot
    read. Here a file counts when it has its final name, which it gets when it is whole.

    Args:
        folder: holds one file, `epoch-NNN.npz`, named by the epochs that are done.
        stop: knows whether the epoch was cut short; then it is trained again, from its start.
    """

    def __init__(self, folder: Path, stop: StopWhenAsked) -> None:
        super().__init__()
        self.folder, self.stop = folder, stop

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if not self.stop.cut_epoch:
            save_checkpoint(self.model, self.folder, epoch + 1)


def save_checkpoint(model: keras.Model, folder: Path, epochs_done: int) -> None:
    """Write what `restore_checkpoint` reads, whole or not at all, and remove the one before."""
    folder.mkdir(exist_ok=True)
    draft, target = folder / "draft", folder / f"epoch-{epochs_done:03d}.npz"
    with draft.open("wb") as file:
        np.savez(file, **{f"v{i}": v.numpy() for i, v in enumerate(_variables(model))})
        file.flush()
        os.fsync(file.fileno())  # the machine may go down, too
    os.replace(draft, target)
    for other in folder.glob("epoch-*.npz"):
        if other != target:
            other.unlink(missing_ok=True)


def restore_checkpoint(model: keras.Model, path: Path) -> None:
    """Put weights and the optimizer's state back, exactly, into a compiled model.

    Raises:
        RunError: the file is of another network, or cannot be read.
    """
    model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    try:
        with np.load(path, allow_pickle=False) as saved:
            values = [saved[f"v{i}"] for i in range(len(variables))]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    except Exception as error:  # zip, numpy and Keras each have their own kinds
        raise RunError(f"The checkpoint {path.name} cannot be used: {error}.") from None


def _variables(model: keras.Model) -> list:
    return [*model.weights, *model.optimizer.variables]
