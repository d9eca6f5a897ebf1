"""Overlays to point at: outlines, colours, what each region tells, and the bars below."""

import json

import numpy as np
import pytest
from made_explanations import in_nine_parts, in_quarters
from PIL import Image, ImageDraw

from insects.explanation import explain
from insects.figures import AGAINST, FOR, paints, scale_limit
from insects.overlay_chart import (
    SURE,
    UNKNOWN,
    UNSURE,
    overlay_chart,
    region_outlines,
    strongest_chart,
)
from insects.superpixels import segment

VALUES = [0.3, -0.2, 0.001, 0.1]
WIDE = np.full((60, 120, 3), 200, np.uint8)


def spec(chart):
    return json.loads(chart.to_json())


def features(made, class_name="one", **options):
    chart = overlay_chart(made, class_name, WIDE, region_outlines(made.segments), **options)
    drawn = spec(chart)
    return {one["region"]: one for one in drawn["layer"][1]["data"]["values"]}, drawn


def drawn_again(outlines, side):
    """Fill the outlines, the holes of later rings included, to see which pixels they cover."""
    labels = np.full((side, side), -1)
    for number, rings in enumerate(outlines):
        image = Image.new("1", (8 * side, 8 * side))
        for ring in rings:
            corners = [(8 * x, 8 * y) for x, y in ring]
            ImageDraw.Draw(image).polygon(corners, fill=1)
        inside = np.asarray(image).reshape(side, 8, side, 8).mean(axis=(1, 3)) > 0.5
        labels[inside] = number
    return labels


# Outlines


def test_the_outline_of_a_quarter_runs_along_its_sides():
    (ring,) = region_outlines(np.kron([[0, 1], [2, 3]], np.ones((6, 6), int)))[1]
    points = np.array(ring)
    assert points.min(axis=0).tolist() == [6, 0]
    assert points.max(axis=0).tolist() == [12, 6]
    assert ring[0] == ring[-1]


def test_a_region_with_a_hole_has_an_inner_outline():
    segments = np.zeros((20, 20), int)
    segments[6:14, 6:14] = 1
    ring, disc = region_outlines(segments)
    assert len(ring) == 2
    assert len(disc) == 1


def test_the_outlines_cover_nearly_the_pixels_of_their_regions(photos, default_model):
    image = np.asarray(Image.fromarray(photos[0].pixels).resize((224, 224)))
    segments = segment(image, 60)
    outlines = region_outlines(segments)
    assert len(outlines) == segments.max() + 1
    assert (drawn_again(outlines, 224) == segments).mean() > 0.9


# The overlay


def test_each_region_tells_its_value_and_error_where_it_is_pointed_at():
    by_region, drawn = features(in_quarters(VALUES))
    assert by_region[0]["text"] == "region 0: +0.30 ± 0.01 for one"
    assert by_region[1]["text"] == "region 1: −0.20 ± 0.01 against one"
    for channel in ("tooltip", "description"):
        assert drawn["layer"][1]["encoding"][channel]["field"] == "text"


def test_regions_are_painted_as_in_the_picture_that_is_exported():
    made = in_quarters(VALUES)
    by_region, _ = features(made)
    colours, opacities = paints(made, "one")
    for number, one in by_region.items():
        assert one["fill"] == "#" + bytes(colours[number].round().astype(np.uint8)).hex()
        assert one["opacity"] == pytest.approx(opacities[number], abs=1e-3)
    assert by_region[0]["fill"] == FOR


def test_another_end_of_the_scale_makes_the_same_value_paler():
    made = in_quarters(VALUES)
    (own, _), (wide, _) = features(made), features(made, limit=2 * scale_limit(made))
    assert wide[0]["opacity"] < own[0]["opacity"]


def test_the_photos_proportions_are_kept():
    by_region, drawn = features(in_quarters(VALUES))
    corners = np.concatenate([one["geometry"]["coordinates"][0] for one in by_region.values()])
    assert corners.max(axis=0).tolist() == [480, 240]
    (height,) = [one for one in drawn["params"] if one["name"] == "height"]
    assert height["expr"] == "width * 0.5000"


def test_a_region_whose_sign_is_not_sure_is_dashed_and_drawn_first():
    _, drawn = features(in_quarters(VALUES))
    first, *others = drawn["layer"][1]["data"]["values"]
    assert first["region"] == 2
    assert first["rank"] == UNSURE
    assert all(one["rank"] == SURE for one in others)
    condition = drawn["layer"][1]["encoding"]["strokeDash"]
    assert condition["condition"]["test"] == f"datum.rank == {UNSURE}"
    assert condition["condition"]["value"] != condition["value"] == [1, 0]


