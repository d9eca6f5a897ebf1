"""Runs that wait or go on: their order, and whether a process is still there."""

import os
import time
from dataclasses import replace

import pytest
from small_training import ME, OTHER, SETTINGS, create, photos_folder, small_dataset  # noqa: F401

from insects.errors import RunError
from insects.runs.queue import place, waiting
from insects.training import launch


def test_the_order_is_that_in_which_runs_were_queued(not_spawned):
    runs = [launch.start(replace(SETTINGS, owner=owner)) for owner in (ME, OTHER, ME)]
    assert waiting() == runs
    assert [place(run) for run in runs] == [0, 1, 2]


def test_a_run_that_was_just_started_is_queued_until_its_process_is_there(not_spawned):
    run = launch.start(SETTINGS)
    assert run.status == ("queued", "")
    assert run.is_alive
    long_ago = time.time() - 3600
    os.utime(run.path / "status", (long_ago, long_ago))
    assert run.status[0] == "failed"
    assert not run.is_alive
    assert waiting() == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_is_alive_while_its_lock_is_held(state, tmp_path):
    run = create(folder=tmp_path)
    run.set_status(state)
    os.utime(run.path / "status", (0, 0))
    assert run.status == ("failed", "its process ended unexpectedly; it can be resumed")
    with run.hold():
        assert run.status == (state, "")
        with pytest.raises(RunError, match="already"), run.hold():
            pass


def test_a_stale_run_with_results_from_before_can_still_be_used(tmp_path):
    run = create(folder=tmp_path)
    run.set_status("running")
    for name in ("metrics.json", "model.tflite"):
        (run.path / name).touch()
    assert run.status[0] == "stopped"
    assert "unexpectedly" in run.status[1]


def test_asking_for_the_status_writes_nothing(tmp_path):
    run = create(folder=tmp_path)
    run.set_status("running")
    before = {path: path.stat().st_mtime_ns for path in run.path.iterdir()}
    assert run.status[0] == "failed"
    assert {path: path.stat().st_mtime_ns for path in run.path.iterdir()} == before
