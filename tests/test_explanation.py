"""Explanations: only what the network looks at has value, and everything sums up."""

import json
import math

import numpy as np
import pytest

from insects.errors import SettingsError, StoppedError
from insects.explanation import (
    ARTICLE_1,
    ARTICLE_2,
    SUPERPIXEL_METHODS,
    Explanation,
    Settings,
    explain,
)
from insects.inference import BATCH_SIZE
from insects.superpixels import BASELINES, segment

BLOCK = 21
COLOURS = [
    [(255, 0, 0), (0, 255, 0), (0, 0, 255)],
    [(255, 255, 0), (0, 255, 255), (255, 0, 255)],
    [(0, 0, 0), (128, 128, 128), (240, 240, 200)],
]
NINE = {"n_segments": 9, "sigma": 0.0}
FEW = {"n_segments": 12, "nsamples": 60}


def nine_blocks():
    """A picture that SLIC cuts into exactly its nine blocks."""
    picture = np.zeros((3 * BLOCK, 3 * BLOCK, 3), np.uint8)
    for row, colours in enumerate(COLOURS):
        for column, colour in enumerate(colours):
            picture[block(row, column)] = colour
    return picture


def block(row, column):
    return (
        slice(row * BLOCK, (row + 1) * BLOCK),
        slice(column * BLOCK, (column + 1) * BLOCK),
    )


class OneRegionModel:
    """A model that looks at the brightness of one rectangle and at nothing else."""

    name = "one region"
    class_names = ("dark", "bright")
    image_size = 3 * BLOCK

    def __init__(self, region=(slice(None), slice(None))):
        self.region, self.batch_sizes = region, []

    def logits(self, images):
        self.batch_sizes.append(len(images))
        brightness = images[:, *self.region].mean(axis=(1, 2, 3)) / 128
        return np.stack([-brightness, 2 * brightness], axis=1).astype(np.float32)

    def probabilities(self, images):
        odds = np.exp(self.logits(images).astype(float))
        return odds / odds.sum(axis=1, keepdims=True)


def last(explanations):
    *_, explanation = explanations
    return explanation


# What has value


def test_the_nine_blocks_are_nine_superpixels():
    segments = segment(nine_blocks(), **NINE)
    assert segments.max() == 8
    for row in range(3):
        for column in range(3):
            inside = segments[block(row, column)]
            assert (inside == inside[0, 0]).all()


@pytest.mark.parametrize("method", SUPERPIXEL_METHODS)
@pytest.mark.parametrize("output", ["probability", "logit"])
@pytest.mark.parametrize("place", [(0, 0), (1, 1), (2, 0), (0, 2)])
def test_only_the_superpixel_that_the_model_looks_at_has_value(method, output, place):
    model = OneRegionModel(block(*place))
    result = last(explain(model, nine_blocks(), nsamples=600, method=method, output=output, **NINE))
    seen = result.segments[block(*place)][0, 0]
    unseen = [i for i in range(result.n_superpixels) if i != seen]
    assert np.abs(result.shap_values[seen]).min() > 0.01
    assert np.abs(result.shap_values[unseen]).max() < 1e-4


def test_leverage_finds_the_one_region_without_asking_about_every_coalition():
    model = OneRegionModel(block(1, 2))
    result = last(explain(model, nine_blocks(), nsamples=300, **NINE))
    seen = result.segments[block(1, 2)][0, 0]
    unseen = [i for i in range(9) if i != seen]
    assert result.nsamples <= 300
    strength = np.abs(result.shap_values)
    assert strength[unseen].max() < 0.01 * strength[seen].min()


def test_a_hidden_dark_block_speaks_against_bright():
    """The baseline is white: showing the black block makes the picture darker."""
    result = last(explain(OneRegionModel(block(2, 0)), nine_blocks(), method="exact", **NINE))
    black = result.segments[block(2, 0)][0, 0]
    dark, bright = result.shap_values[black]
    assert dark > 0.1
    assert bright < -0.1


# What sums up


@pytest.mark.parametrize("method", SUPERPIXEL_METHODS)
@pytest.mark.parametrize("output", ["probability", "logit"])
def test_values_of_the_default_network_sum_to_its_prediction(default_model, photos, method, output):
    settings = {"n_segments": 6, "nsamples": 150, "method": method, "output": output}
    result = last(explain(default_model, photos[0].pixels, **settings))
    score = default_model.probabilities if output == "probability" else default_model.logits
    expected = score(result.image[None])[0]
    assert np.abs(result.base_values + result.shap_values.sum(axis=0) - expected).max() < 1e-4


