"""Settings of a training: what cannot be is refused by its name."""

from dataclasses import replace

import pytest
from small_training import QUICK, SETTINGS, photos_folder, small_dataset  # noqa: F401

from insects.__main__ import main
from insects.errors import SettingsError
from insects.networks import NETWORKS, Recipe
from insects.training.settings import Settings
from insects.training.train import train


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 10_000),
        ("batch_size", 0),
        ("batch_size", -8),
        ("learning_rate", 0.0),
        ("learning_rate", 100.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -1e-3),
        ("weight_decay", 1.0),
        ("optimizer", "magic"),
    ],
)
def test_a_hyper_parameter_that_cannot_be_is_refused_by_its_name(name, value, tmp_path):
    recipe = Recipe(**{**QUICK.to_dict(), name: value})
    with pytest.raises(SettingsError, match=name) as caught:
        train(Settings("tang", recipe=recipe), tmp_path / "run")
    assert str(value) in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "settings",
    [
        Settings("resnet"),
        Settings("tang", dataset="mnist"),
        Settings("tang", split="random"),
        Settings("tang", dataset="/no/such/folder"),
        Settings("tang", seed=-1),
    ],
    ids=["network", "dataset", "split", "folder", "seed"],
)
def test_a_setting_that_cannot_be_is_refused_before_anything_is_written(settings, tmp_path):
    with pytest.raises(SettingsError):
        train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_recipe_of_every_network_is_within_the_limits(name):
    assert Settings(name).checked_recipe() == NETWORKS[name].recipe


def test_runs_of_different_settings_have_different_names():
    settings = [
        Settings("tang"),
        Settings("zhang"),
        Settings("tang", split="published"),
        Settings("tang", seed=1),
        Settings("tang", dataset="drawn"),
    ]
    assert len({s.run_name for s in settings}) == len(settings)


@pytest.mark.parametrize("dataset", ["nonsense", "/no/such/folder", ""])
def test_a_wrong_dataset_is_said_before_tensorflow_is_asked_for(dataset, capfd):
    assert main(["train", "--dataset", dataset]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert repr(dataset) in line
    assert "published, drawn" in line


def test_a_wrong_split_is_said_with_those_there_are(capfd):
    assert main(["train", "--dataset", "drawn", "--split", "random"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert "'random'" in line
    assert "deduplicated" in line


def test_settings_come_back_from_the_config():
    settings = Settings("tang", seed=3, recipe=Recipe(2, 8, "adam", 1e-3), augment=True, minutes=5)
    assert Settings.from_config(settings.to_config()) == settings


def test_a_network_with_a_backbone_cannot_vary_the_photos():
    with pytest.raises(SettingsError, match="vary the photos"):
        replace(SETTINGS, augment=True).checked_recipe()
