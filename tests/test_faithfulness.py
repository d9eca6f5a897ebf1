"""Faithfulness: exact curves of a made-up model, and random orders beside them."""

import json

import numpy as np
import pytest
from linear_model import HIDDEN, WEIGHTS, LinearModel, explained, grid, linear

from insects.bench.faithfulness import _figures as check_figures
from insects.errors import SettingsError, StoppedError
from insects.faithfulness import (
    MAX_STEPS,
    RANDOM_ORDERS,
    TIE,
    evaluations,
    faithfulness,
    step_edges,
)
from insects.inference import BATCH_SIZE
from insects.superpixels import make_background


def many(n_side, **settings):
    segments, image = grid(n_side, block=2)
    weights = np.linspace(0, 1, n_side**2) / n_side**2
    return LinearModel(image, segments, weights), explained(weights, segments, image, **settings)


# Curves


def test_the_scores_are_those_of_the_regions_that_are_left():
    found = faithfulness(*linear())
    strongest_first = np.sort(WEIGHTS)[::-1]
    whole = HIDDEN + WEIGHTS.sum()
    assert np.allclose(found.deletion.shares, np.arange(10) / 9)
    assert np.allclose(found.deletion.scores, whole - np.append(0, strongest_first.cumsum()))
    assert np.allclose(found.insertion.scores, HIDDEN + np.append(0, strongest_first.cumsum()))


def test_the_areas_are_those_of_the_trapezoids():
    found = faithfulness(*linear())
    gone = np.append(0, np.sort(WEIGHTS)[::-1].cumsum())
    middles = (gone[1:] + gone[:-1]) / 2
    assert found.deletion.area == pytest.approx(HIDDEN + WEIGHTS.sum() - middles.mean())
    assert found.insertion.area == pytest.approx(HIDDEN + middles.mean())


def test_no_random_order_is_better_than_the_right_one():
    found = faithfulness(*linear())
    assert found.deletion.better_than == found.insertion.better_than == RANDOM_ORDERS
    assert found.deletion.area < found.deletion.random_areas.min()


def test_an_explanation_the_wrong_way_round_is_worse_than_every_random_order():
    found = faithfulness(*linear(values=-WEIGHTS))
    assert found.deletion.better_than == found.insertion.better_than == 0
    assert found.deletion.area > found.deletion.random_areas.max()
    assert found.insertion.area < found.insertion.random_areas.min()


def test_random_orders_of_a_linear_model_lose_half_of_it_on_average():
    found = faithfulness(*linear(), n_random=400)
    half = HIDDEN + WEIGHTS.sum() / 2
    for curve in (found.deletion, found.insertion):
        mean, sd = curve.random_area
        assert mean == pytest.approx(half, abs=4 * sd / 20)
        assert sd == pytest.approx(curve.random_areas.std(ddof=1))
        assert curve.random_scores.mean(axis=0)[4] == pytest.approx(
            curve.scores[0] + (curve.scores[-1] - curve.scores[0]) * 4 / 9, abs=0.05
        )


def test_an_explanation_by_chance_is_as_good_as_chance():
    """Of many such explanations each beats half of the random orders on average."""
    generator = np.random.default_rng(1)
    found = [
        faithfulness(*linear(values=generator.normal(size=9)), seed=seed) for seed in range(60)
    ]
    wins = [one.deletion.better_than for one in found]
    assert np.mean(wins) == pytest.approx(RANDOM_ORDERS / 2, abs=3)
    areas = [one.deletion.area for one in found]
    mean, sd = found[0].deletion.random_area
    assert np.mean(areas) == pytest.approx(mean, abs=4 * sd / np.sqrt(RANDOM_ORDERS))


def test_where_nothing_matters_nothing_is_better_than_chance():
    found = faithfulness(*linear(weights=np.zeros(9)))
    assert found.deletion.better_than == found.insertion.better_than == 0
    assert np.ptp(found.deletion.random_areas) < TIE


def test_another_class_is_followed_where_it_is_asked_for():
    found = faithfulness(*linear(), class_name="other")
    assert found.class_name == "other"
    assert found.deletion.scores[0] == pytest.approx(1 - HIDDEN - WEIGHTS.sum())
    assert found.deletion.better_than == RANDOM_ORDERS  # what speaks against "seen" goes first


def test_the_predicted_class_is_followed_by_default():
    assert faithfulness(*linear()).class_name == "seen"


def test_what_beats_all_of_20_is_there_by_chance_once_in_21():
    assert faithfulness(*linear()).deletion.by_chance == pytest.approx(1 / 21)
    assert faithfulness(*linear(values=-WEIGHTS)).deletion.by_chance == 1


# What removed regions look like


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"baseline": "white"}, "blur"),
        ({"baseline": "mean"}, "blur"),
        ({"baseline": "blur"}, "mean"),
        ({"method": "deep"}, "blur"),
    ],
)
def test_regions_are_removed_under_a_baseline_that_did_not_explain(settings, expected):
    model, explanation = linear(**settings)
    assert faithfulness(model, explanation).baseline == expected
    images = np.concatenate(model.asked)
    background = make_background(explanation.image, expected)
    hidden = [image for image in images if (image == background).all()]
    assert len(hidden) == 1
    assert all(((image == explanation.image) | (image == background)).all() for image in images)


