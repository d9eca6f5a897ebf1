"""Checks of explanations: exact curves of a made-up model, and exact figures on made masks."""

import json

import numpy as np
import pytest
from made import made_explanation

from insects.bench.faithfulness import _figures as check_figures
from insects.bench.localisation import _figures as place_figures
from insects.bench.localisation import some_drawn
from insects.datasets import load_dataset
from insects.errors import SettingsError, StoppedError
from insects.explanation import Settings
from insects.faithfulness import (
    MAX_STEPS,
    RANDOM_ORDERS,
    TIE,
    evaluations,
    faithfulness,
    fit_mask,
    localisation,
    step_edges,
)
from insects.inference import BATCH_SIZE
from insects.photos import resize
from insects.superpixels import make_background

BLOCK = 8
# Nine blocks, each adding so much to the probability of "seen" while it is shown.
WEIGHTS = np.array([0.3, 0.05, 0.0, 0.2, -0.1, 0.1, 0.02, 0.15, -0.02])
HIDDEN = 0.2


class LinearModel:
    """A model that sums up what the regions it can see are worth; it knows the whole photo."""

    name = "linear"
    class_names = ("other", "seen")

    def __init__(self, image, segments, weights):
        self.image, self.segments, self.weights = image, segments, np.asarray(weights, float)
        self.image_size = len(image)
        self.asked = []

    def probabilities(self, images):
        self.asked.append(images.copy())
        same = (images == self.image).all(axis=-1)
        n = len(self.weights)
        shown = np.stack([same[:, self.segments == i].all(axis=1) for i in range(n)], axis=1)
        seen = HIDDEN + shown @ self.weights
        return np.stack([1 - seen, seen], axis=1)


def explained(values, segments, image, **settings):
    """An explanation of the class "seen" by these values, (n_superpixels,)."""
    values = np.asarray(values, float)
    return made_explanation(
        np.stack([-values, values], axis=1),
        segments,
        class_names=("other", "seen"),
        probabilities=np.array([0.1, 0.9]),
        base_values=np.array([1 - HIDDEN, HIDDEN]),
        image=image,
        settings=Settings(**settings),
    )


def grid(side, block=BLOCK):
    """A square of side × side blocks, numbered row by row, and pixels that no baseline has."""
    rows, columns = np.indices((side * block, side * block)) // block
    noise = np.random.default_rng(0).integers(0, 120, (side * block, side * block, 3), np.uint8)
    noise[::2] += 130
    return side * rows + columns, noise


def linear(values=WEIGHTS, weights=WEIGHTS, **settings):
    """A linear model of nine blocks, and an explanation of it by these values."""
    segments, image = grid(3)
    return LinearModel(image, segments, weights), explained(values, segments, image, **settings)


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


# Localisation


def on_blocks(*blocks):
    """The mask of some of the nine blocks."""
    return np.isin(grid(3)[0], blocks)


def test_mass_is_the_share_of_the_positive_values_on_the_mask():
    _, explanation = linear([0.3, 0.1, 0, 0.2, -0.4, 0, 0, 0, 0])
    found = localisation(explanation, on_blocks(0, 1, 4))
    assert found.mass == pytest.approx(0.4 / 0.6)
    assert found.mask_share == pytest.approx(1 / 3)


