"""What is measured and written when a training has ended, and read back without Keras."""

import json
import shutil

import numpy as np
import pytest
from scipy.special import softmax

from insects.datasets import load_dataset
from insects.errors import RunError
from insects.inference import Model, load_model
from insects.networks import Network, get_network
from insects.predictions import (
    Predictions,
    Said,
    load_predictions,
    save_predictions,
)
from insects.runs import SHIPPED, Run
from insects.training.inputs import Part

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")
LOGITS = np.array(
    [[4.0, 0, 0], [3.0, 0, 0], [0, 5.0, 0], [0, 1.0, 0.5], [0, 0, 2.0], [2.0, 0, 0]], np.float32
)
LABELS = np.array([0, 1, 1, 2, 2, 2])


def said(logits=LOGITS, labels=LABELS, part="test"):
    names = np.array([f"{part}/{CLASS_NAMES[label]}/{i}" for i, label in enumerate(labels)])
    contents = np.array([f"{i:064x}" for i in range(len(labels))])
    return Said(names, contents, np.asarray(labels), np.asarray(logits, np.float32))


def made_run(path, metrics=None, **parts):
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"class_names": CLASS_NAMES}))
    if metrics is not None:
        (path / "metrics.json").write_text(json.dumps(metrics))
    save_predictions(path, parts)
    return Run(path)


@pytest.fixture
def predictions():
    return Predictions(CLASS_NAMES, {"test": said()})


# Reading back


def test_what_was_written_is_read_back(tmp_path):
    run = made_run(tmp_path / "run", {}, train=said(part="train"), test=said())
    read = load_predictions(run)
    assert set(read.parts) == {"train", "test"}
    assert read.class_names == CLASS_NAMES
    assert read.temperature == 1
    for field in ("names", "contents", "labels", "logits"):
        assert np.array_equal(getattr(read.parts["test"], field), getattr(said(), field))
    assert read.parts["test"].logits.dtype == np.float32
    assert [path.name for path in run.path.glob(".*")] == []


def test_a_cell_of_the_confusion_matrix_gives_its_photos_the_surest_first(predictions):
    assert predictions.confused(2, 0) == ["test/dragonflies/5"]
    assert predictions.confused(0, 0) == ["test/beetles/0"]
    assert predictions.confused(0, 2) == []


def test_mistakes_come_the_surest_first_and_no_more_than_asked_for(predictions):
    worst = predictions.mistakes(2)
    assert [mistake.name for mistake in worst] == ["test/cockroach/1", "test/dragonflies/5"]
    assert (worst[0].true, worst[0].said) == ("cockroach", "beetles")
    assert worst[0].probability == pytest.approx(softmax([3.0, 0, 0])[0])
    assert len(predictions.mistakes(10)) == 3


def test_a_temperature_changes_how_sure_answers_are_and_no_answer(predictions):
    cooler = Predictions(CLASS_NAMES, {"test": said()}, temperature=3.0)
    assert np.allclose(cooler.probabilities(), softmax(LOGITS / 3, axis=1))
    assert [m.name for m in cooler.mistakes(10)] == [m.name for m in predictions.mistakes(10)]
    assert cooler.mistakes(1)[0].probability < predictions.mistakes(1)[0].probability


@pytest.mark.parametrize(
    "wrong",
    [
        said(LOGITS[:, :2]),
        said(np.full_like(LOGITS, np.nan)),
        Said(said().names, said().contents, LABELS + 1, LOGITS),
        Said(said().names[:2], said().contents, LABELS, LOGITS),
    ],
    ids=["classes", "numbers", "labels", "length"],
)
def test_predictions_that_make_no_sense_are_refused(wrong, tmp_path):
    with pytest.raises(RunError, match=r"not of its classes"):
        load_predictions(made_run(tmp_path / "run", {}, test=wrong))


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"PK\x03\x04"])
def test_a_run_without_readable_predictions_says_so(content, tmp_path):
    run = made_run(tmp_path / "run", {}, test=said())
    path = run.path / "predictions.npz"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(RunError, match="no readable predictions"):
        load_predictions(run)


def test_a_pickle_among_the_predictions_is_refused_unread(tmp_path):
    run = made_run(tmp_path / "run", {}, test=said())
    fields = {
        "names": np.array([print], object),
        "contents": [""],
        "labels": [0],
        "logits": [[0.0]],
    }
    np.savez(run.path / "predictions.npz", **{f"test_{k}": v for k, v in fields.items()})
    with pytest.raises(RunError, match="no readable predictions"):
        load_predictions(run)


# The temperature of a run


