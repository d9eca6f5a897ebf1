"""Training: a run directory is filled, checked and never left without saying how it ended."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from insects.datasets.published import CLASS_NAMES
from insects.errors import DatasetError, RunError, SettingsError
from insects.inference import load_model
from insects.networks import NETWORKS, Recipe
from insects.runs import Run, list_runs
from insects.training.batches import Batches
from insects.training.settings import Settings
from insects.training.train import train

PER_CLASS = {"train": 4, "test": 3}
QUICK = Recipe(epochs=2, batch_size=5, optimizer="adam", learning_rate=1e-3)


@pytest.fixture(scope="module")
def photos_folder(tmp_path_factory):
    """A published folder in small, of noise in a colour a class; no photo is there twice."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for split, count in PER_CLASS.items():
        for channel, label in enumerate(CLASS_NAMES):
            for i in range(count):
                pixels = rng.integers(0, 80, (64, 64, 3), dtype=np.uint8)
                pixels[..., channel] += 150
                path = folder / split / label / f"{split}-{channel}-{i}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(path)
    return folder


@pytest.fixture(autouse=True)
def small_dataset(photos_folder, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS", str(photos_folder))


@pytest.fixture(scope="module", params=["efficientnet_lite0", "tang"])
def trained(request, photos_folder, tmp_path_factory):
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


# What a training writes


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
def test_progress_ends_at_the_last_step(trained):
    run, _ = trained
    steps = QUICK.epochs * -(-12 // QUICK.batch_size)
    progress = json.loads((run.path / "progress.json").read_text())
    assert progress["step"] == progress["of"] == steps
    assert progress["epoch"] == 1
    assert progress["photos_per_second"] > 0
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
def test_the_trained_network_predicts_what_its_metrics_say(trained, photos_folder):
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


# What can go wrong


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


# Settings


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
        Settings("tang", seed=-1),
    ],
    ids=["network", "dataset", "split", "seed"],
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


# Batches


def epoch_order(batches, epoch=0):
    """The rows of an epoch, in the order in which they are given out."""
    batches.begin(epoch)
    return [int(row) for i in range(batches.num_batches) for row in batches[i][0][:, 0]]


def numbered(count, **settings):
    """Batches whose inputs are the numbers of their rows."""
    return Batches(np.arange(count)[:, None], np.arange(count), 4, **settings)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 22])
def test_every_epoch_gives_out_every_row_once(count):
    batches = numbered(count, seed=0)
    for epoch in range(3):
        assert sorted(epoch_order(batches, epoch)) == list(range(count))


def test_inputs_and_labels_stay_together():
    batches = numbered(22, seed=0)
    for i in range(batches.num_batches):
        inputs, labels = batches[i]
        assert inputs.dtype == np.float32
        assert np.array_equal(inputs[:, 0], labels)


def test_epochs_differ_in_their_order():
    batches = numbered(22, seed=0)
    assert epoch_order(batches, 0) != epoch_order(batches, 1)


def test_the_same_seed_gives_the_same_orders_and_another_seed_others():
    assert epoch_order(numbered(22, seed=5)) == epoch_order(numbered(22, seed=5))
    assert epoch_order(numbered(22, seed=5)) != epoch_order(numbered(22, seed=6))


@pytest.mark.parametrize("epoch", [1, 2, 7])
def test_a_training_that_continues_sees_the_order_of_one_that_never_stopped(epoch):
    batches = numbered(22, seed=3)
    orders = [epoch_order(batches, k) for k in range(epoch + 1)]
    assert epoch_order(numbered(22, seed=3), epoch) == orders[-1]


def test_without_a_seed_rows_come_in_their_order_every_epoch():
    batches = numbered(10)
    for epoch in range(2):
        assert epoch_order(batches, epoch) == list(range(10))


def test_keras_trains_on_the_order_of_each_epoch_in_turn(tmp_path):
    """The rows are watched where the network gets them, after all that Keras does with them."""
    import keras

    from insects.training.inputs import Part
    from insects.training.train import fit

    seen = []

    class Watching(keras.Sequential):
        def compile(self, **settings):
            super().compile(run_eagerly=True, **settings)

        def train_step(self, data):
            seen.extend(int(row) for row in np.asarray(data[0])[:, 0])
            return super().train_step(data)

    part = Part(np.arange(10)[:, None], np.arange(10) % 3)
    recipe = Recipe(epochs=3, batch_size=4, optimizer="sgd", learning_rate=1e-6)
    model = Watching([keras.Input((1,)), keras.layers.Dense(3)])
    fit(model, recipe, part, part, tmp_path, seed=1)
    expected = [row for k in range(3) for row in epoch_order(numbered(10, seed=1), k)]
    assert seen == expected