@pytest.mark.parametrize("baseline", BASELINES)
def test_values_sum_up_with_every_baseline(default_model, photos, baseline):
    result = last(explain(default_model, photos[-1].pixels, baseline=baseline, **FEW))
    total = result.base_values + result.shap_values.sum(axis=0)
    assert np.abs(total - result.probabilities).max() < 1e-4


def test_base_values_are_the_prediction_for_the_background(default_model, photos):
    result = last(explain(default_model, photos[0].pixels, **FEW))
    white = np.full((1, 224, 224, 3), 255, np.uint8)
    assert np.allclose(result.base_values, default_model.probabilities(white)[0], atol=1e-5)


def test_the_explained_prediction_is_that_of_the_whole_photo(default_model, photos):
    prediction = default_model.predict(photos[0].pixels)
    result = next(explain(default_model, photos[0].pixels, **FEW))
    assert np.allclose(result.probabilities, prediction.probabilities)
    assert result.label == prediction.label


# What comes out


def test_an_explanation_has_the_shapes_it_promises(default_model, photos):
    result = last(explain(default_model, photos[0].pixels, n_segments=30, nsamples=200))
    n_superpixels, n_classes = result.n_superpixels, len(default_model.class_names)
    assert result.shap_values.shape == (n_superpixels, n_classes)
    assert result.standard_errors.shape == (n_superpixels, n_classes)
    assert result.base_values.shape == (n_classes,)
    assert result.segments.shape == (224, 224)
    assert set(np.unique(result.segments)) == set(range(n_superpixels))
    assert result.image.shape == (224, 224, 3)
    assert result.class_names == default_model.class_names


def test_explanations_rest_on_ever_more_samples_up_to_what_was_asked(default_model, photos):
    counts = [
        e.nsamples for e in explain(default_model, photos[0].pixels, n_segments=20, nsamples=90)
    ]
    assert len(counts) > 2
    assert counts == sorted(set(counts))
    assert counts[-1] == 90


def test_the_same_seed_gives_the_same_explanation(default_model, photos):
    one, other = (last(explain(default_model, photos[0].pixels, seed=1, **FEW)) for _ in range(2))
    assert np.array_equal(one.shap_values, other.shap_values)


def test_a_photo_and_its_resized_copy_are_explained_alike():
    picture = nine_blocks()
    settings = {"method": "exact", **NINE}
    one = last(explain(OneRegionModel(), picture, **settings))
    other = last(explain(OneRegionModel(), one.image, **settings))
    assert np.array_equal(one.shap_values, other.shap_values)


def test_one_superpixel_alone_carries_the_whole_prediction():
    result = last(explain(OneRegionModel(), nine_blocks(), n_segments=1))
    assert result.n_superpixels == 1
    assert np.allclose(result.shap_values[0], result.probabilities - result.base_values)


@pytest.mark.parametrize(
    ("method", "nsamples", "has_errors"),
    [
        ("leverage", 100, True),
        ("leverage", 90, False),
        ("exact", 60, True),
        ("permutation", 90, True),
        ("permutation", 60, False),
        ("kernel", 60, False),
        ("partition", 60, False),
    ],
)
def test_a_method_that_does_not_know_its_standard_errors_tells_none(method, nsamples, has_errors):
    settings = {"method": method, "nsamples": nsamples, **NINE}
    result = last(explain(OneRegionModel(), nine_blocks(), **settings))
    assert (result.standard_errors is not None) == has_errors


@pytest.mark.parametrize("method", SUPERPIXEL_METHODS)
def test_an_explanation_can_be_written_as_json_and_read_back(method):
    result = last(explain(OneRegionModel(), nine_blocks(), nsamples=60, method=method, **NINE))
    read = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert np.allclose(read["shap_values"], result.shap_values)
    assert np.array_equal(read["segments"], result.segments)
    assert read["label"] == result.label
    assert read["settings"]["method"] == method
    assert (read["standard_errors"] is None) == (result.standard_errors is None)
    assert read["nsamples"] == result.nsamples


def test_article_2_is_explained_as_it_describes():
    assert (ARTICLE_2.n_segments, ARTICLE_2.nsamples) == (100, 300)
    assert (ARTICLE_2.method, ARTICLE_2.output) == ("kernel", "logit")
    assert (ARTICLE_2.baseline, ARTICLE_2.compactness, ARTICLE_2.sigma) == ("white", 5.0, 3.0)


def test_article_1_is_explained_by_61_photos_and_in_logits():
    """What came out of its network was never turned into probabilities."""
    assert (ARTICLE_1.method, ARTICLE_1.nsamples, ARTICLE_1.output) == ("deep", 61, "logit")


