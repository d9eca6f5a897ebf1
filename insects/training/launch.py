"""Start, stop and resume trainings, each in a process of its own that outlives whoever asked.

TensorFlow is never imported here: a server asks, and a run that waits for its turn takes little.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from insects.datasets import Dataset
from insects.errors import RunError, SettingsError
from insects.networks import Recipe
from insects.runs import NAME, Run, delete_run, free_run, install
from insects.runs.queue import place, waiting
from insects.storage import write_atomically
from insects.training.limits import check_fit, limits, tidy_runs
from insects.training.settings import LIMITS, Settings

__all__ = ["create", "delete", "place", "requeue", "resume", "start", "stop"]

NICENESS = 10  # those who explain photos come first
ROOT = Path(__file__).parents[2]


def start(settings: Settings) -> Run:
    """Start a training in a process of its own; it waits there until no other one goes on.

    Raises:
        SettingsError: a setting is out of range, or the training does not fit this host.
        DatasetError: the photos are missing.
        RunError: too many wait already, or no process can be started.
    """
    recipe = settings.checked_recipe()
    settings.check_dataset()
    most = limits()
    _require_room(settings.owner)
    dataset = settings.load_dataset()
    minutes = min(settings.minutes or most.minutes, most.minutes)
    check_fit(settings.network, len(dataset.photos), recipe, minutes)
    tidy_runs()
    run = create(replace(settings, minutes=minutes), dataset)
    _spawn(run)
    return run


def stop(run: Run, owner: str | None = None) -> None:
    """Ask a training to end after its batch; what it has learned is kept.

    Args:
        owner: the token of the visitor who asks; None for the command line, which may do all.

    Raises:
        RunError: it is another visitor's, or does not go on.
    """
    _require_owner(run, owner)
    if not run.is_alive:
        raise RunError(f"The run {run.name} is not being trained.")
    run.ask_to_stop()


def resume(run: Run, owner: str | None = None, epochs: int | None = None) -> None:
    """Let a run go on from its last whole epoch, in a process of its own.

    Args:
        owner: as for `stop`.
        epochs: in all; None for as many as it was to have.

    Raises:
        SettingsError: it does not fit this host.
        RunError: it is another visitor's, goes on already, or cannot go on.
    """
    _require_owner(run, owner)
    recipe = _recipe_to_go_on(run, epochs)
    if owner is not None:
        _require_room(owner)
        if recipe.epochs > limits().epochs:
            raise SettingsError(f"At most {limits().epochs} epochs are possible here.")
        left = replace(recipe, epochs=recipe.epochs - run.epochs_done)
        check_fit(run.config["network"], run.config.get("photos", 0), left)
    requeue(run, epochs)
    _spawn(run)


def delete(run: Run, owner: str | None = None) -> None:
    """Remove a run.

    Args:
        owner: as for `stop`.

    Raises:
        RunError: it is another visitor's, shipped, or being trained.
    """
    _require_owner(run, owner)
    delete_run(run)


def create(settings: Settings, dataset: Dataset, path: Path | None = None) -> Run:
    """Make the directory of a run that is to be trained, as queued.

    Args:
        dataset: need not be split yet.
        path: by default a free one in the runs folder, named by the settings.

    Raises:
        SettingsError: the path cannot name a run.
        RunError: it is taken.
    """
    if path and not NAME.fullmatch(path.name):
        raise SettingsError(f"{path.name!r} cannot name a run: use letters, digits and . _ -")
    config = {
        **settings.to_config(),
        "dataset": dataset.name,
        "class_names": dataset.class_names,
        "photos": len(dataset.photos),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("keras", "numpy", "ai-edge-litert")},
    }
    files: dict[str, str | bytes] = {"config.json": as_text(config), "status": "queued\n"}
    return install(path, files) if path else free_run(settings.run_name, files)


def requeue(run: Run, epochs: int | None = None) -> Run:
    """Make a run that has ended ready to go on, and return it as it is then.

    Args:
        epochs: in all; None for as many as it was to have.

    Raises:
        SettingsError: so many epochs cannot be.
        RunError: it goes on already, or cannot go on.
    """
    recipe = _recipe_to_go_on(run, epochs)
    config = {**run.config, "recipe": recipe.to_dict()}
    write_atomically(run.path / "config.json", as_text(config))
    (run.path / "stop").unlink(missing_ok=True)
    run.set_status("queued")
    return Run(run.path)


def as_text(config: dict[str, Any]) -> str:
    """Return a config as it stands in a run directory."""
    return json.dumps(config, indent=1) + "\n"


def _recipe_to_go_on(run: Run, epochs: int | None) -> Recipe:
    """Return the recipe of a run with the epochs it is to have in all."""
    if run.is_shipped or run.config.get("imported"):
        raise RunError(f"The run {run.name} was not trained here, so it cannot go on here.")
    if run.is_alive:
        raise RunError(f"The run {run.name} is being trained already.")
    recipe = Settings.from_config(run.config).checked_recipe()
    recipe = replace(recipe, epochs=epochs or recipe.epochs)
    low, high = LIMITS["epochs"]
    if not low <= recipe.epochs <= high:
        raise SettingsError(f"epochs must be from {low:g} to {high:g}, not {recipe.epochs}.")
    if recipe.epochs < run.epochs_done or (
        recipe.epochs == run.epochs_done and run.status[0] == "finished"
    ):
        raise RunError(f"The run {run.name} has had {run.epochs_done} epochs; ask for more.")
    if run.status[0] == "finished" and run.checkpoint is None:
        raise RunError(f"The run {run.name} has nothing to go on from.")
    return recipe


def _require_owner(run: Run, owner: str | None) -> None:
    if owner is not None and not run.is_owned_by(owner):
        raise RunError("Only the visitor who started this training can do that.")


def _require_room(owner: str) -> None:
    """Raise RunError where too many trainings wait."""
    most, queued = limits(), waiting()
    if owner and sum(run.is_owned_by(owner) for run in queued) >= most.queued_per_owner:
        raise RunError(
            f"{most.queued_per_owner} of your trainings wait already; stop one, or let one end."
        )
    if len(queued) >= most.queued:
        raise RunError(f"{len(queued)} trainings wait already; please try again later.")


def _spawn(run: Run) -> None:
    """Start the process that trains a queued run; all it needs to know is in the run's directory.

    Raises:
        RunError: the system cannot.
    """
    # The working directory stays, since paths in the environment may be relative to it.
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "insects", "train-queued", str(run.path.resolve())]
    try:
        with (run.path / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                **_apart(),
            )
    except OSError as error:
        with contextlib.suppress(OSError):  # the directory itself may be gone
            run.set_status("failed", f"no process could be started: {error.strerror}")
        raise RunError(f"No process could be started: {error.strerror}.") from None
    if hasattr(os, "setpriority"):
        _be_nice(process.pid)
    # Nobody waits for it but this thread, without which the system would keep the dead process.
    threading.Thread(target=process.wait, name="training", daemon=True).start()


def _apart() -> dict[str, Any]:
    """Return how a process is started that does not end with this one."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        return {"creationflags": flags | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _be_nice(process: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, process, NICENESS)
    except ProcessLookupError:  # it has ended already, and its status says why
        return
