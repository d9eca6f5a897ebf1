"""Training on a folder of one's own photos, and on a visitor's."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from small_training import QUICK, photos_folder, small_dataset  # noqa: F401

from insects.__main__ import main
from insects.datasets import load_dataset, uploads
from insects.errors import DatasetError, PhotoError, SettingsError
from insects.evaluation import evaluate
from insects.explanation import explain
from insects.inference import load_model
from insects.networks import NETWORKS
from insects.runs import Run, list_runs
from insects.training import launch
from insects.training.settings import Settings
from insects.training.train import train

OWNER = "0123456789abcdef" * 2


def write_folder(folder, classes, per_class):
    """Noise in a colour a class, as `CLASS/*`."""
    rng = np.random.default_rng(1)
    for number in range(classes):
        colour = [175 * (number >> bit & 1) for bit in range(3)]
        for i in range(per_class):
            pixels = (colour + rng.integers(0, 80, (64, 64, 3))).astype(np.uint8)
            path = folder / f"class {number}" / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return folder


@pytest.fixture
def mine(tmp_path):
    """A folder of two classes with two photos each, the smallest there can be."""
    return write_folder(tmp_path / "my bugs", classes=2, per_class=2)


@pytest.fixture
def visitors(tmp_path, monkeypatch):
    """A visitor's dataset."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    path = uploads.new_dataset_path(OWNER, "bugs")
    write_folder(path, classes=2, per_class=2)
    (path / uploads.LEFT_OUT).write_text("[]")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_learns_two_classes_of_two_photos(network, mine):
    run = train(Settings(network, str(mine), recipe=QUICK))
    assert run.name == f"{network}-my-bugs-deduplicated-seed0"
    assert run.config["dataset"] == run.dataset == str(mine)
    assert run.config["class_names"] == ["class 0", "class 1"]
    assert np.shape(run.metrics["test"]["confusion"]) == (2, 2)
    assert evaluate(run.name, None, lambda *_: None)["photos"] == 2
    assert "owner" not in run.config


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 5])
def test_a_network_for_any_number_of_classes_predicts_explains_and_is_measured(classes, tmp_path):
    folder = write_folder(tmp_path / "many", classes, per_class=6)
    names = tuple(f"class {i}" for i in range(classes))
    recipe = replace(NETWORKS["efficientnet_lite0"].recipe, epochs=30, learning_rate=0.01)
    run = train(Settings("efficientnet_lite0", str(folder), recipe=recipe))
    model = load_model(run.name)
    assert model.class_names == names
    for outcome in (None, folder):
        measured = evaluate(run.name, outcome, lambda *_: None)
        assert measured["accuracy"] > 0.9
        assert measured["photos"] == (classes if outcome is None else 6 * classes)
    photo = load_dataset(folder).part("test")[-1]
    *_, explanation = explain(model, photo.load(), n_segments=10, nsamples=60)
    assert explanation.class_names == names
    assert explanation.label == photo.label
    assert explanation.shap_values.shape == (explanation.n_superpixels, classes)
    gained = explanation.shap_values.sum(axis=0) + explanation.base_values
    assert gained == pytest.approx(explanation.probabilities, abs=1e-6)


@pytest.mark.slow
def test_a_run_whose_photos_are_gone_or_others_says_so(mine):
    run = train(Settings("efficientnet_lite0", str(mine), recipe=QUICK))
    write_folder(mine, classes=3, per_class=3)
    with pytest.raises(DatasetError, match="not those of the run"):
        evaluate(run.name, None, lambda *_: None)
    shutil.rmtree(mine)
    with pytest.raises(DatasetError, match=r"not in .*my bugs any more"):
        evaluate(run.name, None, lambda *_: None)
    with pytest.raises(SettingsError, match="my bugs"):
        train(Settings("efficientnet_lite0", str(mine), recipe=QUICK))


@pytest.mark.slow
def test_a_run_knows_its_owner_by_a_digest_and_nobody_else_sees_it(visitors, capfd):
    recipe = replace(QUICK, epochs=1)
    settings = Settings("efficientnet_lite0", str(visitors), recipe=recipe, owner=OWNER)
    launch.create(settings, settings.load_dataset())
    (run,) = [run for run in list_runs(OWNER) if not run.is_shipped]
    assert main(["train-queued", str(run.path), "--json"]) == 0
    assert len(run.config["owner"]) == 64
    assert not any(OWNER.encode() in p.read_bytes() for p in run.path.rglob("*") if p.is_file())
    assert OWNER not in "".join(capfd.readouterr())
    assert run.name not in [run.name for run in list_runs("b" * 32)]


def test_the_photos_of_another_visitor_cannot_be_trained_on(visitors, tmp_path):
    with pytest.raises(SettingsError, match="no such dataset of yours"):
        train(Settings("tang", str(visitors), owner="b" * 32), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_owner_that_is_no_token_is_refused_and_not_repeated(tmp_path):
    settings = Settings("tang", owner="secret")
    with pytest.raises(SettingsError, match="token") as caught:
        train(settings, tmp_path / "run")
    assert "secret" not in str(caught.value) + repr(settings)


def test_a_photo_that_cannot_be_read_is_named_and_fails_the_run(mine, tmp_path):
    (mine / "class 1" / "0.png").write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"^class 1/0\.png: ") as caught:
        train(Settings("efficientnet_lite0", str(mine), recipe=QUICK), tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert Run(tmp_path / "run").status == ("failed", str(caught.value))
