"""Explanations that run in the background, so that every click is answered at once."""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from insects.errors import InsectsError, StoppedError
from insects.explanation import Settings

# More visitors than this at once wait for their turn; each of these gets its share of the cores.
AT_ONCE = 4
# A page asks twice a second, in a hidden tab once a minute. One silent for so long is gone.
ABANDONED_SECONDS = 150
KEPT_RESULTS = 64
KEPT_PIXEL_MAPS = 8  # 2 MB each

# What it yields is an explanation, or a check of one: each has `nsamples`, and the last counts.
Work = Callable[[Callable[[int, int], None]], Iterator[Any]]


class Job:
    """One explanation on its way. A page reads its fields; the worker thread writes them.

    Args:
        key: equal for equal work; the settings of the explanation are a part of it.
        of: evaluations in all; where it is pixelwise, background photos.
    """

    def __init__(self, key: tuple, of: int) -> None:
        self.key = key
        self.is_pixelwise = any(isinstance(k, Settings) and k.is_pixelwise for k in key)
        self.spent, self.of = 0, of
        self.explanation: Any = None  # the last that the work yielded
        self.error = ""
        self.state = "waiting"  # then running; then done, stopped or failed
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
        if self.state == "waiting":  # nobody has to wait for its turn to see it stopped
            self.state = "stopped"

    def run(self, work: Work) -> None:
        """Do the work, and never raise: what went wrong is in `error`, for people to read."""
        try:
            self._report(0, self.of)
            self.state = "running"
            for explanation in work(self._report):
                self.explanation = explanation
            self.state = "done"
        except StoppedError:
            self.state = "stopped"
        except InsectsError as error:
            self.error, self.state = str(error), "failed"
        except Exception:
            logging.getLogger(__name__).exception("an explanation failed")
            self.error = "Something went wrong on our side while explaining. Please try once more."
            self.state = "failed"

    def _report(self, spent: int, of: int) -> None:
        self.spent, self.of = spent, of
        if self._stop.is_set() or time.monotonic() - self._asked > ABANDONED_SECONDS:
            raise StoppedError("The explanation was stopped.")


class Queue:
    """Runs jobs in their order, and keeps the latest results by their key.

    Args:
        at_once: jobs that run at the same time.
        kept: results that are kept.
    """

    def __init__(self, at_once: int, kept: int) -> None:
        self._queue: queue.SimpleQueue[tuple[Job, Work]] = queue.SimpleQueue()
        self._waiting: list[Job] = []
        self._results: OrderedDict[tuple, Any] = OrderedDict()
        self._kept = kept
        self._lock = threading.Lock()
        for _ in range(at_once):  # daemons: the server does not wait for them when it ends
            threading.Thread(target=self._work, name="explain", daemon=True).start()

    def start(self, job: Job, work: Work) -> None:
        """Take a job in; where an equal one was finished before, it is done already."""
        with self._lock:
            if known := self._results.get(job.key):
                self._results.move_to_end(job.key)
                job.explanation, job.spent, job.state = known, known.nsamples, "done"
                job._ended.set()
                return
            self._waiting.append(job)
        self._queue.put((job, work))

    def place(self, job: Job) -> int:
        """Return how many jobs that somebody still wants are before this one."""
        with self._lock:
            if job not in self._waiting:
                return 0
            before = self._waiting[: self._waiting.index(job)]
            return sum(other.state == "waiting" for other in before)

    def _work(self) -> None:
        while True:
            self._run(*self._queue.get())

    def _run(self, job: Job, work: Work) -> None:
        with self._lock:
            self._waiting.remove(job)
        job.run(work)
        if job.state == "done" and job.explanation:
            with self._lock:
                self._results[job.key] = job.explanation
                while len(self._results) > self._kept:
                    self._results.popitem(last=False)
        job._ended.set()


class Jobs:
    """The queues of all visitors' explanations.

    Those by pixel have one of their own, one at a time: each is a process of 1 GB, and while they
    wait for each other they take no place from explanations that the server computes itself.
    """

    def __init__(self) -> None:
        self._quick = Queue(AT_ONCE, KEPT_RESULTS)
        self._pixelwise = Queue(1, KEPT_PIXEL_MAPS)

    def start(self, key: tuple, of: int, work: Work) -> Job:
        """Return a job for the work: done already where an equal one was finished before."""
        job = Job(key, of)
        self._queue_of(job).start(job, work)
        return job

    def place(self, job: Job) -> int:
        """Return how many jobs are before this one in its queue."""
        return self._queue_of(job).place(job)

    def _queue_of(self, job: Job) -> Queue:
        return self._pixelwise if job.is_pixelwise else self._quick
