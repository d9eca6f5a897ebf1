"""Long work in processes of their own: it takes the server's memory for no moment, and ends."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import insects

# Those who explain photos come first.
NICENESS = 10
LIMIT_SECONDS = 10 * 60
KEPT = 32
ROOT = Path(insects.__file__).parents[1]


class Worker:
    """One command of `python -m insects`. Pages read its fields; only its own thread writes them.

    Args:
        arguments: of the command, `--json` and `--progress` left out.
        then: called in the worker's thread when the command has ended, well or not.
        seconds: it may take.
    """

    def __init__(
        self,
        arguments: list[str],
        then: Callable[[], None] = lambda: None,
        seconds: float = LIMIT_SECONDS,
    ) -> None:
        self.arguments = arguments
        self.state = "waiting"  # then running; then done or failed
        self.result: Any = None
        self.error = ""
        self.ended = threading.Event()
        self._then = then
        self._seconds = seconds
        self._notes: Path | None = None

    @property
    def is_going_on(self) -> bool:
        """Whether there is more to come."""
        return self.state in ("waiting", "running")

    @property
    def progress(self) -> tuple[str, int, int]:
        """What is being done, the steps done and the steps in all, 0 where nobody knows."""
        try:
            note = json.loads(self._notes.read_text()) if self._notes else {}
        except (OSError, ValueError):
            note = {}
        return note.get("stage", "starting"), note.get("done", 0), note.get("of") or 0

    def run(self) -> None:
        """Run the command to its end, and never raise: what went wrong is in `error`."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                self._run(Path(folder))
            self._then()
        except Exception as error:
            self.error = f"This could not be started: {error}."
        self.state = "failed" if self.error else "done"
        self.ended.set()

    def _run(self, folder: Path) -> None:
        self._notes = folder / "progress.json"
        command = [sys.executable, "-m", "insects", *self.arguments, "--json"]
        command += ["--progress", str(self._notes)]
        with (folder / "out").open("w+") as out, (folder / "errors").open("w+") as errors:
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors)
            _make_nice(process)
            self.state = "running"
            try:
                status = process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.error = (
                    f"This took longer than {self._seconds / 60:.0f} minutes and was ended."
                )
                return
            out.seek(0)
            errors.seek(0)
            if status == 0:
                self.result = json.load(out)
            else:
                self.error = _said(errors.read())


class Workers:
    """Runs workers one after the other, and knows the latest of them by their key.

    Args:
        seconds: that each may take.
    """

    def __init__(self, seconds: float = LIMIT_SECONDS) -> None:
        self._seconds = seconds
        self._queue: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._known: dict[Any, Worker] = {}
        self._lock = threading.Lock()
        # A daemon: the server does not wait for it when it ends.
        threading.Thread(target=self._work, name="worker", daemon=True).start()

    def start(
        self, key: Any, arguments: list[str], then: Callable[[], None] = lambda: None
    ) -> Worker:
        """Return the worker of that key: the one that is there, or a new one."""
        with self._lock:
            if known := self._known.get(key):
                return known
            worker = self._known[key] = Worker(arguments, then, self._seconds)
            for old in [k for k, w in self._known.items() if not w.is_going_on][:-KEPT]:
                del self._known[old]
        self._queue.put(worker)
        return worker

    def find(self, key: Any) -> Worker | None:
        """Return the latest worker of that key."""
        with self._lock:
            return self._known.get(key)

    def forget(self, key: Any) -> None:
        """Let the next `start` of that key begin anew."""
        with self._lock:
            self._known.pop(key, None)

    def _work(self) -> None:
        while True:
            self._queue.get().run()


def _make_nice(process: subprocess.Popen) -> None:
    """Let the process yield the cores to the server, where the system can do that."""
    with contextlib.suppress(AttributeError, ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)


def _said(errors: str) -> str:
    """Return the last line of what a failed command said, without its first word."""
    lines = errors.strip().splitlines()
    if lines and lines[-1].startswith("error: "):
        return lines[-1].removeprefix("error: ")
    return "This ended before it was done; perhaps the server ran out of memory. Please try again."
