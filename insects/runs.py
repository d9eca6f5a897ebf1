"""Run directories: the one form in which a trained network lives, shipped and trained alike."""

import csv
import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

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
        """Network, dataset, split, class_names, image_size, seed, hyper-parameters, versions."""
        return self._read_json("config.json")

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
            return json.loads((self.path / file_name).read_text())
        except (OSError, ValueError):
            raise RunError(f"The run {self.name} has no readable {file_name}.") from None


def runs_folder() -> Path:
    """Return the folder of the runs trained on this machine; it need not exist yet."""
    return Path(os.environ.get(ENVIRONMENT) or cache_folder() / "runs")


def list_runs() -> list[Run]:
    """Return all runs: the shipped ones, then those trained here, each by name."""
    return [
        Run(path.parent)
        for folder in (SHIPPED, runs_folder())
        for path in sorted(folder.glob("*/config.json"))
    ]


def find_run(name_or_path: str | Path) -> Run:
    """Return the run of that name, shipped ones first, or in that directory.

    Raises:
        RunError: there is none.
    """
    text = str(name_or_path)
    candidates = [Path(text)]
    if NAME.fullmatch(text):
        candidates = [SHIPPED / text, runs_folder() / text, *candidates]
    for path in candidates:
        if (path / "config.json").is_file():
            return Run(path)
    known = ", ".join(run.name for run in list_runs()) or "none yet"
    raise RunError(f"There is no run {text!r}; there are: {known}.")
