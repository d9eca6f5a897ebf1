"""Predictions on LiteRT: the same alone and in company, and found by name only."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from insects.errors import RunError
from insects.inference import BATCH_SIZE, load_model, n_cores
from insects.photos import resize
from insects.runs import SHIPPED
from insects.runs.locks import held

EXPLAIN_AND_LIST_MODULES = """
import sys
from insects import explain, load_model, load_photo
photo = load_photo(sys.argv[1])
model = load_model("efficientnet_lite0")
*_, explanation = explain(model, photo, n_segments=6, nsamples=20, method=sys.argv[2])
print(explanation.n_superpixels > 0, {"tensorflow", "keras", "streamlit"} & set(sys.modules))
"""


@pytest.fixture(scope="module")
def images(photos):
    """Nineteen images as the default network takes them: two full batches and three more."""
    few = [resize(photo.pixels, 224) for photo in photos]
    mirrored = [image[:, ::-1] for image in few]
    return np.stack([*few, *mirrored, few[0][::-1]])[:19]


@pytest.fixture(scope="module")
def alone(default_model, images):
    """The logits of each image, asked one by one."""
    return np.concatenate([default_model.logits(image[None]) for image in images])


def shipped_copy(folder, status="finished"):
    """A finished run like the shipped one, in a folder of its own."""
    folder.mkdir(parents=True)
    shipped = SHIPPED / "efficientnet_lite0"
    (folder / "config.json").write_text((shipped / "config.json").read_text())
    (folder / "model.tflite").write_bytes((shipped / "model.tflite").read_bytes())
    (folder / "status").write_text(status)
    return folder


# The same answers


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 16, 17, 19])
def test_any_number_of_images_gets_the_answers_of_each_alone(default_model, images, alone, count):
    logits = default_model.logits(images[:count])
    assert logits.shape == (count, 3)
    assert np.abs(logits - alone[:count]).max() < 1e-5 * max(1, np.abs(alone).max())


def test_probabilities_in_a_batch_are_those_of_each_alone(default_model, images):
    together = default_model.probabilities(images[:BATCH_SIZE])
    for image, probabilities in zip(images, together, strict=False):
        assert np.abs(default_model.probabilities(image[None])[0] - probabilities).max() < 1e-5


def test_an_image_gets_the_same_answer_whatever_else_is_in_its_batch(default_model, images):
    others = np.random.default_rng(0).integers(0, 256, (7, 224, 224, 3), dtype=np.uint8)
    one = default_model.logits(images[:8])[0]
    other = default_model.logits(np.concatenate([images[:1], others]))[0]
    assert np.array_equal(one, other)


def test_answers_already_given_do_not_change_with_the_next_question(default_model, images):
    first = default_model.logits(images[:8])
    kept = first.copy()
    default_model.logits(images[8:16])
    assert np.array_equal(first, kept)


def test_many_threads_on_one_model_get_the_answers_of_each_alone(default_model, images, alone):
    """Six threads ask at once, for one image and for many, over and over."""
    start, wrong = threading.Barrier(6), []

    def ask(number):
        rows = np.random.default_rng(number).permutation(len(images))
        start.wait()
        for count in (1, 3, 8, 1, 11, 2):
            logits = default_model.logits(images[rows[:count]])
            wrong.append(np.abs(logits - alone[rows[:count]]).max() > 1e-4)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 36
    assert not any(wrong)


def test_floats_and_bytes_of_the_same_picture_get_the_same_answer(default_model, images):
    as_floats = default_model.logits(images[:3].astype(np.float32))
    assert np.array_equal(as_floats, default_model.logits(images[:3]))


# Predictions


def test_a_prediction_sums_to_1_and_names_its_likeliest_class(default_model, photos):
    for photo in photos:
        prediction = default_model.predict(photo.pixels)
        assert prediction.probabilities.sum() == pytest.approx(1)
        assert (prediction.probabilities >= 0).all()
        likeliest = max(zip(prediction.probabilities, prediction.class_names, strict=True))
        assert prediction.label == likeliest[1]


def test_the_default_network_gets_most_photos_right(default_model, photos):
    right = [default_model.predict(photo.pixels).label == photo.label for photo in photos]
    assert np.mean(right) > 0.6


@pytest.mark.parametrize("shape", [(32, 32, 3), (40, 2048, 3), (1, 2048, 3), (300, 200, 3)])
def test_a_photo_of_any_size_can_be_predicted(default_model, shape):
    probabilities = default_model.predict(np.full(shape, 90, np.uint8)).probabilities
    assert np.isfinite(probabilities).all()


def test_the_default_network_says_what_it_is(default_model):
    assert default_model.name == "efficientnet_lite0"
    assert default_model.class_names == ("beetles", "cockroach", "dragonflies")
    assert default_model.image_size == 224


def test_there_is_at_least_one_core():
    assert n_cores() >= 1


# Names and paths


@pytest.mark.parametrize("name", ["nonsense", "", "efficientnet_lite0 ", "backbones"])
def test_an_unknown_run_is_refused_with_the_names_of_the_known_ones(name):
    with pytest.raises(RunError, match="efficientnet_lite0") as caught:
        load_model(name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    "name", ["../secret", "..", "runs/../secret", "x/../../secret", "../runs/../secret"]
)
def test_a_name_that_leads_out_of_the_runs_folder_is_no_name(
    name, own_runs_folder, tmp_path, monkeypatch
):
    shipped_copy(own_runs_folder / "x")
    shipped_copy(tmp_path / "secret")
    elsewhere = tmp_path / "a" / "b" / "c"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    with pytest.raises(RunError, match="There is no run"):
        load_model(name)


def test_a_run_is_loaded_by_its_directory(tmp_path, photos):
    folder = shipped_copy(tmp_path / "anywhere" / "my-run")
    for path in (folder, str(folder)):
        model = load_model(path)
        assert model.name == "my-run"
        assert model.predict(photos[0].pixels).label in model.class_names


def test_a_run_trained_here_is_loaded_by_its_name(own_runs_folder):
    shipped_copy(own_runs_folder / "mine")
    assert load_model("mine").name == "mine"


@pytest.mark.parametrize("status", ["queued", "running", "failed the disk is full", "gibberish"])
def test_a_run_that_is_not_finished_is_refused_with_its_state(status, own_runs_folder):
    folder = shipped_copy(own_runs_folder / "mine", status)
    with held(folder / "lock"), pytest.raises(RunError, match=status.split()[0]):
        load_model("mine")


def test_a_run_with_an_unreadable_configuration_is_refused(own_runs_folder):
    folder = shipped_copy(own_runs_folder / "mine")
    (folder / "config.json").write_text("{")
    with pytest.raises(RunError, match=r"config\.json"):
        load_model("mine")


def test_a_finished_run_without_its_network_is_refused(own_runs_folder):
    folder = shipped_copy(own_runs_folder / "mine")
    (folder / "model.tflite").unlink()
    with pytest.raises(RunError):
        load_model("mine")


# A process of its own


@pytest.mark.slow
@pytest.mark.parametrize("method", ["leverage", "kernel", "exact"])
def test_explaining_never_imports_tensorflow_and_writes_nothing_to_the_terminal(
    photos, tmp_path, method
):
    path = tmp_path / "photo.png"
    Image.fromarray(photos[0].pixels).save(path)
    done = subprocess.run(
        [sys.executable, "-c", EXPLAIN_AND_LIST_MODULES, str(path), method],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True set()", done.stderr
    assert done.stderr == ""
