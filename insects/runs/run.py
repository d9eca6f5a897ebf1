"""A run directory, read when asked."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from insects.datasets import is_folder, uploads
from insects.errors import RunError
from insects.runs import reading
from insects.runs.locks import held, is_locked
from insects.storage import write_atomically

SHIPPED = Path(__file__).parents[1] / "pretrained"
STATES = ("queued", "running", "finished", "stopped", "failed")
GOING_ON = ("queued", "running")
# A name is also a folder's name, so it may hold nothing that leads out of the runs folder.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
CHECKPOINT = re.compile(r"epoch-(\d{3,6})\.npz")
SECONDS_TO_START = 60  # until a process that was just started holds its lock, on a busy machine
STALE = "its process ended unexpectedly; it can be resumed"


@dataclass(frozen=True)
class Run:
    """A run directory, read when asked and never kept in memory longer than the object."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_shipped(self) -> bool:
        return self.path.parent == SHIPPED

    @cached_property
    def config(self) -> dict[str, Any]:
        """Network, dataset, split, class_names, image_size, seed, hyper-parameters, versions.

        A run that a visitor started has `owner` too (see `insects.datasets.uploads.owner_key`).
        """
        return self._read_json("config.json")

    @property
    def dataset(self) -> str:
        """The name of the dataset it was trained on, nothing where nobody knows."""
        try:
            return str(self.config.get("dataset", ""))
        except RunError:
            return ""

    # Whose it is

    def is_visible_to(self, owner: str) -> bool:
        """Return whether a visitor may see the run; one on a visitor's photos is theirs alone.

        Args:
            owner: the visitor's token, or nothing where they have none.
        """
        try:
            key = self.config.get("owner")
        except RunError:  # nobody knows whose it is
            return False
        # The folder of visitors may be another by now, so the run's word counts too.
        is_private = uploads.is_private(self.dataset) or (key and is_folder(self.dataset))
        return self.is_shipped or not is_private or self.is_owned_by(owner)

    def is_owned_by(self, owner: str) -> bool:
        """Return whether the visitor of that token started the run, and so may end it."""
        try:
            key = self.config.get("owner")
        except RunError:
            return False
        return bool(uploads.TOKEN.fullmatch(owner)) and key == uploads.owner_key(owner)

    @property
    def is_pinned(self) -> bool:
        """Whether somebody put a file `pinned` into it: it is never tidied away."""
        return (self.path / "pinned").exists()

    # How it is

    @property
    def status(self) -> tuple[str, str]:
        """The state, one of `STATES`, and why, often empty.

        A run whose process is gone has failed, whatever the process wrote last; if it was going on
        from results that are still there, it has stopped.
        """
        written = self._written_status()
        if written[0] not in GOING_ON or self._has_a_process(written[0]):
            return written
        latest = self._written_status()  # it may have ended well between the two questions
        if latest[0] not in GOING_ON:
            return latest
        return "stopped" if self.has_results else "failed", STALE

    @property
    def has_results(self) -> bool:
        """Whether a whole model is there: the metrics go before it is replaced, and come last."""
        return (self.path / "metrics.json").is_file() and (self.path / "model.tflite").is_file()

    @property
    def is_alive(self) -> bool:
        """Whether a process trains it or waits to; one that was just started counts."""
        return is_locked(self.path / "lock") or self.status[0] in GOING_ON

    def set_status(self, state: str, why: str = "") -> None:
        """Write the state, whole or not at all."""
        write_atomically(self.path / "status", f"{state} {' '.join(why.split())}".strip() + "\n")

    @property
    def queued_at(self) -> float:
        """When its status last changed, seconds since 1970: while it waits, when that began."""
        try:
            return (self.path / "status").stat().st_mtime_ns / 1e9
        except OSError:
            return 0.0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Be the process that trains this run, while the block runs.

        Raises:
            RunError: another process is.
        """
        with held(self.path / "lock") as got:
            if not got:
                raise RunError(f"The run {self.name} is being trained already.")
            yield

    def ask_to_stop(self, why: str = "") -> None:
        """Leave word for the process that trains it; it looks after each batch."""
        write_atomically(self.path / "stop", why + "\n")

    @property
    def wants_to_stop(self) -> bool:
        """Whether somebody asked it to."""
        return os.path.exists(self.path / "stop")

    @property
    def edition(self) -> str:
        """A text that is another one when its network or classes are: a key of what is kept.

        The temperature is not in it; see `insects.predictions.temperature_of`.

        Raises:
            RunError: it has no network.
        """
        try:
            files = [(self.path / name).stat() for name in ("config.json", "model.tflite")]
        except OSError:
            raise RunError(f"The run {self.name} has no network.") from None
        return "-".join(f"{f.st_ino:x}.{f.st_mtime_ns:x}.{f.st_size:x}" for f in files)

    def require_queued(self) -> None:
        """Check that it was queued and not begun since, by what is written in its directory alone.

        Raises:
            RunError: it was not.
        """
        state, why = self._written_status()
        if state != "queued":
            said = f"{state}{': ' + why if why else ''}"
            raise RunError(f"The run {self.name} does not wait to be trained; it is {said}.")

    def require_finished(self) -> "Run":
        """Return self.

        Raises:
            RunError: there is no trained network in the directory yet.
        """
        state, why = self.status
        if state not in ("finished", "stopped"):
            raise RunError(f"The run {self.name} is {state}{': ' + why if why else ''}.")
        return self

    # What it wrote

    @property
    def metrics(self) -> dict[str, Any]:
        """Accuracy, loss and confusion matrix per part, as `insects.training` wrote them."""
        return self._read_json("metrics.json")

    @property
    def history(self) -> list[dict[str, float]]:
        """One row an epoch: epoch, loss, accuracy, val_loss, val_accuracy."""
        return reading.read_rows(self.path / "history.csv")

    @property
    def batches(self) -> list[dict[str, float]]:
        """Rows of step, epoch, loss and accuracy of the training photos, at most 1,000."""
        return reading.read_rows(self.path / "batches.csv")

    @property
    def progress(self) -> dict[str, Any]:
        """What is being done and how far, empty where nobody knows.

        `stage` with `step` and `of`; while it learns also `epoch` (from 0), `epochs`,
        `steps_per_epoch`, `photos_per_second`; `seconds_left` of the stage where it is known.
        """
        return reading.read_note(self.path / "progress.json")

    def confusion(self, epoch: int) -> np.ndarray | None:
        """Return the confusion matrix of the test photos after an epoch, from 0, if it is there."""
        return reading.read_matrix(self.path / "confusion" / f"{epoch:03d}.csv")

    @property
    def checkpoint(self) -> Path | None:
        """The file from which it can go on, after its last whole epoch."""
        try:
            files = list((self.path / "checkpoint").iterdir())
        except OSError:
            return None
        found = (file for file in files if CHECKPOINT.fullmatch(file.name))
        return max(found, key=_epochs_in, default=None)

    @property
    def epochs_done(self) -> int:
        """How many whole epochs it has learned; one that was cut short is not counted."""
        if checkpoint := self.checkpoint:
            return _epochs_in(checkpoint)
        if self.is_shipped or self._written_status()[0] == "finished":
            return len(self.history)
        return 0

    def _written_status(self) -> tuple[str, str]:
        try:
            state, _, why = (self.path / "status").read_text().strip().partition(" ")
        except OSError:
            return "failed", "it has no status"
        return (state, why) if state in STATES else ("failed", f"its status is {state!r}")

    def _has_a_process(self, state: str) -> bool:
        if is_locked(self.path / "lock"):
            return True
        return state == "queued" and time.time() - self.queued_at < SECONDS_TO_START

    def _read_json(self, file_name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.path / file_name).read_text())
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise RunError(f"The run {self.name} has no readable {file_name}.")
        return found


def _epochs_in(checkpoint: Path) -> int:
    return int(CHECKPOINT.fullmatch(checkpoint.name)[1])  # type: ignore[index]
