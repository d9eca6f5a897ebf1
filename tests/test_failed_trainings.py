"""Trainings that fail: refused before anything is written, or marked as failed and why."""

import numpy as np
import pytest
from PIL import Image
from small_training import QUICK, photos_folder, small_dataset  # noqa: F401

from insects.datasets.published import CLASS_NAMES
from insects.errors import DatasetError, RunError, SettingsError
from insects.inference import load_model
from insects.runs import Run
from insects.training.settings import Settings
from insects.training.train import train


def test_a_directory_that_is_taken_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "taken"
    path.mkdir()
    (path / "precious").write_text("data")
    with pytest.raises(RunError, match="taken"):
        train(Settings("efficientnet_lite0", recipe=QUICK), path)
    assert [file.name for file in path.iterdir()] == ["precious"]


@pytest.mark.parametrize("name", ["a b", ".hidden", "ünlucky"])
def test_a_directory_whose_name_cannot_be_asked_for_is_refused(name, tmp_path):
    with pytest.raises(SettingsError, match="cannot name a run"):
        train(Settings("efficientnet_lite0", recipe=QUICK), tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("error", [RuntimeError("the disk is full"), KeyboardInterrupt()])
@pytest.mark.parametrize("stage", ["reading photos", "training"])
def test_a_training_that_breaks_off_leaves_failed_and_why(error, stage, tmp_path):
    def break_off(what, done, of):
        if what == stage:
            raise error

    path = tmp_path / "broken"
    with pytest.raises(type(error)):
        train(Settings("efficientnet_lite0", recipe=QUICK), path, break_off)
    state, why = Run(path).status
    assert state == "failed"
    assert why in ("the disk is full", "it was interrupted")
    with pytest.raises(RunError, match="failed"):
        load_model(path)


def test_an_export_that_is_another_model_fails_the_run(tmp_path, monkeypatch):
    import keras

    from insects.training import train as module

    def export_another(model, path):
        other = keras.models.clone_model(model)
        other.set_weights([weight + 1.5 * np.arange(3) for weight in model.get_weights()])
        real_export(other, path)

    real_export = module.export
    monkeypatch.setattr(module, "export", export_another)
    path = tmp_path / "wrong"
    with pytest.raises(RunError, match="differs"):
        train(Settings("efficientnet_lite0", recipe=QUICK), path)
    state, why = Run(path).status
    assert state == "failed"
    assert "differs" in why


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_dataset_without_photos_of_one_part_is_refused(part, tmp_path, monkeypatch):
    for split in ("train", "test"):
        for label in CLASS_NAMES:
            (tmp_path / split / label).mkdir(parents=True)
    other = "test" if part == "train" else "train"
    Image.new("RGB", (40, 40)).save(tmp_path / other / "beetles" / "1.jpg")
    monkeypatch.setenv("INSECTS_PHOTOS", str(tmp_path))
    with pytest.raises(DatasetError, match=part):
        train(Settings("efficientnet_lite0", recipe=QUICK), tmp_path / "run")
    assert not (tmp_path / "run").exists()
