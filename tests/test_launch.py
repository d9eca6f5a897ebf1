"""Trainings in processes of their own, and who may start, stop, resume and delete them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_training import ME, OTHER, QUICK, SETTINGS, create, photos_folder, small_dataset  # noqa: F401

from insects.__main__ import main
from insects.errors import RunError
from insects.runs import Run, find_run
from insects.runs.locks import held
from insects.runs.queue import place, training_lock
from insects.training import launch

PATIENCE = 480  # seconds; a bound for what is broken, never a measure


@pytest.fixture
def ended(monkeypatch):
    """Runs whose processes are gone when the test is; here they need not yield to anybody."""
    monkeypatch.setattr(launch, "NICENESS", 0)
    runs = []
    yield runs
    for run in runs:
        if run.path.exists() and run.is_alive:
            run.ask_to_stop()
            wait_until(lambda run=run: not run.is_alive)


def wait_until(happened):
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.2)


# In processes of their own


@pytest.mark.slow
def test_of_two_started_at_once_one_runs_and_one_waits_and_both_finish(ended):
    with training_block():
        first = launch.start(SETTINGS)
        second = launch.start(replace(SETTINGS, owner=OTHER))
        ended += [first, second]
        wait_until(lambda: first.progress and second.progress)
        assert (first.status[0], second.status[0]) == ("queued", "queued")
        assert (place(first), place(second)) == (1, 2)
        assert not loaded_by(second, "tensorflow")
    wait_until(lambda: first.status[0] == "running")
    assert (place(first), place(second)) == (0, 1)
    wait_until(lambda: second.status[0] not in ("queued", "running"))
    assert (first.status, second.status) == (("finished", ""), ("finished", ""))
    assert first.name != second.name
    assert first.history == second.history
    for run in (first, second):
        token = run.config["owner"].encode()
        assert len(token) == 64
        assert not any(ME.encode() in p.read_bytes() for p in run.path.rglob("*") if p.is_file())


@pytest.mark.slow
def test_a_run_that_waits_can_be_cancelled_and_resumed(ended):
    with training_block():
        run = launch.start(SETTINGS)
        ended.append(run)
        wait_until(lambda: run.progress)
        launch.stop(run, ME)
        wait_until(lambda: run.status[0] == "failed")
        assert "stopped before" in run.status[1]
    launch.resume(run, ME)
    wait_until(lambda: Run(run.path).status[0] == "finished")


@pytest.mark.slow
def test_a_killed_process_is_recognised_and_its_run_resumed(ended):
    run = launch.start(replace(SETTINGS, recipe=replace(QUICK, epochs=60)))
    ended.append(run)
    wait_until(lambda: run.epochs_done >= 2)
    os.kill(int(training_lock().read_text()), signal.SIGKILL)
    wait_until(lambda: run.status[0] == "failed")
    assert not run.is_alive
    done = run.epochs_done
    launch.resume(run, ME, epochs=60)
    wait_until(lambda: Run(run.path).epochs_done > done)
    launch.stop(run, ME)
    wait_until(lambda: Run(run.path).status[0] in ("stopped", "finished"))


@pytest.mark.slow
def test_an_interrupt_at_the_command_line_is_a_stop(tmp_path):
    command = [sys.executable, "-m", "insects", "train", "--network", "efficientnet_lite0"]
    command += ["--epochs", "200", "--run", str(tmp_path / "run"), "--json"]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        wait_until(lambda: Run(tmp_path / "run").epochs_done >= 1)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(out)["status"] == "stopped"


class training_block:  # noqa: N801
    """Another training that goes on while the block runs."""

    def __enter__(self):
        training_lock().parent.mkdir(parents=True, exist_ok=True)
        self._lock = held(training_lock())
        assert self._lock.__enter__()

    def __exit__(self, *error):
        self._lock.__exit__(*error)


def loaded_by(run, library):
    """Whether the process that holds a run has a library in its memory, where that can be seen."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if str(run.path).encode() in command:
                return library in (process / "maps").read_text()
        except OSError:
            continue
    return False


def test_runs_of_the_same_settings_get_numbers(not_spawned):
    names = [launch.start(replace(SETTINGS, owner="")).name for _ in range(3)]
    name = "efficientnet_lite0-deduplicated-seed0"
    assert names == [name, f"{name}-2", f"{name}-3"]


def test_importing_the_launcher_leaves_tensorflow_out():
    code = "import sys, insects.training.launch, insects.bundle, insects.cli.train\n"
    code += "print({'keras', 'tensorflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# Whose they are


def test_only_whoever_started_a_run_can_stop_resume_or_delete_it(not_spawned):
    run = launch.start(SETTINGS)
    assert run.is_owned_by(ME)
    assert not run.is_owned_by(OTHER)
    assert not run.is_owned_by("")
    for act in (launch.stop, launch.resume, launch.delete):
        for owner in (OTHER, ""):
            with pytest.raises(RunError, match="Only the visitor"):
                act(run, owner)
    assert not run.wants_to_stop
    assert run.is_visible_to(OTHER)
    launch.stop(run, ME)
    assert run.wants_to_stop


def test_the_command_line_may_stop_any_run(not_spawned, capsys):
    run = launch.start(SETTINGS)
    assert main(["runs", "stop", run.name]) == 0
    assert run.wants_to_stop
    assert capsys.readouterr().out == f"stopping {run.name}\n"


def test_a_run_that_goes_on_is_not_deleted(not_spawned):
    run = launch.start(SETTINGS)
    with pytest.raises(RunError, match="stop it first"):
        launch.delete(run, ME)


def test_what_was_not_trained_here_cannot_go_on():
    with pytest.raises(RunError, match="was not trained here"):
        launch.resume(find_run("tang"))


def test_a_run_that_ended_can_be_deleted_from_the_command_line(own_runs_folder, capsys):
    run = create()
    run.set_status("failed")
    assert main(["runs", "delete", run.name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"deleted": run.name}
    assert not run.path.exists()


@pytest.mark.parametrize("words", ["dance x", "stop", "list x", "import", "show x y"])
def test_runs_used_wrongly_is_one_line(words, capsys):
    try:
        status = main(["runs", *words.split()])
    except SystemExit as error:
        status = error.code
    assert status == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
