"""Localisation: exact figures on made masks."""

import numpy as np
import pytest
from linear_model import BLOCK, explained, grid, linear

from insects.bench.localisation import _figures as place_figures
from insects.bench.localisation import some_drawn
from insects.datasets import load_dataset
from insects.errors import SettingsError
from insects.faithfulness import fit_mask, localisation
from insects.photos import resize


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


# The benchmark's part


def test_the_benchmark_points_at_test_insects_of_every_class():
    photos = some_drawn(2)
    assert [photo.label for photo in photos] == [
        *["beetles"] * 2,
        *["cockroach"] * 2,
        *["dragonflies"] * 2,
    ]
    assert {photo.split for photo in photos} == {"test"}


def test_the_benchmark_gives_means_with_standard_errors_and_the_controls():
    whole, half = on_blocks(0), on_blocks(0, 1)
    found = [localisation(linear([1, 1, 0, 0, 0, 0, 0, 0, 0])[1], mask) for mask in (whole, half)]
    figures = place_figures({"leverage": found, "kernel": found[::-1]})
    assert figures["mass, leverage"] == pytest.approx((0.75, 0.25))
    assert figures["mass, spread evenly"] == pytest.approx((1.5 / 9, 0.5 / 9))
    assert figures["pointing, kernel"] == pytest.approx((1, 0))
    assert figures["pointing, a region at random"] == pytest.approx((1.5 / 9, 0.5 / 9))
