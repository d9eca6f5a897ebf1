"""Expected gradients: a value for each pixel of any network, in a process that never stays."""

import numpy as np
import pytest
from made_runs import SEEN, SIDE, OneRegionModel

from insects import explain, load_model
from insects.errors import SettingsError, StoppedError
from insects.explanation import Settings, supports
from insects.networks import NETWORKS
from insects.pixelwise import BACKGROUND_PHOTOS
from insects.pixelwise.background import choose_background
from insects.runs import find_run
from insects.shortcut import PAIR

PHOTO = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


@pytest.fixture(scope="module", params=["efficientnet_lite0", "tang", "shortcut_bias0"])
def explained(request, photos):
    """A model, with a backbone and without, and all explanations of a photo."""
    model = load_model(request.param)
    return model, list(explain(model, photos[-1].pixels, method="gradient"))


# Values


def test_of_a_linear_network_a_pixels_value_is_its_weight_times_its_distance_to_the_mean(tmp_path):
    model = OneRegionModel(tmp_path / "run")
    *_, result = explain(model, PHOTO, method="gradient")
    values = result.shap_values[result.segments]
    mean = choose_background(model.run, seed=0).images.astype(float).mean(axis=0)
    expected = ((PHOTO - mean)[..., None] * model.weights).sum(axis=2)
    np.testing.assert_allclose(values, expected, atol=1e-5)
    seen = np.zeros((SIDE, SIDE), bool)
    seen[SEEN] = True
    assert np.abs(values[~seen]).max() < 1e-9


def test_values_sum_to_the_logits_only_roughly_but_far_better_than_no_values(explained):
    model, (*_, result) = explained
    logits = model.logits(result.image[None])[0]
    left = logits - result.base_values - result.shap_values.sum(axis=0)
    assert np.abs(left).max() < 0.5 * np.abs(logits - result.base_values).max()


def test_an_explanation_has_a_value_for_each_pixel_and_no_errors(explained):
    model, (*_, result) = explained
    side = model.image_size
    assert result.shap_values.shape == (side**2, 3)
    assert result.standard_errors is None
    assert np.array_equal(result.segments, np.arange(side**2).reshape(side, side))
    assert result.settings == Settings(method="gradient").in_use()
    assert result.settings.output == "logit"


def test_it_rests_on_ever_more_background_photos_to_the_last(explained):
    counts = [explanation.nsamples for explanation in explained[1]]
    assert counts == sorted(set(counts))
    assert counts[-1] == BACKGROUND_PHOTOS


def test_base_values_are_the_mean_logits_of_the_background(explained):
    model, (*_, result) = explained
    images = choose_background(model.run, seed=0).images
    np.testing.assert_allclose(result.base_values, model.logits(images).mean(axis=0), atol=0.02)


def test_the_same_seed_gives_the_same_values_and_another_one_others(tmp_path):
    model = OneRegionModel(tmp_path / "run")
    one, again, other = (
        list(explain(model, PHOTO, method="gradient", seed=seed))[-1].shap_values
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_values_of_a_calibrated_run_are_of_the_logits_that_the_page_shows(tmp_path):
    model = OneRegionModel(tmp_path / "run")
    *_, before = explain(model, PHOTO, method="gradient")
    (model.run.path / "metrics.json").write_text('{"calibration": {"temperature": 4}}')
    *_, after = explain(model, PHOTO, method="gradient")
    np.testing.assert_allclose(after.shap_values, before.shap_values / 4)
    np.testing.assert_allclose(after.base_values, before.base_values / 4)


def test_it_works_beside_deep_for_each_has_a_process_of_its_own(tmp_path, started):
    model = OneRegionModel(tmp_path / "run")
    *_, deep = explain(model, PHOTO, method="deep")
    *_, gradient = explain(model, PHOTO, method="gradient")
    np.testing.assert_allclose(gradient.shap_values, deep.shap_values, atol=1e-5)
    assert len(started) == 2


# Its process


def test_the_process_ends_with_the_explanation(tmp_path, started):
    list(explain(OneRegionModel(tmp_path / "run"), PHOTO, method="gradient"))
    assert [process.returncode for process in started] == [0]


def test_an_error_in_on_progress_leaves_no_process(tmp_path, started):
    def stop(spent, of):
        raise StoppedError("enough")

    model = OneRegionModel(tmp_path / "run")
    with pytest.raises(StoppedError):
        list(explain(model, PHOTO, method="gradient", on_progress=stop))
    assert started[0].returncode is not None


# Which networks


@pytest.mark.parametrize("name", [*(run for run in NETWORKS if run != "small"), *PAIR])
def test_every_shipped_network_is_supported(name):
    assert supports(load_model(name), "gradient")


def test_what_is_no_run_is_refused_in_a_sentence():
    class NoRun:
        name, class_names, image_size = "no run", ("a", "b"), SIDE

    with pytest.raises(SettingsError, match=r"gradient.*no run\.$"):
        explain(NoRun(), PHOTO, method="gradient")


@pytest.mark.parametrize("name", ["efficientnet_lite0", "tang"])
def test_the_whole_network_in_keras_says_what_the_export_says(name, photos):
    from insects.networks.restore import restore_whole
    from insects.photos import resize

    model = load_model(name)
    images = np.stack([resize(photo.pixels, model.image_size) for photo in photos[:2]])
    logits = restore_whole(find_run(name)).predict(images.astype(np.float32), verbose=0)
    np.testing.assert_allclose(logits / model.temperature, model.logits(images), atol=0.02)
