"""The folder of the runs that were trained here, beside those that are shipped."""

import itertools
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from insects.errors import RunError
from insects.runs.run import NAME, SHIPPED, Run
from insects.storage import cache_folder

ENVIRONMENT = "INSECTS_RUNS"
MAX_NAME = 80


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
        if not path.parent.name.startswith(".")  # being made, or about to be deleted
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


def install(path: Path, files: Mapping[str, str | bytes]) -> Run:
    """Make a run directory with these files; nobody ever finds half of it.

    Args:
        files: path in the directory -> content.

    Raises:
        RunError: there is something at that path already.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        for name, content in files.items():
            file = draft / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        if path.exists():
            raise _taken(path)
        try:
            draft.rename(path)
        except OSError:
            raise _taken(path) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Run(path)


def free_run(name: str, files: Mapping[str, str | bytes]) -> Run:
    """Make a run in the runs folder, under a name with a number where the name is taken."""
    for number in itertools.count(1):
        ending = "" if number == 1 else f"-{number}"
        path = runs_folder() / f"{name[: MAX_NAME - len(ending)]}{ending}"
        if path.exists() or (SHIPPED / path.name).exists():
            continue
        try:
            return install(path, files)
        except RunError:
            if not path.exists():  # the folder itself is the trouble
                raise
    raise AssertionError("numbers do not end")


def delete_run(run: Run) -> None:
    """Remove a run; the photos it was trained on stay.

    Raises:
        RunError: the run is shipped, is being trained, or is not there any more.
    """
    if run.is_shipped:
        raise RunError(f"The run {run.name} is part of this program and stays.")
    if run.is_alive:
        raise RunError(f"The run {run.name} is being trained or waits to be; stop it first.")
    gone = run.path.with_name(f".deleted-{secrets.token_hex(8)}")
    try:
        run.path.rename(gone)  # in one step: nobody ever finds half a run
    except OSError as error:
        raise RunError(f"The run {run.name} cannot be deleted: {error.strerror}.") from None
    shutil.rmtree(gone, ignore_errors=True)


def size_of(path: Path) -> int:
    """Return how many bytes the files below a folder have; what has just gone has none."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
    return total


def _taken(path: Path) -> RunError:
    return RunError(f"There is a run at {path} already; choose another name.")