def test_a_baseline_that_is_asked_for_is_used():
    model, explanation = linear()
    assert faithfulness(model, explanation, baseline="white").baseline == "white"
    assert any((image == 255).all() for image in np.concatenate(model.asked))


# Bounds


@pytest.mark.parametrize("n", [1, 2, 7, 24, 25, 26, 36, 75, 100, 1000, 50_176])
def test_steps_are_few_and_read_the_same_from_either_end(n):
    edges = step_edges(n)
    assert len(edges) == min(n, MAX_STEPS) + 1
    assert (edges[0], edges[-1]) == (0, n)
    assert (np.diff(edges) > 0).all()
    assert np.array_equal(edges, n - edges[::-1])
    assert np.ptp(np.diff(edges)) <= 1


@pytest.mark.parametrize("n_side", [3, 5, 6, 12])
def test_the_network_is_asked_as_often_as_is_said_and_in_batches(n_side):
    model, explanation = many(n_side)
    found = faithfulness(model, explanation)
    sizes = [len(images) for images in model.asked]
    assert sum(sizes) == found.nsamples == evaluations(explanation) <= 530
    assert max(sizes) <= BATCH_SIZE
    assert len(found.deletion.scores) <= MAX_STEPS + 1


def test_many_regions_go_several_at_a_time():
    model, explanation = many(12)
    found = faithfulness(model, explanation).deletion
    left = [model.weights[: 144 - gone].sum() for gone in step_edges(144)]
    assert np.allclose(found.scores, HIDDEN + np.array(left))


def test_values_of_pixels_go_in_25_steps():
    segments, image = np.arange(32 * 32).reshape(32, 32), grid(4)[1]
    blocks = grid(4)[0]
    weights = np.linspace(-0.02, 0.06, 16)
    values = weights[blocks].ravel() + np.linspace(0, 1e-6, 1024)
    found = faithfulness(
        LinearModel(image, blocks, weights), explained(values, segments, image, method="deep")
    )
    assert len(found.deletion.shares) == MAX_STEPS + 1
    assert found.nsamples == 530
    assert found.insertion.area > found.insertion.random_areas.max()


def test_one_region_alone_has_ends_and_no_steps():
    segments, image = grid(1)
    found = faithfulness(LinearModel(image, segments, [0.5]), explained([0.5], segments, image))
    assert found.deletion.scores.tolist() == pytest.approx([0.7, 0.2])
    assert found.insertion.scores.tolist() == pytest.approx([0.2, 0.7])
    assert (found.nsamples, found.deletion.better_than) == (2, 0)


def test_progress_is_told_after_each_batch_up_to_all():
    told = []
    found = faithfulness(*many(6), on_progress=lambda spent, of: told.append((spent, of)))
    spent = [one for one, _ in told]
    assert spent == sorted(set(spent))
    assert max(np.diff([0, *spent])) <= BATCH_SIZE
    assert told[-1] == (found.nsamples, found.nsamples)
    assert {of for _, of in told} == {found.nsamples}


def test_an_error_in_on_progress_ends_the_work():
    model, explanation = many(6)

    def stop(spent, of):
        if spent >= 20:
            raise StoppedError("enough")

    with pytest.raises(StoppedError):
        faithfulness(model, explanation, on_progress=stop)
    assert sum(map(len, model.asked)) < 20 + 2 * BATCH_SIZE


def test_the_same_seed_gives_the_same_control_and_another_seed_another():
    one, same, other = (faithfulness(*linear(), seed=seed) for seed in (3, 3, 4))
    assert one.to_dict() == same.to_dict()
    assert not np.array_equal(one.deletion.random_scores, other.deletion.random_scores)
    assert np.array_equal(one.deletion.scores, other.deletion.scores)


def test_a_check_can_be_written_as_json_and_read_back():
    found = faithfulness(*linear())
    read = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert read["deletion"]["area"] == found.deletion.area
    assert read["insertion"]["random_area_mean"] == found.insertion.random_areas.mean()
    assert (read["baseline"], read["class_name"], read["seed"]) == ("blur", "seen", 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"class_name": "wasps"}, "wasps"), ({"baseline": "black"}, "black"), ({"n_random": 1}, "1")],
)
def test_what_cannot_be_checked_is_refused_by_its_name(asked, said):
    model, explanation = linear()
    with pytest.raises(SettingsError, match=said):
        faithfulness(model, explanation, **asked)
    assert model.asked == []


# The benchmark's part


def test_the_benchmark_counts_photos_ahead_of_chance_and_means_the_areas():
    found = {"leverage": linear(), "kernel": linear(values=-WEIGHTS)}
    figures = check_figures({name: [faithfulness(*one)] * 2 for name, one in found.items()})
    assert figures["deletion, photos ahead of 19 of 20, leverage"] == 2
    assert figures["deletion, photos ahead of 19 of 20, kernel"] == 0
    assert figures["insertion, photos ahead of 19 of 20, leverage"] == 2
    right, random = figures["deletion area, leverage"], figures["deletion area, random order"]
    assert right == faithfulness(*linear()).deletion.area
    assert right < random < figures["deletion area, kernel"]