def test_settings_that_a_method_has_no_use_for_make_no_difference():
    chosen = {"n_segments": 7, "nsamples": 90, "baseline": "blur", "output": "probability"}
    assert Settings(method="deep", **chosen).in_use() == ARTICLE_1
    assert Settings(method="deep", seed=1, **chosen).in_use() != ARTICLE_1
    assert Settings(method="kernel", **chosen).in_use() == Settings(method="kernel", **chosen)


# While it runs


@pytest.mark.parametrize("method", SUPERPIXEL_METHODS)
def test_the_model_never_gets_more_than_one_batch_of_images(method):
    model = OneRegionModel()
    last(explain(model, nine_blocks(), nsamples=300, method=method, **NINE))
    assert max(model.batch_sizes) <= BATCH_SIZE
    assert sum(model.batch_sizes) > (50 if method == "partition" else 200)


@pytest.mark.parametrize("method", ["leverage", "kernel", "permutation", "partition"])
def test_the_model_is_asked_no_more_than_nsamples_beside_the_prediction(method):
    model = OneRegionModel()
    result = last(explain(model, nine_blocks(), nsamples=101, method=method, **NINE))
    assert sum(model.batch_sizes) == result.nsamples + 1 <= 102


@pytest.mark.parametrize("method", SUPERPIXEL_METHODS)
def test_progress_is_told_after_each_batch(method):
    told = []
    result = last(
        explain(
            OneRegionModel(),
            nine_blocks(),
            nsamples=200,
            method=method,
            on_progress=lambda spent, of: told.append(spent),
            **NINE,
        )
    )
    assert told == sorted(set(told))
    assert told[-1] == result.nsamples
    assert max(np.diff([0, *told])) <= BATCH_SIZE


@pytest.mark.parametrize("method", SUPERPIXEL_METHODS)
def test_an_error_in_on_progress_ends_the_work(method):
    model = OneRegionModel()

    def stop(spent, of):
        if spent >= 20:
            raise StoppedError("enough")

    with pytest.raises(StoppedError):
        last(explain(model, nine_blocks(), nsamples=200, method=method, on_progress=stop, **NINE))
    assert sum(model.batch_sizes) < 20 + 2 * BATCH_SIZE


def test_nothing_is_asked_of_the_model_before_the_first_explanation_is_wanted():
    model = OneRegionModel()
    explain(model, nine_blocks())
    assert model.batch_sizes == []


# What is refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_segments", 0),
        ("n_segments", -3),
        ("n_segments", 100_000),
        ("nsamples", 3),
        ("nsamples", -1),
        ("nsamples", 10**9),
        ("compactness", 0),
        ("compactness", -1.0),
        ("sigma", -0.1),
        ("sigma", 1e6),
        ("sigma", math.nan),
        ("compactness", math.inf),
        ("method", "magic"),
        ("method", "Leverage"),
        ("baseline", "black"),
        ("output", "odds"),
        ("seed", -1),
        ("nsamples", "many"),
        ("n_segments", None),
        ("seed", 1.5),
        ("n_segments", 10.5),
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_once_by_its_name(name, value):
    with pytest.raises(SettingsError) as caught:
        explain(OneRegionModel(), nine_blocks(), **{name: value})
    assert name in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("nsamples", 3), ("sigma", -0.5), ("method", "magic")])
def test_a_refusal_says_what_came(name, value):
    with pytest.raises(SettingsError, match=str(value)):
        explain(OneRegionModel(), nine_blocks(), **{name: value})


def test_a_model_that_deep_cannot_open_is_refused_at_once():
    with pytest.raises(SettingsError, match=r"deep explains only .* one region"):
        explain(OneRegionModel(), nine_blocks(), method="deep")


def test_an_unknown_setting_is_refused_by_its_name():
    with pytest.raises(SettingsError, match="n_samples"):
        explain(OneRegionModel(), nine_blocks(), n_samples=100)


def test_too_many_superpixels_for_exact_values_are_refused_before_any_is_scored(
    default_model, photos
):
    with pytest.raises(SettingsError, match="at most 14"):
        last(explain(default_model, photos[0].pixels, n_segments=100, method="exact"))


def test_fewer_samples_than_permutation_needs_are_refused_before_any_is_scored():
    model = OneRegionModel()
    with pytest.raises(SettingsError, match="at least 18 samples for 9 superpixels, not 17"):
        last(explain(model, nine_blocks(), method="permutation", nsamples=17, **NINE))
    assert sum(model.batch_sizes) == 1  # the prediction


def test_an_explanation_cannot_be_changed():
    result = last(explain(OneRegionModel(), nine_blocks(), method="exact", **NINE))
    assert isinstance(result, Explanation)
    with pytest.raises(AttributeError):
        result.nsamples = 1
