"""Figures: in the photo's proportions, on one scale, and true to the values."""

import dataclasses
import io
import tomllib
from pathlib import Path

import numpy as np
import pytest
from colour_vision import WITHOUT, contrast, difference
from made_explanations import in_nine_parts
from PIL import Image

from insects import figures
from insects.inference import Prediction

ROOT = Path(__file__).parents[1]


@pytest.fixture
def explanation():
    return in_nine_parts([0.4, 0, 0, 0, 0, 0, 0, 0, -0.2])


def grey_photo(height, width):
    return np.full((height, width, 3), 128, np.uint8)


def middle_of_part(picture, part):
    height, width = picture.shape[:2]
    row, column = divmod(part, 3)
    return picture[(2 * row + 1) * height // 6, (2 * column + 1) * width // 6].astype(int)


@pytest.mark.parametrize("shape", [(480, 480), (300, 600), (600, 300), (1000, 2000), (33, 1000)])
def test_an_overlay_keeps_the_proportions_of_the_photo(explanation, shape):
    picture = figures.overlay(explanation, "beetles", grey_photo(*shape))
    assert picture.dtype == np.uint8
    assert max(picture.shape) <= figures.OVERLAY_SIDE
    height, width = picture.shape[:2]
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.05)


def test_what_speaks_for_a_class_is_warm_and_what_speaks_against_it_cold(explanation):
    picture = figures.overlay(explanation, "beetles", grey_photo(300, 600))
    red, _, blue = middle_of_part(picture, 0)
    assert red > blue + 50
    red, _, blue = middle_of_part(picture, 8)
    assert blue > red


def test_a_value_for_one_class_is_cold_where_it_speaks_against_it(explanation):
    picture = figures.overlay(explanation, "cockroach", grey_photo(300, 600))
    red, _, blue = middle_of_part(picture, 0)
    assert blue > red + 50


def test_a_region_without_value_has_no_colour(explanation):
    red, green, blue = middle_of_part(
        figures.overlay(explanation, "beetles", grey_photo(300, 300)), 4
    )
    assert max(red, green, blue) - min(red, green, blue) <= 2


def test_a_stronger_value_has_a_stronger_colour(explanation):
    picture = figures.overlay(explanation, "beetles", grey_photo(300, 300))
    assert np.ptp(middle_of_part(picture, 0)) > np.ptp(middle_of_part(picture, 8)) > 20


def test_all_classes_share_one_scale(explanation):
    """A class whose values are small must look pale beside one whose values are large."""
    values = explanation.shap_values * [0.1, 1]
    uneven = dataclasses.replace(explanation, shap_values=values)
    assert figures.scale_limit(uneven) == pytest.approx(0.4)
    photo = grey_photo(300, 300)
    pale = middle_of_part(figures.overlay(uneven, "cockroach", photo), 0)
    strong = middle_of_part(figures.overlay(uneven, "beetles", photo), 0)
    assert np.ptp(pale) < np.ptp(strong) / 3


def test_an_explanation_of_nothing_can_be_drawn():
    nothing = in_nine_parts(np.zeros(9))
    picture = figures.overlay(nothing, "beetles", grey_photo(100, 100))
    assert np.ptp(picture.astype(int)) <= 2


def test_drawing_leaves_photo_and_explanation_alone(explanation):
    photo = grey_photo(600, 300)
    values = explanation.shap_values.copy()
    figures.overlay(explanation, "beetles", photo)
    figures.outlines(photo, explanation.segments)
    assert (photo == 128).all()
    assert np.array_equal(explanation.shap_values, values)


def test_outlines_are_drawn_on_the_borders_of_superpixels_alone(explanation):
    picture = figures.outlines(grey_photo(360, 720), explanation.segments)
    assert picture.shape == (360, 720, 3)
    for part in range(9):
        assert (middle_of_part(picture, part) == 128).all()
    assert (picture[60, 236:244] != 128).any()
    assert (picture[116:124, 60] != 128).any()


