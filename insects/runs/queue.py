"""One training at a time: who waits, in which order, and how a run that breaks off says so."""

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from insects.errors import StoppedError
from insects.runs.folder import list_runs, runs_folder
from insects.runs.locks import is_locked, try_lock
from insects.runs.run import Run
from insects.storage import Progress

POLL_SECONDS = 0.25
NOTHING_LEARNED = "it was stopped before it had learned anything"


def training_lock() -> Path:
    """Return the file that whoever trains holds a lock on."""
    return runs_folder() / ".training-lock"


def place(run: Run) -> int:
    """Return how many trainings come before a queued run; 0 for one that does not wait."""
    if run.status[0] != "queued":
        return 0
    return len(_waiting_before(run)) + is_locked(training_lock())


def waiting() -> list[Run]:
    """Return the runs that wait for their turn, the first one first."""
    queued = [run for run in list_runs() if not run.is_shipped and run.status[0] == "queued"]
    return sorted(queued, key=lambda run: (run.queued_at, run.name))


def _waiting_before(run: Run) -> list[Run]:
    mine = (run.queued_at, run.name)
    return [other for other in waiting() if (other.queued_at, other.name) < mine]


@contextmanager
def turn(run: Run, on_progress: Progress = lambda *_: None) -> Iterator[None]:
    """Wait until no other training goes on and none waits for longer, then keep them waiting.

    Raises:
        StoppedError: somebody asked the run to stop while it waited.
    """
    runs_folder().mkdir(parents=True, exist_ok=True)
    with training_lock().open("ab") as file:
        while run.wants_to_stop or _waiting_before(run) or not try_lock(file.fileno()):
            if run.wants_to_stop:
                raise StoppedError(NOTHING_LEARNED)
            on_progress("waiting for another training", 0, 1)
            time.sleep(POLL_SECONDS)
        _sign(file)
        run.set_status("running")
        yield


def _sign(file: BinaryIO) -> None:
    """Say which process holds the training lock, for whoever reckons what memory will be free."""
    file.truncate(0)
    file.write(str(os.getpid()).encode())
    file.flush()


def training_process() -> int | None:
    """Return the id of the process that trains now."""
    try:
        return int(training_lock().read_bytes()) if is_locked(training_lock()) else None
    except (OSError, ValueError):
        return None


@contextmanager
def underway(run: Run) -> Iterator[None]:
    """Hold a queued run while the block trains it; whatever breaks that off, the status tells.

    Raises:
        RunError: another process trains it, or has trained it meanwhile.
    """
    with run.hold():
        run.require_queued()
        try:
            yield
        except BaseException as error:
            with contextlib.suppress(OSError):  # the directory is gone, or the disk is full
                run.set_status(*_how_it_ended(run, error))
            raise


def _how_it_ended(run: Run, error: BaseException) -> tuple[str, str]:
    """Return the status of a run that broke off; what it had learned before, it still has."""
    why = str(error) or type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        why = "it was interrupted"
    if run.has_results:
        return "stopped", f"it did not go on: {why}"
    return "failed", why
