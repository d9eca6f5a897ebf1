"""Article 1's explanation: a value for each pixel, all sum up, and its process never stays."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_runs import SEEN, SIDE, OneRegionModel

from insects import explain, load_model
from insects.errors import InsectsError, SettingsError, StoppedError
from insects.explanation import ARTICLE_1, supports
from insects.pixelwise import BACKGROUND_PHOTOS, child
from insects.pixelwise.background import choose_background
from insects.pixelwise.deep import check_additivity
from insects.runs import find_run

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module", params=["tang", "zhang"])
def explained(request, photos):
    """The model, and all explanations that `deep` yields of a photo."""
    model = load_model(request.param)
    return model, list(explain(model, photos[-1].pixels, method="deep"))


# Values


def test_values_and_base_values_sum_to_the_logits_that_the_page_shows(explained):
    model, explanations = explained
    logits = model.logits(explanations[-1].image[None])[0]
    for explanation in explanations:
        total = explanation.base_values + explanation.shap_values.sum(axis=0)
        assert np.abs(total - logits).max() < 1e-3


def test_an_explanation_by_pixel_has_the_shapes_it_promises(explained):
    model, (*_, result) = explained
    side = model.image_size
    assert result.shap_values.shape == (side**2, 3)
    assert result.standard_errors is None
    assert np.array_equal(result.segments, np.arange(side**2).reshape(side, side))
    assert result.nsamples == BACKGROUND_PHOTOS
    assert result.settings == ARTICLE_1
    assert result.settings.output == "logit"


def test_it_rests_on_ever_more_background_photos_and_says_which(explained, dataset):
    _, explanations = explained
    counts = [explanation.nsamples for explanation in explanations]
    assert counts == sorted(set(counts))
    known = "training photos" if dataset.name == "published" else "drawn insects, because"
    assert explanations[-1].background.startswith(f"{BACKGROUND_PHOTOS} {known}")


def test_base_values_are_the_mean_logits_of_the_background(explained):
    model, (*_, result) = explained
    images = choose_background(model.run, seed=0).images
    assert np.allclose(result.base_values, model.logits(images).mean(axis=0), atol=1e-3)


def test_its_numbers_can_be_written_as_json_and_still_sum_up(explained):
    model, (*_, result) = explained
    read = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    total = np.sum(read["shap_values"], axis=0) + read["base_values"]
    assert np.abs(total - model.logits(result.image[None])[0]).max() < 1e-3
    assert read["background"] == result.background
    assert np.array_equal(read["segments"], result.segments)


def test_only_the_pixels_that_a_network_looks_at_have_value(tmp_path):
    model = OneRegionModel(tmp_path / "run")
    photo = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    *_, result = explain(model, photo, method="deep")
    values = result.shap_values[result.segments]
    seen = np.zeros((SIDE, SIDE), bool)
    seen[SEEN] = True
    assert np.abs(values[~seen]).max() < 1e-9
    mean = choose_background(model.run, seed=0).images.astype(float).mean(axis=0)
    expected = ((photo - mean)[..., None] * model.weights).sum(axis=2)
    assert np.allclose(values, expected, atol=1e-5)


def test_values_of_a_calibrated_run_are_of_the_logits_that_the_page_shows(tmp_path):
    model = OneRegionModel(tmp_path / "run")
    photo = np.full((SIDE, SIDE, 3), 200, np.uint8)
    *_, before = explain(model, photo, method="deep")
    metrics = {"calibration": {"temperature": 4}}
    (model.run.path / "metrics.json").write_text(json.dumps(metrics))
    *_, after = explain(model, photo, method="deep")
    assert np.allclose(after.shap_values, before.shap_values / 4)
    assert np.allclose(after.base_values, before.base_values / 4)


@pytest.mark.parametrize("error", [0.002, -0.002, np.nan])
def test_values_that_do_not_sum_up_are_refused_in_a_sentence(error):
    values, base_values = np.full((SIDE, SIDE, 2), 1 / SIDE**2), np.array([0.5, 1.0])
    check_additivity(values, base_values, np.array([1.5, 2.0]))
    with pytest.raises(InsectsError, match=r"do not add up .+\.$"):
        check_additivity(values, base_values, np.array([1.5, 2.0 + error]))


def test_a_network_with_a_layer_that_shap_does_not_know_is_refused_in_a_sentence(tmp_path):
    model = OneRegionModel(tmp_path / "run", activation="relu6")
    with pytest.raises(InsectsError, match=r"a layer .+ does not know.+\.$"):
        list(explain(model, np.full((SIDE, SIDE, 3), 2, np.uint8), method="deep"))


# The background


def test_the_same_seed_chooses_the_same_background_and_another_one_another():
    run = find_run("tang")
    one, again, other = (choose_background(run, seed).images for seed in (0, 0, 1))
    assert one.shape == (BACKGROUND_PHOTOS, 224, 224, 3)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_where_the_photos_are_absent_drawn_insects_take_their_place_and_that_is_said(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("INSECTS_PHOTOS", str(tmp_path / "nowhere"))
    background = choose_background(find_run("tang"), seed=0)
    assert len(background.images) == BACKGROUND_PHOTOS
    assert background.words == ("61 drawn insects, because the photos it learned from are not here")


# Its process


def test_an_error_in_on_progress_leaves_no_process(default_photo, started):
    def stop(spent, of):
        raise StoppedError("enough")

    with pytest.raises(StoppedError):
        list(explain(load_model("tang"), default_photo, method="deep", on_progress=stop))
    (process,) = started
    assert process.returncode == -signal.SIGKILL


def test_who_wants_no_more_explanations_leaves_no_process(default_photo, started):
    explanations = explain(load_model("tang"), default_photo, method="deep")
    assert next(explanations).nsamples >= 1
    explanations.close()
    assert started[0].returncode is not None
    assert not child._turn.locked()


def test_a_process_ended_from_outside_is_a_plain_error(default_photo, started):
    def kill(spent, of):
        started[0].kill()

    with pytest.raises(InsectsError, match=r"ended before it was done.*\.$") as caught:
        list(explain(load_model("tang"), default_photo, method="deep", on_progress=kill))
    assert "Traceback" not in str(caught.value)


def test_what_takes_too_long_is_ended(default_photo, started, monkeypatch):
    monkeypatch.setattr(child, "LIMIT_SECONDS", -1)
    with pytest.raises(InsectsError, match="took longer"):
        list(explain(load_model("tang"), default_photo, method="deep"))
    assert started[0].returncode is not None


def test_a_second_one_waits_until_the_first_has_ended(default_photo, started):
    first = explain(load_model("tang"), default_photo, method="deep")
    next(first)
    told = []

    def tell(spent, of):
        told.append((spent, of))
        if len(told) == 3:
            raise StoppedError("enough")

    with pytest.raises(StoppedError):
        list(explain(load_model("tang"), default_photo, method="deep", on_progress=tell))
    assert told == [(0, BACKGROUND_PHOTOS)] * 3
    assert len(started) == 1
    first.close()


# What is refused


def test_a_network_with_relu6_is_refused_at_once_in_a_sentence(default_model, default_photo):
    assert not supports(default_model, "deep")
    with pytest.raises(SettingsError, match=r"tang.*efficientnet_lite0\.$"):
        explain(default_model, default_photo, method="deep")


@pytest.mark.parametrize(
    ("network", "status", "said"), [("tang", 0, ""), ("efficientnet_lite0", 2, "error: deep")]
)
def test_the_command_line_explains_by_pixel_or_says_why_not(
    network, status, said, default_photo, tmp_path
):
    from PIL import Image

    photo, figure = tmp_path / "photo.png", tmp_path / "figure.png"
    Image.fromarray(default_photo).save(photo)
    command = [sys.executable, "-m", "insects", "explain", photo, "--network", network]
    done = subprocess.run(
        [*command, "--method", "deep", "--figure", figure],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == bool(said)
    assert ("the pixels" in done.stdout) == figure.exists() == (not said)


@pytest.fixture
def default_photo(photos):
    return photos[0].pixels