def calibrated(path, temperature):
    shutil.copytree(SHIPPED / "efficientnet_lite0", path)
    metrics = json.loads((path / "metrics.json").read_text())
    metrics["calibration"] = {"temperature": temperature}
    (path / "metrics.json").write_text(json.dumps(metrics))
    return Run(path)


def test_a_run_that_was_not_calibrated_has_temperature_1():
    zhang = load_model("zhang")
    assert "calibration" not in zhang.run.metrics
    assert zhang.temperature == 1


def test_a_calibrated_run_is_as_sure_as_its_temperature_says(tmp_path, default_model, photos):
    model = load_model(calibrated(tmp_path / "run", 4.0).path)
    images = np.zeros((2, 224, 224, 3), np.uint8)
    images[1] = 200
    of_temperature_1 = default_model.logits(images).astype(float) * default_model.temperature
    assert np.allclose(model.logits(images), of_temperature_1 / 4, atol=1e-5)
    expected = softmax(of_temperature_1 / 4, axis=1)
    assert np.allclose(model.probabilities(images), expected)
    pixels = photos[0].pixels
    ours, raw = model.predict(pixels), default_model.predict(pixels)
    assert ours.label == raw.label
    assert ours.probabilities.max() < raw.probabilities.max()


@pytest.mark.parametrize("temperature", [0, -1, "2", None, float("nan"), 1e9])
def test_a_temperature_that_cannot_be_is_refused(temperature, tmp_path):
    with pytest.raises(RunError, match="no readable temperature"):
        Model(calibrated(tmp_path / "run", temperature))


# After a training


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A tiny network on four numbers a photo, measured with photos set aside."""
    import keras

    from insects.training.after import measure_run

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    rng = np.random.default_rng(0)

    def part(count):
        labels = np.arange(count) % 3
        return Part(3 * np.eye(4)[labels] + rng.normal(size=(count, 4)), labels)

    parts, aside, few = {"train": part(20), "test": part(10)}, part(60), part(49)
    path = tmp_path_factory.mktemp("runs") / "run"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"class_names": CLASS_NAMES}))
    run = Run(path)
    network = Network("tiny", "Tiny", "", 4, get_network("tang").recipe, get_network("tang").build)
    dataset = load_dataset("drawn")
    metrics = measure_run(run, model, network, dataset, parts, aside)
    without = [measure_run(run, model, network, dataset, parts, one) for one in (None, few)]
    measure_run(run, model, network, dataset, parts, aside)
    (path / "metrics.json").write_text(json.dumps(metrics))
    return run, model, parts, metrics, without


def test_each_part_is_measured_with_its_calibration(measured):
    _, _, parts, metrics, _ = measured
    for name, part in parts.items():
        assert metrics[name]["photos"] == len(part.labels)
        assert np.sum(metrics[name]["confusion"]) == len(part.labels)
        assert 0 <= metrics[name]["ece"] <= 1
        assert sum(row["photos"] for row in metrics[name]["reliability"]) == len(part.labels)


def test_photos_set_aside_give_a_temperature_and_what_it_does_to_the_test_photos(measured):
    _, _, _, metrics, without = measured
    calibration = metrics["calibration"]
    assert calibration["photos"] == 60
    assert calibration["temperature"] >= 1
    assert calibration["ece_before"] == metrics["test"]["ece"]
    assert 0 <= calibration["ece_after"] <= 1
    for one in without:
        assert "calibration" not in one
        assert one["test"] == metrics["test"]


def test_a_temperature_from_too_few_photos_counts_as_none(tmp_path):
    run = calibrated(tmp_path / "run", 4.0)
    metrics = json.loads((run.path / "metrics.json").read_text())
    for photos, expected in ((49, 1), (50, 4)):
        metrics["calibration"]["photos"] = photos
        (run.path / "metrics.json").write_text(json.dumps(metrics))
        assert load_model(run.path).temperature == expected


def test_calibration_never_makes_a_network_surer():
    from insects.training.after import _calibration

    right = said(6 * np.eye(3)[np.arange(60) % 3] - 3, np.arange(60) % 3)
    found = _calibration(right, said())
    assert found["temperature"] == 1
    assert found["ece_after"] == found["ece_before"]


def test_the_logits_of_every_part_are_kept_with_the_run(measured):
    run, model, parts, metrics, _ = measured
    kept = load_predictions(run)
    assert set(kept.parts) == {"train", "test", "aside"}
    assert kept.temperature == metrics["calibration"]["temperature"]
    expected = model.predict(parts["test"].inputs.astype(np.float32), verbose=0)
    assert np.allclose(kept.parts["test"].logits, expected, atol=1e-5)
    assert kept.parts["test"].names.tolist() == [""] * 10


def test_metrics_are_plain_json(measured):
    *_, metrics, _ = measured
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