@pytest.mark.parametrize("shape", [(100, 400), (400, 100), (32, 32)])
def test_a_thumbnail_is_the_middle_square(shape):
    photo = np.zeros((*shape, 3), np.uint8)
    photo[shape[0] // 2 - 10 : shape[0] // 2 + 10, shape[1] // 2 - 10 : shape[1] // 2 + 10] = 255
    small = figures.thumbnail(photo, 64)
    assert small.shape == (64, 64, 3)
    assert (small[32, 32] == 255).all()
    assert (small[0, 0] == 0).all()


def test_bars_come_likeliest_class_first_each_with_its_figure():
    prediction = Prediction(("a", "b", "c"), np.array([0.1, 0.7, 0.2]))
    chart = figures.prediction_chart(prediction).to_dict()
    rows = chart["data"]["values"]
    assert [row["class"] for row in rows] == ["b", "c", "a"]
    assert [row["text"] for row in rows] == ["70 %", "20 %", "10 %"]


def test_a_class_has_its_own_colour_wherever_it_stands():
    colours = [figures.class_colour(i) for i in range(6)]
    assert len(set(colours)) == 6
    likely, unlikely = (
        figures.prediction_chart(Prediction(("a", "b"), np.array(p))).to_dict()["data"]["values"]
        for p in ([0.9, 0.1], [0.1, 0.9])
    )
    colour_of = [{row["class"]: row["colour"] for row in rows} for rows in (likely, unlikely)]
    assert colour_of[0] == colour_of[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_class_colours_stand_out_from_the_page_by_the_contrast_that_bars_need(scheme):
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][scheme]
    for ground in (theme["backgroundColor"], theme["secondaryBackgroundColor"]):
        for colour in figures.CLASS_COLOURS:
            assert contrast(colour, ground) >= 3, (colour, ground)


def test_no_class_has_a_colour_like_those_of_for_and_against_or_of_another_class():
    colours = figures.CLASS_COLOURS
    for number, colour in enumerate(colours):
        for other in (figures.FOR, figures.AGAINST, *colours[:number]):
            assert difference(colour, other) > 20, (colour, other)


@pytest.mark.parametrize("without", WITHOUT)
def test_the_colour_blind_tell_three_classes_apart_and_from_for_and_against(without):
    colours = figures.CLASS_COLOURS[:3]
    for number, colour in enumerate(colours):
        for other in (figures.FOR, figures.AGAINST, *colours[:number]):
            assert difference(colour, other, without) > 10, (colour, other)


def test_bars_overlays_and_answer_have_one_order_where_classes_are_as_probable():
    prediction = Prediction(("a", "b", "c"), np.array([0.2, 0.4, 0.4]))
    order = [prediction.class_names[i] for i in figures.likeliest_first(prediction.probabilities)]
    rows = figures.prediction_chart(prediction).to_dict()["data"]["values"]
    assert [row["class"] for row in rows] == order == ["b", "c", "a"]
    assert prediction.label == order[0]


def test_a_small_photo_is_enlarged_before_it_is_outlined_or_painted(explanation):
    photo = np.random.default_rng(0).integers(0, 256, (33, 22, 3), dtype=np.uint8)
    for picture in (
        figures.outlines(photo, explanation.segments),
        figures.overlay(explanation, "beetles", photo),
        figures.pale(photo),
    ):
        assert picture.shape[:2] == (figures.OVERLAY_SIDE, figures.OVERLAY_SIDE * 2 // 3)
    outlined = figures.outlines(photo, explanation.segments)
    assert np.mean((outlined == np.round(255 * np.array(figures.OUTLINE))).all(axis=-1)) < 0.05


def test_a_point_inside_a_ring_is_on_the_ring():
    ring = np.ones((60, 60), bool)
    ring[5:45, 5:45] = False
    x, y = figures.point_inside(ring)
    assert ring[int(y), int(x)]
    assert min(x, y, 60 - x, 60 - y) > 5


def test_the_figure_numbers_the_strongest_regions_that_its_words_name(explanation):
    figure = figures.explanation_figure(explanation, grey_photo(300, 300))
    numbers = [text.get_text() for text in figure.axes[2].texts]
    assert {"0", "8"} <= set(numbers)
    assert "region 0 " in figure.get_supxlabel()


def test_there_are_colours_for_more_classes_than_the_palette_has():
    assert figures.class_colour(100).startswith("#")


def test_the_figure_is_a_png_with_one_panel_a_class_beside_photo_and_bars(explanation):
    figure = figures.explanation_figure(explanation, grey_photo(300, 600))
    panels = [ax for ax in figure.axes if ax.get_title()]
    assert len(panels) == 4
    assert [ax.get_title() for ax in panels[2:]] == [
        "for and against beetles",
        "for and against cockroach",
    ]
    data = figures.to_png(figure)
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        image.load()
        assert min(image.size) > 300


def test_the_figure_says_what_was_predicted_and_how_it_was_explained(explanation):
    figure = figures.explanation_figure(explanation, grey_photo(300, 300))
    assert figure.get_suptitle() == "beetle, 90 % sure"
    caption = figure.get_supxlabel()
    for fact in ("made", "leverage", "9 superpixels", "100 samples", "white", "seed 0"):
        assert fact in caption


def test_making_figures_leaves_pyplot_without_figures(explanation):
    """pyplot keeps every figure for ever, and is not safe in threads."""
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    figures.to_png(figures.explanation_figure(explanation, grey_photo(300, 300)))
    assert plt.get_fignums() == before


def test_the_scale_tells_its_ends_in_figures(explanation):
    html = figures.scale_html(explanation)
    assert "−0.40" in html
    assert "+0.40" in html
    assert "Unit: probability." in html
