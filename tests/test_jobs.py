"""Explanations in the background: done once, stopped with what there is, and never a traceback."""

import logging
import threading
import weakref

import numpy as np
import pytest
from made_explanations import in_nine_parts

from insects.errors import SettingsError, StoppedError
from insects.ui import jobs as module
from insects.ui.jobs import AT_ONCE, Job, Jobs
from insects.ui.memory import Results

RESULT = in_nine_parts([0.1] * 9)
BETTER = in_nine_parts([0.2] * 9)
PLAIN = "Something went wrong"
KEPT = 3


class KnownJobs(Jobs):
    """Jobs that remember what they started, so that a test can wait for it, and what they found."""

    def __init__(self):
        super().__init__()
        self.started = []
        self.results = Results(KEPT, KEPT)

    def start(self, key, of, work, results=None):
        self.started.append(super().start(key, of, work, results or self.results))
        return self.started[-1]


@pytest.fixture
def jobs():
    return KnownJobs()


def finish(jobs):
    for job in jobs.started:
        job.wait()


def giving(*explanations):
    """Work that yields these, and counts how often it is done."""

    def work(report):
        work.done += 1
        for i, explanation in enumerate(explanations):
            report(10 * (i + 1), 100)
            yield explanation

    work.done = 0
    return work


def failing(error):
    def work(report):
        yield RESULT
        raise error

    return work


class Blocked:
    """Work that says when it has begun, and waits to be let go."""

    def __init__(self):
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, report):
        self.begun.set()
        self.let_go.wait()
        report(50, 100)
        yield RESULT


# One job


def test_a_new_job_waits():
    job = Job(("key",), 100)
    assert job.state == "waiting"
    assert job.explanation is None
    assert job.poll()


def test_a_job_ends_with_the_last_explanation():
    job = Job(("key",), 100)
    job.run(giving(RESULT, BETTER))
    assert job.state == "done"
    assert job.explanation is BETTER
    assert job.error == ""
    assert not job.poll()


def test_a_running_job_shows_how_far_it_is_and_what_it_has():
    job = Job(("key",), 100)

    def work(report):
        assert job.state == "running"
        report(30, 120)
        assert (job.spent, job.of) == (30, 120)
        yield RESULT
        assert job.explanation is RESULT
        assert job.poll()

    job.run(work)
    assert (job.state, job.error) == ("done", "")


def test_a_stopped_job_keeps_the_explanation_it_had():
    job = Job(("key",), 100)

    def work(report):
        yield RESULT
        job.stop()
        report(20, 100)
        yield BETTER

    job.run(work)
    assert job.state == "stopped"
    assert job.explanation is RESULT
    assert not job.poll()


def test_a_job_stopped_while_it_waits_does_no_work():
    job, work = Job(("key",), 100), giving(RESULT)
    job.stop()
    job.run(work)
    assert job.state == "stopped"
    assert job.explanation is None
    assert work.done == 0


def test_a_page_that_stops_a_job_just_as_it_begins_is_not_overruled(monkeypatch):
    job = Job(("key",), 100)
    real, work = job._report, giving(RESULT)

    def stopped_meanwhile(spent, of):
        job.stop()
        assert job.state == "running"
        real(spent, of)

    monkeypatch.setattr(job, "_report", stopped_meanwhile)
    job.run(work)
    assert job.state == "stopped"
    assert work.done == 0


def test_a_job_that_was_stopped_while_it_waited_never_runs_and_one_that_ended_never_stops():
    job, work = Job(("key",), 100), giving(RESULT)
    job.stop()
    job.wait()
    job.run(work)
    assert (job.state, work.done) == ("stopped", 0)
    done = Job(("key",), 100)
    done.run(work)
    done.stop()
    assert (done.state, done.explanation) == ("done", RESULT)


def test_of_many_who_stop_a_job_and_a_thread_that_runs_it_one_end_comes_out():
    """Each state that a page can see follows the one before; none is taken back."""
    order = {"waiting": 0, "running": 1, "stopped": 2, "done": 2}
    for _ in range(300):
        job, seen = Job(("key",), 100), ["waiting"]
        both = threading.Barrier(2)

        def run(job=job, both=both):
            both.wait()
            job.run(giving(RESULT, BETTER))

        thread = threading.Thread(target=run)
        thread.start()
        both.wait()
        job.stop()
        while thread.is_alive() or seen[-1] != job.state:
            if job.state != seen[-1]:
                seen.append(job.state)
        assert [order[state] for state in seen] == sorted({order[state] for state in seen}), seen


def test_a_job_for_which_nobody_asks_any_more_is_stopped(monkeypatch):
    monkeypatch.setattr(module, "ABANDONED_SECONDS", -1)
    job = Job(("key",), 100)
    job.run(giving(RESULT))
    assert job.state == "stopped"


def test_an_error_of_the_package_fails_the_job_with_its_sentence():
    job = Job(("key",), 100)
    job.run(failing(SettingsError("nsamples must be from 4.")))
    assert job.state == "failed"
    assert job.error == "nsamples must be from 4."
    assert not job.poll()


def test_work_that_stops_itself_is_stopped_and_not_failed():
    job = Job(("key",), 100)
    job.run(failing(StoppedError("enough")))
    assert (job.state, job.error) == ("stopped", "")


# Many jobs


def test_an_unexpected_error_becomes_a_plain_sentence_and_a_line_in_the_log(jobs, caplog):
    with caplog.at_level(logging.ERROR):
        job = jobs.start(("key",), 100, failing(ZeroDivisionError("secret details")))
        job.wait()
    assert job.state == "failed"
    assert job.error.startswith(PLAIN)
    assert "secret" not in job.error
    assert "Traceback" not in job.error
    assert "\n" not in job.error
    assert "secret details" in caplog.text


