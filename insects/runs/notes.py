"""How far a run is, written for whoever watches its directory."""

import json
import os
import time
from typing import Any

from insects.errors import StoppedError
from insects.runs.queue import NOTHING_LEARNED
from insects.runs.run import Run
from insects.storage import Progress, write_atomically

SECONDS_BETWEEN = 0.5
MAX_LOG_BYTES = 1_000_000


class Notes:
    """Writes `progress.json` at most twice a second, and listens for who wants the run to stop.

    Args:
        run: what it writes into.
        on_progress: told of each step, too.
        minutes: from now, after which the run has to stop; None for no limit.
    """

    def __init__(
        self, run: Run, on_progress: Progress = lambda *_: None, minutes: float | None = None
    ) -> None:
        self._run, self._on_progress, self._minutes = run, on_progress, minutes
        self._deadline = time.monotonic() + minutes * 60 if minutes else None
        self._facts: dict[str, Any] = {}
        self._stage, self._began, self._first, self._written = "", 0.0, 0, 0.0
        self.breaks_off = True  # while there is nothing to keep

    def __call__(self, stage: str, step: int, of: int) -> None:
        """Note a step, as any `Progress`.

        Raises:
            StoppedError: somebody wants the run to stop, and it has learned nothing yet.
        """
        self.note(stage, step, of, photos_a_step=1 if "photos" in stage else 0)
        if self.breaks_off and self.why_to_stop() is not None:
            raise StoppedError(NOTHING_LEARNED)

    def note(self, stage: str, step: int, of: int, photos_a_step: int = 0, **facts: Any) -> None:
        """Note a step with further facts, which later notes repeat."""
        self._on_progress(stage, step, of)
        self._facts.update(facts)
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._first = stage, now, step
        elif now - self._written < SECONDS_BETWEEN and step < of:
            return
        self._written = now
        rate = (step - self._first) / (now - self._began) if step > self._first else 0.0
        speed = {"photos_per_second": round(rate * photos_a_step, 1)} if photos_a_step else {}
        left = {"seconds_left": round((of - step) / rate, 1)} if rate else {}
        found = {"stage": stage, "step": step, "of": of, **self._facts, **speed, **left}
        write_atomically(self._run.path / "progress.json", json.dumps(found))
        self._bound_log()

    def why_to_stop(self) -> str | None:
        """Return why the run has to stop now, or None where it may go on."""
        if self._run.wants_to_stop:
            return ""
        if self._deadline is not None and time.monotonic() > self._deadline:
            return f"its {self._minutes:g} minutes were over"
        return None

    def _bound_log(self) -> None:
        """Empty a log that has grown beyond any use."""
        log = self._run.path / "log"
        try:
            if log.stat().st_size > MAX_LOG_BYTES:
                os.truncate(log, 0)
        except OSError:
            return