def test_without_errors_no_outline_is_dashed_and_none_is_as_broad_as_that_of_a_sure_sign():
    by_region, _ = features(in_quarters(VALUES, error=None, method="kernel"))
    sure, _ = features(in_quarters(VALUES))
    assert all(one["rank"] == UNKNOWN for one in by_region.values())
    assert by_region[0]["width"] < sure[0]["width"]


def test_a_marked_region_is_drawn_last_with_a_broad_outline_of_its_own_colour():
    by_region, drawn = features(in_quarters(VALUES), marked=[2])
    assert drawn["layer"][1]["data"]["values"][-1]["region"] == 2
    assert by_region[2]["width"] > by_region[0]["width"]
    assert by_region[2]["stroke"] != by_region[0]["stroke"]


def labels(drawn):
    """Return what is written on regions; the rim of the letters says the same."""
    rim, letters = drawn["layer"][2:]
    assert rim["data"] == letters["data"]
    return {one["text"]: (one["x"], one["y"]) for one in letters["data"]["values"]}


def test_the_strongest_regions_carry_their_numbers_in_their_middle():
    _, drawn = features(in_quarters(VALUES))
    assert set(labels(drawn)) == {"0", "1", "2", "3"}
    assert labels(drawn)["1"] == (pytest.approx(0.75, abs=0.1), pytest.approx(0.25, abs=0.1))


def test_of_many_regions_only_the_strongest_carry_numbers_and_a_marked_one_its_value():
    made = in_nine_parts(np.arange(9) / 10)
    chart = overlay_chart(made, "beetles", WIDE, region_outlines(made.segments), marked=[1])
    assert set(labels(spec(chart))) == {"8", "7", "6", "5", "4", "1: +0.10 ± 0.01"}


def test_a_click_selects_a_region_by_its_number():
    _, drawn = features(in_quarters(VALUES))
    (selection,) = [one for one in drawn["params"] if one["name"] == "region"]
    assert selection["select"]["fields"] == ["region"]
    assert selection["select"]["on"] == "click"


def test_no_layer_has_a_legend_that_would_shift_it():
    made = in_quarters(VALUES)
    for drawn in (features(made)[1], spec(strongest_chart(made, "one", "#000000"))):
        for layer in drawn["layer"]:
            for channel in ("fill", "fillOpacity", "stroke", "strokeWidth", "color"):
                encoding = layer["encoding"].get(channel)
                assert encoding is None or encoding["legend"] is None


def test_three_classes_of_a_hundred_superpixels_take_less_than_300_kb(default_model, photos):
    *_, made = explain(default_model, photos[0].pixels, n_segments=100, nsamples=100)
    outlines = region_outlines(made.segments)
    charts = [overlay_chart(made, n, photos[0].pixels, outlines) for n in made.class_names]
    assert sum(len(json.dumps(chart.to_dict())) for chart in charts) < 300_000


# The strongest as bars


def bars(made, class_name="one"):
    drawn = spec(strongest_chart(made, class_name, "#123456"))
    return drawn, next(layer for layer in drawn["layer"] if "color" in layer["encoding"])


def test_bars_are_the_strongest_regions_with_their_95_percent_intervals():
    _, layer = bars(in_quarters(VALUES))
    rows = layer["data"]["values"]
    assert [row["name"] for row in rows][:2] == ["upper left · 0", "upper right · 1"]
    assert rows[0]["low"] == pytest.approx(0.3 - 1.96 * 0.01)
    assert rows[0]["high"] == pytest.approx(0.3 + 1.96 * 0.01)
    assert (rows[0]["colour"], rows[1]["colour"]) == (FOR, AGAINST)


def test_there_are_no_error_bars_without_errors():
    for error, layers in ((0.01, 3), (None, 2)):
        drawn, _ = bars(in_quarters(VALUES, error=error, method="kernel"))
        assert len(drawn["layer"]) == layers


def test_all_classes_have_one_axis_with_room_for_every_error_bar():
    made = in_quarters(VALUES)
    made.standard_errors[0, 0] = 0.4
    ends = [bars(made, name)[1]["encoding"]["x"]["scale"]["domain"] for name in made.class_names]
    assert ends[0] == ends[1]
    assert ends[0][1] > 0.3 + 1.96 * 0.4


def test_names_and_axis_are_in_the_pages_text_colour():
    drawn, layer = bars(in_quarters(VALUES))
    assert layer["encoding"]["y"]["axis"]["labelColor"] == "#123456"
    assert drawn["layer"][0]["encoding"]["x"]["axis"]["labelColor"] == "#123456"