def test_equal_work_is_done_once(jobs):
    work = giving(RESULT, BETTER)
    jobs.start(("key",), 100, work)
    finish(jobs)
    again = jobs.start(("key",), 100, work)
    assert again.state == "done"
    assert again.explanation is BETTER
    assert again.spent == BETTER.nsamples
    assert work.done == 1


def test_other_work_is_done_anew(jobs):
    work = giving(RESULT)
    for key in (("one",), ("other",)):
        jobs.start(key, 100, work)
    finish(jobs)
    assert work.done == 2


@pytest.mark.parametrize("error", [SettingsError("no"), StoppedError("no"), ValueError("no")])
def test_what_was_not_finished_is_done_anew(jobs, error):
    jobs.start(("key",), 100, failing(error))
    finish(jobs)
    again = jobs.start(("key",), 100, giving(BETTER))
    finish(jobs)
    assert again.state == "done"
    assert again.explanation is BETTER


def test_only_the_latest_results_are_kept(jobs):
    works = [giving(RESULT) for _ in range(KEPT + 1)]
    for i, work in enumerate(works):
        jobs.start((i,), 100, work)
        finish(jobs)
    jobs.start((KEPT,), 100, works[-1])
    jobs.start((0,), 100, works[0])
    finish(jobs)
    assert works[-1].done == 1
    assert works[0].done == 2


def test_a_result_that_is_asked_for_again_counts_as_late(jobs):
    first = giving(RESULT)
    jobs.start((0,), 100, first)
    finish(jobs)
    for i in range(1, KEPT):
        jobs.start((i,), 100, giving(RESULT))
        finish(jobs)
    jobs.start((0,), 100, first)
    jobs.start(("new",), 100, giving(RESULT))
    finish(jobs)
    jobs.start((0,), 100, first)
    finish(jobs)
    assert first.done == 1


def test_what_is_found_is_kept_where_the_job_was_told_and_nowhere_else(jobs):
    mine, theirs = Results(KEPT, KEPT), Results(KEPT, KEPT)
    jobs.start(("key",), 100, giving(RESULT), mine)
    finish(jobs)
    again, work = giving(BETTER), giving(BETTER)
    assert jobs.start(("key",), 100, again, mine).explanation is RESULT
    jobs.start(("key",), 100, work, theirs)
    finish(jobs)
    assert (again.done, work.done) == (0, 1)


def test_pixel_maps_are_kept_apart_and_fewer_of_them():
    results = Results(2, 1)
    for i in range(3):
        results.keep((i,), False, RESULT)
        results.keep((i,), True, BETTER)
    assert [results.find((i,), False) for i in range(3)] == [None, RESULT, RESULT]
    assert [results.find((i,), True) for i in range(3)] == [None, None, BETTER]


def test_work_of_pages_that_are_gone_leaves_the_queue_before_its_turn(jobs, monkeypatch):
    running = [Blocked() for _ in range(AT_ONCE)]
    for i, work in enumerate(running):
        jobs.start((i,), 100, work)
        work.begun.wait()
    photo = np.zeros(3)
    waiting = jobs.start(("waits",), 100, lambda report, photo=photo: iter([photo]))
    stopped = jobs.start(("stopped",), 100, lambda report, photo=photo: iter([photo]))
    held, photo = weakref.ref(photo), None
    stopped.stop()
    waiting._asked -= 2 * module.ABANDONED_SECONDS
    assert jobs.place(jobs.start(("next",), 100, giving(RESULT))) == 0
    assert (waiting.state, stopped.state) == ("stopped", "stopped")
    assert held() is None
    for work in running:
        work.let_go.set()
    finish(jobs)


def test_a_thread_that_waits_for_more_work_holds_none_of_the_last(jobs):
    photo = np.zeros(3)
    job = jobs.start(("key",), 100, lambda report, photo=photo: iter([RESULT]))
    held, photo = weakref.ref(photo), None
    job.wait()
    jobs.start(("next",), 100, giving(RESULT)).wait()
    while held() is not None:  # the thread has told of the end just before it lets go
        threading.Event().wait(0.01)


def test_those_who_wait_know_how_many_are_before_them(jobs):
    running = [Blocked() for _ in range(AT_ONCE)]
    started = [jobs.start((i,), 100, work) for i, work in enumerate(running)]
    for work in running:
        work.begun.wait()
    waiting = [jobs.start(("waits", i), 100, giving(RESULT)) for i in range(3)]
    assert [jobs.place(job) for job in waiting] == [0, 1, 2]
    assert [job.state for job in waiting] == ["waiting"] * 3
    assert all(jobs.place(job) == 0 for job in started)
    for work in running:
        work.let_go.set()
    finish(jobs)
    assert [job.state for job in waiting] == ["done"] * 3
    assert [jobs.place(job) for job in waiting] == [0, 0, 0]


def test_a_job_that_is_stopped_makes_room_for_the_next(jobs):
    running = [Blocked() for _ in range(AT_ONCE)]
    started = [jobs.start((i,), 100, work) for i, work in enumerate(running)]
    for work in running:
        work.begun.wait()
    waiting = jobs.start(("waits",), 100, giving(BETTER))
    started[0].stop()
    running[0].let_go.set()
    waiting.wait()
    assert started[0].state == "stopped"
    assert waiting.state == "done"
    assert started[1].state == "running"
    for work in running:
        work.let_go.set()


def test_a_failed_job_does_not_stand_in_the_way_of_the_next(jobs):
    for i in range(AT_ONCE + 1):
        jobs.start((i,), 100, failing(RuntimeError("no")))
    last = jobs.start(("last",), 100, giving(RESULT))
    finish(jobs)
    assert last.state == "done"
