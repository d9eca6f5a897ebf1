"""Stop, kill and resume: nothing that was learned in whole epochs is ever lost."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_training import QUICK, photos_folder, small_dataset  # noqa: F401

from insects.errors import DatasetError, RunError, StoppedError
from insects.inference import load_model
from insects.runs import Run
from insects.runs.reading import keep_rows_before
from insects.training.launch import create, requeue
from insects.training.settings import Settings
from insects.training.train import _load, resume, train

ROOT = Path(__file__).parent.parent
EPOCHS = 20
STEPS = 3  # an epoch: 12 photos in batches of 5
KILLS = 10
RUNS = 2
LONG = replace(QUICK, epochs=EPOCHS, learning_rate=3e-3)
SETTINGS = Settings("efficientnet_lite0", recipe=LONG, seed=4)
CHILD = """
import sys
from insects.runs import Run
from insects.runs.queue import underway
from insects.training.train import learn
run = Run(__import__("pathlib").Path(sys.argv[1]))
with underway(run):
    learn(run, lambda *step: print(*step, flush=True))
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def uninterrupted(photos_folder, tmp_path_factory):  # noqa: F811
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSECTS_PHOTOS", str(photos_folder))
        return train(SETTINGS, tmp_path_factory.mktemp("runs") / "whole")


def stopping_at(path, wanted):
    """Ask for a stop as a visitor does, when training has come to a step."""

    def watch(stage, step, _):
        if (stage, step) == wanted:
            Run(path).ask_to_stop()

    return watch


def stopped_run(path, step, settings=SETTINGS):
    return train(settings, path, stopping_at(path, ("training", step)))


def logits(run):
    photos = np.random.default_rng(5).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    return load_model(run.path).logits(photos)


def same_training(run, other):
    """Whether two runs had the same curves and ended at the same network, but for rounding."""
    assert [row["epoch"] for row in run.history] == [row["epoch"] for row in other.history]
    for mine, theirs in zip(run.history, other.history, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-4)
    assert logits(run) == pytest.approx(logits(other), abs=1e-2)
    assert run.metrics["test"]["confusion"] == other.metrics["test"]["confusion"]


# Stop


def test_a_stop_keeps_what_was_learned(tmp_path):
    run = stopped_run(tmp_path / "run", step=2 * STEPS + 1)
    assert run.status == ("stopped", "")
    assert run.epochs_done == 2
    assert run.metrics["test"]["photos"] == 9
    assert np.isfinite(logits(run)).all()
    assert int(run.batches[-1]["step"]) <= 2 * STEPS + 1


def test_what_a_cut_epoch_taught_is_in_the_model_and_not_in_the_checkpoint(tmp_path):
    run = stopped_run(tmp_path / "cut", step=STEPS + 2)
    whole = stopped_run(tmp_path / "whole", step=STEPS)
    assert run.epochs_done == whole.epochs_done == 1
    assert not np.allclose(logits(run), logits(whole), atol=1e-4)


def test_a_stop_after_the_last_step_is_a_finished_run(tmp_path):
    assert stopped_run(tmp_path / "run", step=EPOCHS * STEPS).status == ("finished", "")


def test_a_stop_before_anything_was_learned_is_a_failed_run_that_can_be_resumed(tmp_path):
    path = tmp_path / "run"
    with pytest.raises(StoppedError, match="before it had learned"):
        train(replace(SETTINGS, recipe=QUICK), path, stopping_at(path, ("reading photos", 9)))
    assert Run(path).status[0] == "failed"
    assert resume(Run(path)).status == ("finished", "")


def test_a_training_ends_with_what_it_has_when_its_minutes_are_over(tmp_path, monkeypatch):
    from insects.runs import notes

    class Hurried(notes.Notes):
        def note(self, stage, step, of, *more, **facts):
            super().note(stage, step, of, *more, **facts)
            if stage == "training" and step == STEPS:
                self._deadline = 0

    monkeypatch.setattr("insects.training.train.Notes", Hurried)
    run = train(replace(SETTINGS, minutes=7), tmp_path / "run")
    assert run.status == ("stopped", "its 7 minutes were over")
    assert run.epochs_done == 1


# Resume


@pytest.mark.parametrize("step", [1, STEPS + 2, 2 * STEPS])
def test_a_stopped_run_that_goes_on_is_as_one_that_never_stopped(step, tmp_path, uninterrupted):
    run = resume(stopped_run(tmp_path / "run", step))
    assert run.status == ("finished", "")
    same_training(run, uninterrupted)
    assert len(list((run.path / "confusion").iterdir())) == EPOCHS
    steps = [row["step"] for row in run.batches]
    assert steps == sorted(set(steps))