def test_a_region_that_is_half_on_the_mask_counts_by_half():
    _, explanation = linear([0.3, 0.1, 0, 0, 0, 0, 0, 0, 0])
    mask = on_blocks(0) & (np.indices((24, 24))[0] < BLOCK // 2)
    assert localisation(explanation, mask).mass == pytest.approx(0.15 / 0.4)


def test_rank_is_the_share_of_the_most_relevant_pixels_on_the_mask():
    _, explanation = linear([9, 8, 7, 6, 5, 4, 3, 2, 1])
    assert localisation(explanation, on_blocks(0, 1, 2)).rank == pytest.approx(1)
    assert localisation(explanation, on_blocks(0, 1, 8)).rank == pytest.approx(2 / 3)
    assert localisation(explanation, on_blocks(6, 7, 8)).rank == 0


def test_pixels_of_equal_relevance_count_by_their_share_on_the_mask():
    _, explanation = linear([9, 9, 9, 9, 0, 0, 0, 0, 0])
    assert localisation(explanation, on_blocks(0, 4)).rank == pytest.approx(1 / 4)


def test_a_value_on_fewer_pixels_makes_each_of_them_more_relevant():
    """Region 0 is one block, region 1 the eight others and worth twice as much in all."""
    segments, image = (grid(3)[0] > 0).astype(int), grid(3)[1]
    found = localisation(explained([1.0, 2.0], segments, image), on_blocks(0))
    assert found.rank == 1
    assert found.mass == pytest.approx(1 / 3)
    assert not found.pointing


def test_relevance_spread_evenly_has_the_share_of_the_mask():
    _, explanation = linear(np.ones(9))
    found = localisation(explanation, on_blocks(2, 5))
    assert found.mass == found.rank == pytest.approx(found.mask_share) == pytest.approx(2 / 9)


def test_pointing_asks_for_most_of_the_strongest_region():
    _, explanation = linear([0, 0, 0, 0, 0.1, 0, 0, 0, 0])
    rows = np.indices((24, 24))[0]
    assert localisation(explanation, on_blocks(4) & (rows < BLOCK + 5)).pointing
    assert not localisation(explanation, on_blocks(4) & (rows < BLOCK + 4)).pointing
    assert localisation(explanation, on_blocks(4, 5)).region_share == pytest.approx(2 / 9)


def test_values_of_pixels_are_compared_pixel_by_pixel():
    segments, image = np.arange(24 * 24).reshape(24, 24), grid(3)[1]
    mask = on_blocks(4)
    values = np.where(mask, 1.0, 0.25).ravel()
    values[0] = 5.0
    found = localisation(explained(values, segments, image, method="deep"), mask)
    assert found.mass == pytest.approx(64 / (64 + 5 + 511 / 4))
    assert found.rank == pytest.approx(63 / 64)
    assert not found.pointing


def test_nothing_positive_has_no_mass():
    _, explanation = linear(-np.ones(9))
    assert localisation(explanation, on_blocks(0)).mass == 0


def test_the_class_that_is_asked_for_is_localised():
    _, explanation = linear([1, 0, 0, 0, 0, 0, 0, 0, -1])
    assert localisation(explanation, on_blocks(8), "other").mass == 1
    assert localisation(explanation, on_blocks(8)).mass == 0


def test_a_mask_of_another_size_is_resized_as_the_photo_is():
    _, explanation = linear([0.3, 0.1, 0, 0.2, 0, 0, 0, 0, 0])
    small = localisation(explanation, on_blocks(0, 4))
    wide = np.kron(on_blocks(0, 4), np.ones((3, 5))).astype(bool)
    assert wide.shape == (72, 120)
    assert localisation(explanation, wide) == small
    assert np.array_equal(fit_mask(wide, 24), on_blocks(0, 4))


def test_a_mask_is_resized_by_the_nearest_pixel_alone():
    """Of each 3 × 3 pixels the middle one counts; the others, more of them, do not."""
    middles = np.zeros((72, 72), bool)
    middles[1::3, 1::3] = True
    assert fit_mask(middles, 24).all()
    with pytest.raises(SettingsError, match="empty"):
        fit_mask(~middles, 24)


@pytest.mark.parametrize(
    "mask", [np.zeros((24, 24), bool), np.ones((24, 24)), np.ones((24, 24, 3), bool)]
)
def test_what_is_no_mask_is_refused(mask):
    with pytest.raises(SettingsError, match="mask"):
        localisation(linear()[1], mask)


def test_the_mask_of_a_drawn_photo_fits_the_photo_as_a_network_sees_it():
    mask = load_dataset("drawn").part("test")[0].mask()
    painted = np.where(mask[..., None], 0, 255).astype(np.uint8).repeat(3, axis=-1)
    seen = resize(painted, 224)[..., 0] < 128
    assert (seen == fit_mask(mask, 224)).mean() > 0.98
    assert (seen == fit_mask(mask[:, ::-1], 224)).mean() < 0.95


# The benchmark's parts


def test_the_benchmark_points_at_test_insects_of_every_class():
    photos = some_drawn(2)
    assert [photo.label for photo in photos] == [
        *["beetles"] * 2,
        *["cockroach"] * 2,
        *["dragonflies"] * 2,
    ]
    assert {photo.split for photo in photos} == {"test"}


def test_the_benchmark_counts_photos_ahead_of_chance_and_means_the_areas():
    found = {"leverage": linear(), "kernel": linear(values=-WEIGHTS)}
    figures = check_figures({name: [faithfulness(*one)] * 2 for name, one in found.items()})
    assert figures["deletion, photos ahead of 19 of 20, leverage"] == 2
    assert figures["deletion, photos ahead of 19 of 20, kernel"] == 0
    assert figures["insertion, photos ahead of 19 of 20, leverage"] == 2
    right, random = figures["deletion area, leverage"], figures["deletion area, random order"]
    assert right == faithfulness(*linear()).deletion.area
    assert right < random < figures["deletion area, kernel"]


def test_the_benchmark_gives_means_with_standard_errors_and_the_controls():
    whole, half = on_blocks(0), on_blocks(0, 1)
    found = [localisation(linear([1, 1, 0, 0, 0, 0, 0, 0, 0])[1], mask) for mask in (whole, half)]
    figures = place_figures({"leverage": found, "kernel": found[::-1]})
    assert figures["mass, leverage"] == pytest.approx((0.75, 0.25))
    assert figures["mass, spread evenly"] == pytest.approx((1.5 / 9, 0.5 / 9))
    assert figures["pointing, kernel"] == pytest.approx((1, 0))
    assert figures["pointing, a region at random"] == pytest.approx((1.5 / 9, 0.5 / 9))
