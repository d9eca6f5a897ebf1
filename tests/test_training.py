"""Training: a run directory is filled, checked and never left without saying how it ended."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from insects.__main__ import main
from insects.datasets import load_dataset, uploads
from insects.datasets.published import CLASS_NAMES
from insects.errors import DatasetError, PhotoError, RunError, SettingsError
from insects.evaluation import evaluate
from insects.explanation import explain
from insects.inference import load_model
from insects.networks import NETWORKS, Recipe
from insects.runs import Run, delete_run, list_runs
from insects.training.batches import Batches
from insects.training.settings import Settings
from insects.training.train import train

OWNER = "0123456789abcdef" * 2
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


# On a folder of one's own photos


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
def test_a_run_knows_its_owner_by_a_digest_and_nobody_else_sees_it(visitors, monkeypatch, capfd):
    monkeypatch.setenv("INSECTS_OWNER", OWNER)
    options = ("--dataset", str(visitors), "--network", "efficientnet_lite0", "--epochs", "1")
    assert main(["train", *options, "--json"]) == 0
    (run,) = [run for run in list_runs(OWNER) if not run.is_shipped]
    assert len(run.config["owner"]) == 64
    assert not any(OWNER.encode() in p.read_bytes() for p in run.path.rglob("*") if p.is_file())
    assert OWNER not in "".join(capfd.readouterr())
    assert run.name not in [run.name for run in list_runs("b" * 32)]
    delete_run(run)
    assert not visitors.exists()


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

    from insects.runs.notes import Notes
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
    run = Run(tmp_path)
    fit(model, recipe, part, part, run, Settings("tang", seed=1), Notes(run))
    expected = [row for k in range(3) for row in epoch_order(numbered(10, seed=1), k)]
    assert seen == expected
