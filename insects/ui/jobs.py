"""Explanations that run in the background, so that every click is answered at once."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from insects.errors import InsectsError, StoppedError
from insects.explanation import Settings
from insects.ui.memory import Results

# More visitors than this at once wait for their turn; each of these gets its share of the cores.
AT_ONCE = 4
# A page asks twice a second, in a hidden tab once a minute. One silent for so long is gone.
ABANDONED_SECONDS = 150
KEPT_RESULTS = 64
KEPT_PIXEL_MAPS = 8  # 2 MB each
ENDED = ("done", "stopped", "failed")

# What it yields is an explanation, or a check of one: each has `nsamples`, and the last counts.
Work = Callable[[Callable[[int, int], None]], Iterator[Any]]


class Job:
    """One explanation on its way. A page reads its fields; the worker thread writes them.

    Its state goes one way: waiting, running, and then done, stopped or failed for good.

    Args:
        key: equal for equal work; the settings of the explanation are a part of it.
        of: evaluations in all; where it is pixelwise, background photos.
        results: where to keep what is found; by default nowhere.
    """

    def __init__(self, key: tuple, of: int, results: Results | None = None) -> None:
        self.key = key
        self.results = results
        self.is_pixelwise = any(isinstance(k, Settings) and k.is_pixelwise for k in key)
        self.spent, self.of = 0, of
        self.explanation: Any = None  # the last that the work yielded
        self.error = ""
        self.state = "waiting"
        self._changing = threading.Lock()  # the page that stops it and the worker both write it
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._asked = time.monotonic()

    def poll(self) -> bool:
        """Return whether there is more to come, and note that somebody still asks."""
        self._asked = time.monotonic()
        return self.state in ("waiting", "running")

    def wait(self) -> None:
        """Return when there is nothing more to come."""
        self._ended.wait()

    def stop(self) -> None:
        """End the work after its current batch; what has been found is kept."""
        self._stop.set()
        self._turn_to("stopped", only_if="waiting")  # to see that, nobody has to wait for its turn

    def stop_if_abandoned(self) -> None:
        """End the work where no page has asked for so long that all of them must be gone."""
        if time.monotonic() - self._asked > ABANDONED_SECONDS:
            self.stop()

    def run(self, work: Work) -> None:
        """Do the work, and never raise: what went wrong is in `error`, for people to read."""
        if not self._turn_to("running", only_if="waiting"):
            return
        try:
            self._report(0, self.of)
            for explanation in work(self._report):
                self.explanation = explanation
        except StoppedError:
            self._turn_to("stopped")
        except InsectsError as error:
            self._fail(str(error))
        except Exception:
            logging.getLogger(__name__).exception("an explanation failed")
            self._fail("Something went wrong on our side while explaining. Please try once more.")
        else:
            self.finish(self.explanation)

    def finish(self, explanation: Any) -> None:
        """Be done, with what was found now or before."""
        if explanation and self.results:
            self.results.keep(self.key, self.is_pixelwise, explanation)
        self.explanation = explanation
        self._turn_to("done")

    def _fail(self, error: str) -> None:
        self.error = error
        self._turn_to("failed")

    def _turn_to(self, state: str, only_if: str | None = None) -> bool:
        """Change the state, and return whether it did: an end is never taken back."""
        with self._changing:
            if self.state in ENDED or (only_if and self.state != only_if):
                return False
            self.state = state
        if state in ENDED:
            self._ended.set()
        return True

    def _report(self, spent: int, of: int) -> None:
        self.spent, self.of = spent, of
        self.stop_if_abandoned()
        if self._stop.is_set():
            raise StoppedError("The explanation was stopped.")


class Queue:
    """Runs jobs in their order.

    Args:
        at_once: jobs that run at the same time.
    """

    def __init__(self, at_once: int) -> None:
        self._waiting: list[tuple[Job, Work]] = []
        self._changed = threading.Condition()
        for _ in range(at_once):  # daemons: the server does not wait for them when it ends
            threading.Thread(target=self._work, name="explain", daemon=True).start()

    def start(self, job: Job, work: Work) -> None:
        """Take a job in."""
        with self._changed:
            self._waiting.append((job, work))
            self._changed.notify()

    def place(self, job: Job) -> int:
        """Return how many jobs that somebody still wants are before this one."""
        with self._changed:
            jobs = [waiting for waiting, _ in self._wanted()]
            return jobs.index(job) if job in jobs else 0

    def _work(self) -> None:
        while True:
            self._run(*self._next())

    def _next(self) -> tuple[Job, Work]:
        with self._changed:
            self._changed.wait_for(self._wanted)
            return self._waiting.pop(0)

    def _wanted(self) -> list[tuple[Job, Work]]:
        """Return the jobs that wait; work that nobody wants any more holds a photo no longer."""
        for job, _ in self._waiting:
            job.stop_if_abandoned()
        # In place: each thread that waits holds on to the list that it last looked at.
        self._waiting[:] = [(job, work) for job, work in self._waiting if job.state == "waiting"]
        return self._waiting

    @staticmethod
    def _run(job: Job, work: Work) -> None:
        """Do the work in a frame of its own: a thread that waits for more holds no photo."""
        job.run(work)


class Jobs:
    """The queues of all visitors' explanations.

    Those by pixel have one of their own, one at a time: each is a process of 1 GB, and while they
    wait for each other they take no place from explanations that the server computes itself.
    """

    def __init__(self) -> None:
        self._quick = Queue(AT_ONCE)
        self._pixelwise = Queue(1)

    def start(self, key: tuple, of: int, work: Work, results: Results) -> Job:
        """Return a job for the work: done already where an equal one was finished before.

        Args:
            key, of, results: as of `Job`.
        """
        job = Job(key, of, results)
        if known := results.find(key, job.is_pixelwise):
            job.spent = known.nsamples
            job.finish(known)
        else:
            self._queue_of(job).start(job, work)
        return job

    def place(self, job: Job) -> int:
        """Return how many jobs are before this one in its queue."""
        return self._queue_of(job).place(job)

    def _queue_of(self, job: Job) -> Queue:
        return self._pixelwise if job.is_pixelwise else self._quick
