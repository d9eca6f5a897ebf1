"""Explanations that run in the background, so that every click is answered at once."""

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from insects.errors import InsectsError, StoppedError
from insects.explanation import Explanation

# More visitors than this at once wait for their turn; each of these gets its share of the cores.
AT_ONCE = 4
# A page asks twice a second, in a hidden tab once a minute. One silent for so long is gone.
ABANDONED_SECONDS = 150
KEPT_RESULTS = 64

Work = Callable[[Callable[[int, int], None]], Iterator[Explanation]]


class Job:
    """One explanation on its way. A page reads its fields; only the worker thread writes them.

    Args:
        key: equal for equal work.
        of: evaluations in all.
    """

    def __init__(self, key: tuple, of: int) -> None:
        self.key = key
        self.spent, self.of = 0, of
        self.explanation: Explanation | None = None
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


class Jobs:
    """Runs jobs, a few at once, and keeps the latest results of all visitors by their key."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[tuple[Job, Work]] = queue.SimpleQueue()
        self._waiting: list[Job] = []
        self._results: OrderedDict[tuple, Explanation] = OrderedDict()
        self._lock = threading.Lock()
        for _ in range(AT_ONCE):  # daemons: the server does not wait for them when it ends
            threading.Thread(target=self._work, name="explain", daemon=True).start()

    def start(self, key: tuple, of: int, work: Work) -> Job:
        """Return a job for the work: done already where an equal one was finished before."""
        job = Job(key, of)
        with self._lock:
            if known := self._results.get(key):
                self._results.move_to_end(key)
                job.explanation, job.spent, job.state = known, known.nsamples, "done"
                job._ended.set()
                return job
            self._waiting.append(job)
        self._queue.put((job, work))
        return job

    def place(self, job: Job) -> int:
        """Return how many jobs are before this one in the queue."""
        with self._lock:
            return self._waiting.index(job) if job in self._waiting else 0

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
                while len(self._results) > KEPT_RESULTS:
                    self._results.popitem(last=False)
        job._ended.set()
