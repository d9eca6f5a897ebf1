"""Run directories: the one form in which a trained network lives, shipped and trained alike."""

import csv
import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from insects.datasets import is_folder, uploads
from insects.errors import RunError
from insects.storage import cache_folder, write_atomically

ENVIRONMENT = "INSECTS_RUNS"
SHIPPED = Path(__file__).parent / "pretrained"
STATES = ("queued", "running", "finished", "stopped", "failed")
# A name is also a folder's name, so it may hold nothing that leads out of the runs folder.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


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
        if self.is_shipped or not is_private:
            return True
        return bool(uploads.TOKEN.fullmatch(owner)) and key == uploads.owner_key(owner)

    @property
    def status(self) -> tuple[str, str]:
        """The state, one of `STATES`, and why, often empty."""
        try:
            state, _, why = (self.path / "status").read_text().strip().partition(" ")
        except OSError:
            return "failed", "it has no status"
        return (state, why) if state in STATES else ("failed", f"its status is {state!r}")

    @property
    def metrics(self) -> dict[str, Any]:
        """Accuracy, loss and confusion matrix per part, as `insects.training` wrote them."""
        return self._read_json("metrics.json")

    @property
    def history(self) -> list[dict[str, float]]:
        """One row an epoch: epoch, loss, accuracy, val_loss, val_accuracy."""
        try:
            with (self.path / "history.csv").open(newline="") as file:
                rows = [row for row in csv.DictReader(file) if all(row.values())]
                return [{k: float(v) for k, v in row.items()} for row in rows]
        except OSError:
            return []

    def require_finished(self) -> "Run":
        """Return self.

        Raises:
            RunError: there is no trained network in the directory yet.
        """
        state, why = self.status
        if state not in ("finished", "stopped"):
            raise RunError(f"The run {self.name} is {state}{': ' + why if why else ''}.")
        return self

    def set_status(self, state: str, why: str = "") -> None:
        """Write the state, whole or not at all."""
        write_atomically(self.path / "status", f"{state} {why}".strip() + "\n")

    def _read_json(self, file_name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.path / file_name).read_text())
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise RunError(f"The run {self.name} has no readable {file_name}.")
        return found


def runs_folder() -> Path:
    """Return the folder of the runs trained on this machine; it need not exist yet."""
    return Path(os.environ.get(ENVIRONMENT) or cache_folder() / "runs")


def list_runs(owner: str | None = None) -> list[Run]:
    """Return all runs: the shipped ones, then those trained here, each by name.

    Args:
        owner: a visitor's token, or "" for one without, to get those they may see alone.
    """
    runs = [
        Run(path.parent)
        for folder in (SHIPPED, runs_folder())
        for path in sorted(folder.glob("*/config.json"))
        if not path.parent.name.startswith(".")  # about to be deleted
    ]
    return [run for run in runs if owner is None or run.is_visible_to(owner)]


def find_run(name_or_path: str | Path, owner: str | None = None) -> Run:
    """Return the run of that name, shipped ones first, or in that directory.

    Args:
        owner: as for `list_runs`; what a visitor may not see is not there for them.

    Raises:
        RunError: there is none.
    """
    text = str(name_or_path)
    candidates = [Path(text)]
    if NAME.fullmatch(text):
        candidates = [SHIPPED / text, runs_folder() / text, *candidates]
    for path in candidates:
        if (path / "config.json").is_file() and (owner is None or Run(path).is_visible_to(owner)):
            return Run(path)
    known = ", ".join(run.name for run in list_runs(owner)) or "none yet"
    raise RunError(f"There is no run {text!r}; there are: {known}.")


def delete_run(run: Run) -> None:
    """Remove a run, and the visitor's dataset that it was the last run on.

    Raises:
        RunError: the run is shipped, or is not there any more.
    """
    if run.is_shipped:
        raise RunError(f"The run {run.name} is part of this program and stays.")
    dataset = run.dataset
    gone = run.path.with_name(f".deleted-{secrets.token_hex(8)}")
    try:
        run.path.rename(gone)  # in one step: nobody ever finds half a run
    except OSError as error:
        raise RunError(f"The run {run.name} cannot be deleted: {error.strerror}.") from None
    shutil.rmtree(gone, ignore_errors=True)
    if dataset:
        uploads.release(dataset)
