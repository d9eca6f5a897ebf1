"""A training: what it writes into its run directory, step by step."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from small_training import PER_CLASS, QUICK, photos_folder, small_dataset  # noqa: F401

from insects.datasets.published import CLASS_NAMES
from insects.inference import load_model
from insects.networks import NETWORKS
from insects.runs import Run, list_runs
from insects.training.settings import Settings
from insects.training.train import train


@pytest.fixture(scope="module", params=["efficientnet_lite0", "tang"])
def trained(request, photos_folder, tmp_path_factory):  # noqa: F811
    """A finished training of two epochs: of a head on embeddings, and of a network on photos."""
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSECTS_PHOTOS", str(photos_folder))
        path = tmp_path_factory.mktemp("runs") / f"small-{request.param}"
        run = train(Settings(request.param, recipe=QUICK), path, lambda *step: told.append(step))
    return run, told


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_training_ends_as_finished(trained):
    run, _ = trained
    assert Run(run.path).status == ("finished", "")


@pytest.mark.slow
def test_the_configuration_says_all_that_the_training_rests_on(trained):
    run, _ = trained
    config = json.loads((run.path / "config.json").read_text())
    assert config["network"] in NETWORKS
    assert config["dataset"] == "published"
    assert config["split"] == "deduplicated"
    assert config["class_names"] == list(CLASS_NAMES)
    assert config["image_size"] == 224
    assert config["seed"] == 0
    assert config["recipe"] == QUICK.to_dict()
    assert len(config["dataset_fingerprint"]) == 64
    assert set(config["versions"]) >= {"keras", "numpy"}


@pytest.mark.slow
def test_the_history_has_a_row_an_epoch_with_all_curves(trained):
    run, _ = trained
    history = Run(run.path).history
    assert [row["epoch"] for row in history] == [0, 1]
    for row in history:
        assert set(row) >= {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert 0 <= row["val_accuracy"] <= 1
        assert np.isfinite(list(row.values())).all()


@pytest.mark.slow
def test_progress_and_curves_end_at_the_last_step(trained):
    run, _ = trained
    steps = QUICK.epochs * -(-12 // QUICK.batch_size)
    progress = json.loads((run.path / "progress.json").read_text())
    assert progress["step"] == progress["of"] == 3
    assert progress["stage"] == "saving the network"
    assert (progress["epoch"], progress["epochs"]) == (1, QUICK.epochs)
    assert progress["steps_per_epoch"] * QUICK.epochs == steps
    last = rows(run.path / "batches.csv")[-1]
    assert int(last["step"]) == steps
    assert float(last["loss"]) >= 0
    assert 0 <= float(last["accuracy"]) <= 1


@pytest.mark.slow
def test_there_is_a_confusion_matrix_of_the_test_photos_an_epoch(trained):
    run, _ = trained
    files = sorted((run.path / "confusion").iterdir())
    assert [file.name for file in files] == ["000.csv", "001.csv"]
    for file in files:
        matrix = np.loadtxt(file, delimiter=",", dtype=int)
        assert matrix.shape == (3, 3)
        assert (matrix.sum(axis=1) == PER_CLASS["test"]).all()


@pytest.mark.slow
def test_the_metrics_count_every_photo_and_agree_with_themselves(trained):
    run, _ = trained
    metrics = Run(run.path).metrics
    for part, per_class in PER_CLASS.items():
        measured = metrics[part]
        matrix = np.array(measured["confusion"])
        assert measured["photos"] == matrix.sum() == 3 * per_class
        assert measured["correct"] == np.trace(matrix)
        assert measured["accuracy"] == pytest.approx(np.trace(matrix) / matrix.sum())
        assert np.isfinite(measured["loss"])
    assert 0 <= metrics["export_difference"] <= 1e-3


@pytest.mark.slow
def test_the_weights_of_the_saved_keras_model_have_16_bits_as_those_of_its_export(trained):
    """A batch norm is one factor and one offset a channel in the export: these have 16 bits."""
    import keras

    run, _ = trained
    for layer in keras.models.load_model(run.path / "model.keras").layers:
        weights = layer.get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = weights
            factor = gamma / np.sqrt(variance + layer.epsilon)
            weights = [factor, beta - mean * factor]
        for weight in weights:
            assert np.allclose(weight, weight.astype(np.float16), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_nothing_unfinished_is_left_in_the_run_directory(trained):
    run, _ = trained
    assert not [path.name for path in run.path.rglob(".*")]


@pytest.mark.slow
def test_the_trained_network_predicts_what_its_metrics_say(trained, photos_folder):  # noqa: F811
    run, _ = trained
    model = load_model(run.path)
    assert model.class_names == CLASS_NAMES
    right = 0
    for label in CLASS_NAMES:
        for path in sorted((photos_folder / "test" / label).iterdir()):
            prediction = model.predict(np.asarray(Image.open(path)))
            right += prediction.label == label
    assert right == Run(run.path).metrics["test"]["correct"]


@pytest.mark.slow
def test_progress_is_told_of_every_stage_from_its_first_step_to_its_last(trained):
    _, told = trained
    stages = {stage for stage, _, _ in told}
    assert {"reading photos", "training"} <= stages
    for stage in stages:
        steps = [(done, of) for name, done, of in told if name == stage]
        assert any(done == of for done, of in steps)
        assert all(0 < done <= of for done, of in steps)


@pytest.mark.slow
def test_the_same_seed_trains_the_same_network(tmp_path):
    settings = Settings("efficientnet_lite0", seed=7, recipe=QUICK)
    one, other = (train(settings, tmp_path / name) for name in ("one", "other"))
    assert one.history == other.history
    assert one.metrics == other.metrics


@pytest.mark.slow
def test_without_a_path_a_run_goes_into_the_runs_folder_under_its_settings_name(own_runs_folder):
    run = train(Settings("efficientnet_lite0", seed=3, recipe=QUICK))
    assert run.path == own_runs_folder / "efficientnet_lite0-deduplicated-seed3"
    assert run.name in [known.name for known in list_runs()]
