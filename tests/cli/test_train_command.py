"""`train` and `train-queued`: what they train can predict, and what is missing is said."""

import json
import shutil
from dataclasses import replace

import pytest
from made_runs import DRAWN, made_run
from terminal import CLASS_NAMES, complaint, process

from insects.runs import Run, list_runs
from insects.training import launch


@pytest.mark.slow
def test_a_network_trained_on_drawn_insects_can_predict(photo, tmp_path):
    run = tmp_path / "x"
    options = ("--dataset", "drawn", "--epochs", "1", "--network", "efficientnet_lite0")
    status, out, err = process("train", *options, "--run", run, "--json")
    assert (status, err) == (0, "")
    trained = json.loads(out)
    assert (trained["status"], trained["path"]) == ("finished", str(run))
    assert trained["metrics"]["test"]["photos"] > 0

    status, out, err = process("predict", photo, "--network", run, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["label"] in CLASS_NAMES

    again = process("train", *options, "--run", run)
    assert str(run) in complaint(again, 1)


def test_training_without_the_photos_says_in_one_line_what_to_do():
    line = complaint(process("train", INSECTS_PHOTOS=""), 1)
    assert "INSECTS_PHOTOS" in line
    assert "drawn" in line


# A run that waits: the app starts `train-queued` for it


def everything(folder):
    """Return what is below a folder: each file's content, and each folder."""
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.slow
def test_a_run_that_waits_is_trained_as_its_config_says(own_runs_folder):
    recipe = replace(DRAWN.recipe, epochs=1)
    settings = replace(DRAWN, seed=3, recipe=recipe, owner="a" * 32, calibrate=True)
    run = launch.create(settings, settings.load_dataset())
    status, out, err = process("train-queued", run.path)
    assert (status, err) == (0, "")
    assert "No temperature was fitted: fewer than 50 photos could be set aside" in out
    assert run.status == ("finished", "")
    assert [one for one in list_runs() if not one.is_shipped] == [run]
    trained = Run(run.path)
    assert (trained.config["seed"], len(trained.history)) == (3, 1)
    assert trained.is_owned_by("a" * 32)
    assert trained.metrics["train"]["photos"] == 360  # none was set aside


@pytest.mark.parametrize("state", ["running", "finished", "stopped", "failed", "nonsense"])
def test_a_run_that_does_not_wait_is_left_as_it_is(cli, own_runs_folder, state):
    run = made_run(own_runs_folder, state=state)
    before = everything(own_runs_folder)
    line = complaint(cli("train-queued", run.path), 1)
    assert run.name in line
    assert state in line
    assert everything(own_runs_folder) == before


def test_a_run_whose_process_comes_late_still_waits(own_runs_folder, monkeypatch):
    """On a busy machine the page takes it for failed by then; what is written counts."""
    monkeypatch.setattr("insects.runs.run.SECONDS_TO_START", 0)
    run = made_run(own_runs_folder, state="queued")
    assert run.status[0] == "failed"
    run.require_queued()


def test_a_run_that_another_process_ended_meanwhile_is_left_as_it_is(
    cli, own_runs_folder, monkeypatch
):
    run = made_run(own_runs_folder, state="queued")
    real = Run.hold

    def hold_when_it_has_ended(self):
        self.set_status("finished")
        return real(self)

    monkeypatch.setattr(Run, "hold", hold_when_it_has_ended)
    assert "finished" in complaint(cli("train-queued", run.path), 1)
    assert run.status == ("finished", "")


@pytest.mark.parametrize("missing", ["folder", "config", "status"])
def test_where_something_is_gone_nothing_is_made_or_trained(cli, own_runs_folder, missing):
    run = made_run(own_runs_folder, state="queued")
    if missing == "folder":
        shutil.rmtree(run.path)
    else:
        (run.path / {"config": "config.json"}.get(missing, missing)).unlink()
    before = everything(own_runs_folder.parent)
    complaint(cli("train-queued", run.path), 1)
    assert everything(own_runs_folder.parent) == before


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        {"network": "nonsense"},
        {"network": ["tang"]},
        {"recipe": {"epochs": 3}},
        {"recipe": {"epochs": "many", "batch_size": 1, "optimizer": "sgd", "learning_rate": 1}},
        {"recipe": None},
        {"seed": None},
    ],
    ids=str,
)
def test_a_damaged_config_is_one_line_and_nothing_is_trained(cli, own_runs_folder, damage):
    run = made_run(own_runs_folder, state="queued")
    text = damage if isinstance(damage, str) else json.dumps({**run.config, **damage})
    (run.path / "config.json").write_text(text)
    before = everything(own_runs_folder)
    assert "config" in complaint(cli("train-queued", run.path), 1)
    assert everything(own_runs_folder) == before


def test_train_never_goes_on_in_a_directory_that_is_there(cli, own_runs_folder):
    run = made_run(own_runs_folder, state="queued")
    before = everything(own_runs_folder)
    options = ("--dataset", "drawn", "--network", "tang")
    assert "There is a run at" in complaint(cli("train", *options, "--run", run.path), 1)
    assert everything(own_runs_folder) == before


def test_the_process_of_a_started_training_gets_the_directory_alone(own_runs_folder, monkeypatch):
    commands = []

    class Started:
        pid = 0

        def __init__(self, command, env, **_):
            commands.append((command[-2:], env))

        def wait(self):
            return 0

    monkeypatch.setattr(launch.subprocess, "Popen", Started)
    monkeypatch.setattr(launch, "_be_nice", lambda process: None)
    run = launch.start(replace(DRAWN, owner="a" * 32))
    ((command, environment),) = commands
    assert command == ["train-queued", str(run.path)]
    assert not any("a" * 32 in value for value in environment.values())