def test_a_finished_run_goes_on_to_more_epochs(tmp_path, uninterrupted):
    short = train(replace(SETTINGS, recipe=replace(LONG, epochs=3)), tmp_path / "run")
    run = resume(short, epochs=EPOCHS)
    same_training(run, uninterrupted)
    assert run.config["recipe"]["epochs"] == EPOCHS


def test_a_network_with_batch_norm_and_momentum_goes_on_as_if_it_never_stopped(tmp_path):
    settings = Settings("tang", recipe=replace(QUICK, optimizer="sgd"), augment=True)
    whole = train(settings, tmp_path / "whole")
    same_training(resume(stopped_run(tmp_path / "run", STEPS + 1, settings)), whole)


def test_a_finished_run_without_more_epochs_does_not_go_on(uninterrupted):
    with pytest.raises(RunError, match=f"has had {EPOCHS} epochs"):
        resume(uninterrupted)
    assert Run(uninterrupted.path).status == ("finished", "")


def test_a_run_does_not_go_on_with_other_photos_and_keeps_what_it_has(tmp_path):
    run = stopped_run(tmp_path / "run", step=STEPS)
    config = {**run.config, "dataset_fingerprint": "0" * 64}
    (run.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(DatasetError, match="not the photos"):
        resume(Run(run.path))
    assert Run(run.path).status[0] == "stopped"
    assert np.isfinite(logits(run)).all()


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    run = stopped_run(tmp_path / "run", step=STEPS)
    np.savez(run.checkpoint, v0=np.zeros(3))
    with pytest.raises(RunError, match="cannot be used"):
        resume(run)


def test_rows_of_later_epochs_and_a_cut_row_are_dropped(tmp_path):
    file = tmp_path / "some.csv"
    file.write_text("step,epoch,loss,accuracy\n1,0,1,0\n2,1,1,0\n3,1,0.")
    keep_rows_before(file, 1)
    assert file.read_text() == "step,epoch,loss,accuracy\n1,0,1,0\n"


# Kill


def child(run):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(run.path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def killed_after(run, told, wanted="training"):
    """Train in a process that is killed when it has told of so many steps of a stage."""
    with child(run) as process:
        for line in process.stdout:
            told -= wanted in line
            if told <= 0:
                break
        process.send_signal(signal.SIGKILL)
    return Run(run.path)


def queued(path):
    return create(SETTINGS, _load(SETTINGS, lambda *_: None), path)


@pytest.mark.parametrize("seed", range(RUNS))
def test_kills_at_random_moments_change_nothing_in_the_end(seed, tmp_path, uninterrupted):
    """Ten in all, with the resumes between them."""
    rng = np.random.default_rng(seed)
    run = queued(tmp_path / "run")
    for _ in range(KILLS // RUNS):
        run = killed_after(run, told=rng.integers(1, 4 * STEPS))
        state, why = run.status
        assert (state, "can be resumed" in why) == ("failed", True)
        run = requeue(run)
    with child(run) as process:
        process.communicate()
    run = Run(run.path)
    assert run.status == ("finished", "")
    final, expected = run.metrics["test"]["accuracy"], uninterrupted.metrics["test"]["accuracy"]
    assert abs(final - expected) <= 0.02
    same_training(run, uninterrupted)


@pytest.mark.parametrize("told", [1, 2])
def test_a_kill_while_the_network_is_saved_or_exported_is_made_good(told, tmp_path, uninterrupted):
    run = killed_after(queued(tmp_path / "run"), told, wanted="saving the network")
    assert run.status[0] == "failed"
    assert run.epochs_done == EPOCHS
    same_training(resume(run), uninterrupted)


@pytest.mark.parametrize("written", [0, 0.5, 0.99])
def test_a_checkpoint_that_was_cut_off_while_it_was_written_does_not_count(
    written, tmp_path, monkeypatch
):
    """Whatever part of the file is there, it does not have its name yet."""
    real_replace = os.replace
    run_path = tmp_path / "run"

    def killed(source, target):
        if Path(target).name == "epoch-003.npz":
            content = Path(source).read_bytes()
            Path(source).write_bytes(content[: int(written * len(content))])
            raise MemoryError  # as far as the file goes, the same as a kill
        real_replace(source, target)

    settings = replace(SETTINGS, recipe=replace(LONG, epochs=4))
    whole = train(settings, tmp_path / "whole")
    monkeypatch.setattr("os.replace", killed)
    with pytest.raises(MemoryError):
        train(settings, run_path)
    monkeypatch.setattr("os.replace", real_replace)
    run = Run(run_path)
    assert run.epochs_done == 2
    same_training(resume(run), whole)
    assert [file.name for file in (run_path / "checkpoint").iterdir()] == ["epoch-004.npz"]
