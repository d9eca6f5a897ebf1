"""Trainings in processes of their own: one at a time, whose they are, and what the host allows."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_training import QUICK, photos_folder, small_dataset  # noqa: F401

from insects.__main__ import main
from insects.datasets import load_dataset
from insects.errors import RunError, SettingsError
from insects.networks import NETWORKS, Recipe
from insects.runs import Run, find_run
from insects.runs.locks import held
from insects.runs.queue import place, training_lock, waiting
from insects.training import launch, limits
from insects.training.limits import Limits, check_fit, tidy_runs
from insects.training.settings import Settings

ME, OTHER = "a" * 32, "b" * 32
SETTINGS = Settings("efficientnet_lite0", recipe=QUICK, owner=ME)
PATIENCE = 480  # seconds; a bound for what is broken, never a measure


@pytest.fixture
def not_spawned(monkeypatch):
    """No process: what would be started is kept here."""
    started = []
    monkeypatch.setattr(launch, "_spawn", lambda run, owner: started.append((run, owner)))
    return started


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


def create(name="run", settings=SETTINGS, folder=None):
    return launch.create(settings, load_dataset("published"), folder / name if folder else None)


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


# The queue


def test_the_order_is_that_in_which_runs_were_queued(not_spawned):
    runs = [launch.start(replace(SETTINGS, owner=owner)) for owner in (ME, OTHER, ME)]
    assert waiting() == runs
    assert [place(run) for run in runs] == [0, 1, 2]


def test_runs_of_the_same_settings_get_numbers(not_spawned):
    names = [launch.start(replace(SETTINGS, owner="")).name for _ in range(3)]
    name = "efficientnet_lite0-deduplicated-seed0"
    assert names == [name, f"{name}-2", f"{name}-3"]


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


# What the host allows


def test_a_visitor_has_at_most_so_many_waiting(not_spawned):
    for _ in range(Limits().queued_per_owner):
        launch.start(SETTINGS)
    with pytest.raises(RunError, match="2 of your trainings wait"):
        launch.start(SETTINGS)
    launch.start(replace(SETTINGS, owner=OTHER))


def test_all_together_have_at_most_so_many_waiting(not_spawned, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_QUEUED", "1")
    launch.start(SETTINGS)
    with pytest.raises(RunError, match="1 trainings wait"):
        launch.start(replace(SETTINGS, owner=OTHER))


def test_a_training_gets_no_more_minutes_than_the_host_allows(not_spawned):
    assert launch.start(SETTINGS).config["minutes"] == Limits().minutes
    assert launch.start(replace(SETTINGS, minutes=2)).config["minutes"] == 2


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("EPOCHS", "1", "At most 1 epochs are possible here, not 2"),
        ("PHOTOS", "20", "at most 20 photos; these are 21"),
        ("MINUTES", "0.01", "minutes; 0.01 are possible here"),
    ],
)
def test_what_is_too_much_is_refused_with_the_figure(
    variable, value, said, monkeypatch, not_spawned, own_runs_folder
):
    monkeypatch.setenv(f"INSECTS_MAX_{variable}", value)
    with pytest.raises(SettingsError, match=said):
        launch.start(SETTINGS)
    assert not own_runs_folder.exists()
    assert not not_spawned


def test_a_training_that_needs_more_memory_than_is_free_is_refused_with_both(monkeypatch):
    monkeypatch.setattr(limits, "megabytes_free", lambda: 1100.0)
    check_fit("efficientnet_lite0", 1000, NETWORKS["efficientnet_lite0"].recipe)
    with pytest.raises(SettingsError, match=r"need about 1,\d+ MB of memory; 1,100 MB are free"):
        check_fit("zhang", 1000, NETWORKS["zhang"].recipe)


def test_the_quota_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("700000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 100000000\n")
    assert limits.megabytes_free() == pytest.approx(400)
    (tmp_path / "memory.max").write_text("max\n")
    assert limits.megabytes_free() != pytest.approx(400)


def test_the_articles_recipes_fit_on_the_articles_photos(monkeypatch):
    monkeypatch.setattr(limits, "megabytes_free", lambda: 2700.0)
    for name, network in NETWORKS.items():
        check_fit(name, 1199, network.recipe)


@pytest.mark.parametrize("text", ["many", "-1", "0", "nan", "inf"])
def test_a_limit_that_is_no_number_is_refused_by_its_name(text, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", text)
    with pytest.raises(SettingsError, match="INSECTS_MAX_EPOCHS"):
        limits.limits()


def test_more_epochs_than_allowed_are_refused_when_a_visitor_goes_on(not_spawned):
    run = launch.start(SETTINGS)
    run.set_status("failed")
    with pytest.raises(SettingsError, match="At most 60 epochs"):
        launch.resume(run, ME, epochs=61)
    launch.resume(run, ME, epochs=60)
    assert Run(run.path).config["recipe"]["epochs"] == 60


def test_settings_come_back_from_the_config():
    settings = Settings("tang", seed=3, recipe=Recipe(2, 8, "adam", 1e-3), augment=True, minutes=5)
    assert Settings.from_config(settings.to_config()) == settings


def test_a_network_with_a_backbone_cannot_vary_the_photos():
    with pytest.raises(SettingsError, match="vary the photos"):
        replace(SETTINGS, augment=True).checked_recipe()


# Disk


@pytest.fixture
def aged(own_runs_folder):
    """Runs of a megabyte each, the first one the oldest."""
    runs = []
    for age, name in enumerate("abcd"):
        run = create(name, folder=own_runs_folder)
        (run.path / "model.keras").write_bytes(bytes(1_000_000))
        run.set_status("finished")
        os.utime(run.path / "status", (1e9 + age, 1e9 + age))
        runs.append(run)
    return runs


def test_the_oldest_runs_go_first_when_all_take_too_much(aged, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "3")
    assert tidy_runs() == ["a", "b"]
    assert tidy_runs() == []
    assert find_run("tang").is_shipped


def test_pinned_runs_and_those_that_go_on_stay(aged, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "3")
    (aged[0].path / "pinned").touch()
    assert aged[0].is_pinned
    aged[1].set_status("running")
    os.utime(aged[1].path / "status", (1e9, 1e9))
    with aged[1].hold():
        assert tidy_runs() == ["c", "d"]


def test_a_start_tidies_up(aged, monkeypatch, not_spawned):
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "4")
    launch.start(SETTINGS)
    assert not aged[0].path.exists()
    assert aged[1].path.exists()
