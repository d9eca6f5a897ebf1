"""One photo under every baseline: which signs depend on what hidden parts look like."""

import numpy as np
import pytest

from insects.baselines import USUAL_SAMPLES_EACH, Comparison, compare
from insects.errors import StoppedError
from insects.explanation import explain
from insects.shapley.leverage import errors_from
from insects.superpixels import BASELINES

BLOCK = 21
# In the middle a grey that is darker than white and brighter than the mean of all.
GREYS = [[0, 30, 60], [20, 160, 40], [50, 10, 70]]
NINE = {"n_segments": 9, "sigma": 0.0}


class BrightnessModel:
    """A model that tells how bright the middle block is, and looks at nothing else."""

    name = "brightness"
    class_names = ("dark", "bright")
    image_size = 3 * BLOCK

    def __init__(self):
        self.asked = 0

    def logits(self, images):
        self.asked += len(images)
        middle = images[:, BLOCK : 2 * BLOCK, BLOCK : 2 * BLOCK].mean(axis=(1, 2, 3)) / 64
        return np.stack([np.zeros_like(middle), middle - 2], axis=1)

    def probabilities(self, images):
        odds = np.exp(self.logits(images))
        return odds / odds.sum(axis=1, keepdims=True)


def nine_greys():
    picture = np.kron(np.array(GREYS, np.uint8), np.ones((BLOCK, BLOCK), np.uint8))
    return np.repeat(picture[..., None], 3, axis=-1)


def explained(nsamples=600, **settings):
    model = BrightnessModel()
    *_, last = explain(model, nine_greys(), nsamples=nsamples, **NINE, **settings)
    return model, last


@pytest.fixture(scope="module")
def comparison():
    return compare(*explained())


def middle(comparison):
    return int(comparison.explanations[0].segments[BLOCK + 9, BLOCK + 9])


def test_every_baseline_is_explained_once_in_their_order(comparison):
    assert tuple(one.settings.baseline for one in comparison.explanations) == BASELINES


def test_all_have_the_same_superpixels_and_nothing_but_the_baseline_differs():
    _, explanation = explained(output="logit", seed=3)
    found = compare(BrightnessModel(), explanation)
    for one in found.explanations:
        assert (one.segments == explanation.segments).all()
        assert (one.settings.output, one.settings.seed) == ("logit", 3)


def test_a_region_darker_than_white_and_brighter_than_the_rest_turns_its_sign(comparison):
    values = [one.shap_values[middle(comparison), 1] for one in comparison.explanations]
    assert values[BASELINES.index("white")] < -0.01
    assert values[BASELINES.index("mean")] > 0.01
    assert comparison.turning("bright") == [middle(comparison)]


def test_the_sentence_counts_the_regions_that_turn(comparison):
    one = "The sign of 1 region depends on what you hide it with."
    assert comparison.sentence("bright") == one
    two = Comparison((made([0.3, 0.3, 0.9], 0.01), made([-0.3, -0.3, 0.9], 0.01)))
    assert two.sentence("bright") == "The sign of 2 regions depends on what you hide them with."


def test_where_all_baselines_agree_no_region_turns(comparison):
    same = Comparison((comparison.explanations[0],) * 4)
    assert same.turning("bright") == []
    assert same.sentence("bright") == "No region's sign surely depends on what you hide it with."


def made(values, error):
    """An explanation with these values of the class bright."""
    _, one = explained(nsamples=600)
    shap_values = np.zeros_like(one.shap_values)
    shap_values[: len(values), 1] = values
    errors = np.full_like(shap_values, error)
    fields = {**vars(one), "shap_values": shap_values, "standard_errors": errors}
    return type(one)(**fields)


def test_a_sign_that_is_not_sure_under_both_does_not_count_as_turning():
    for error, turning in ((0.2, []), (0.01, [0])):
        pair = Comparison((made([0.3, 0.9], error), made([-0.3, 0.9], error)))
        assert pair.turning("bright") == turning


def test_values_too_faint_to_see_do_not_count_however_sure():
    pair = Comparison((made([0.005, 0.9], 0.0), made([-0.005, 0.9], 0.0)))
    assert pair.turning("bright") == []


def test_each_baseline_has_at_most_300_samples_and_no_more_than_the_explanation():
    model, explanation = explained(nsamples=5000, method="permutation")
    model.asked = 0
    found = compare(model, explanation)
    assert {one.settings.nsamples for one in found.explanations} == {USUAL_SAMPLES_EACH}
    assert model.asked <= len(BASELINES) * (USUAL_SAMPLES_EACH + 1)
    _, small = explained(nsamples=150)
    assert {one.settings.nsamples for one in compare(model, small).explanations} == {150}


def test_each_baseline_gets_so_many_samples_that_its_errors_are_known():
    model, fewer = explained(nsamples=20)
    found = compare(model, fewer).explanations
    assert {one.settings.nsamples for one in found} == {errors_from(fewer.n_superpixels)}
    assert all(one.standard_errors is not None for one in found)


@pytest.mark.parametrize("method", ["kernel", "partition", "permutation", "exact"])
def test_a_method_without_error_bars_is_compared_by_one_that_has_them(method):
    _, explanation = explained(method=method)
    found = compare(BrightnessModel(), explanation)
    assert all(one.standard_errors is not None for one in found.explanations)


def test_progress_grows_over_all_baselines_to_its_end():
    told = []
    _, explanation = explained(nsamples=100)
    compare(BrightnessModel(), explanation, on_progress=lambda *pair: told.append(pair))
    spent = [one for one, _ in told]
    assert spent == sorted(spent)
    assert {of for _, of in told} == {400}
    assert 380 <= spent[-1] <= 400


def test_an_error_in_on_progress_ends_the_work():
    def stop(spent, of):
        if spent > 150:
            raise StoppedError("enough")

    model, explanation = explained(nsamples=100)
    model.asked = 0
    with pytest.raises(StoppedError):
        compare(model, explanation, on_progress=stop)
    assert model.asked < 200


def test_the_evaluations_of_all_add_up(comparison):
    assert comparison.nsamples == sum(one.nsamples for one in comparison.explanations)
