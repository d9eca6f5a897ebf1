"""Charts of trainings and of checks: what is drawn of which rows."""

import json

import numpy as np
import pytest

from insects.charts import (
    Curves,
    curves_chart,
    curves_table,
    faithfulness_chart,
    reliability_chart,
    thinned,
)
from insects.faithfulness import Curve


@pytest.fixture
def curves():
    batches = [
        {"step": s, "epoch": (s - 1) // 4, "loss": 2 / s, "accuracy": s / 10} for s in range(1, 9)
    ]
    history = [
        {
            "epoch": e,
            "loss": 1.0,
            "accuracy": 0.5,
            "val_loss": 0.9 - e / 10,
            "val_accuracy": 0.6 + e / 10,
        }
        for e in range(2)
    ]
    return Curves("one", 5, 4, batches, history)


def spec(chart):
    return json.loads(chart.to_json())


def test_training_rows_are_placed_by_their_share_of_an_epoch(curves):
    table = curves.table("loss")
    train = table[table["part"] == "train"]
    assert train["epoch"].tolist() == [s / 4 for s in range(1, 9)]
    assert train["value"].tolist() == [2 / s for s in range(1, 9)]


def test_a_run_without_batches_shows_what_its_history_has_of_training_photos(curves):
    table = Curves("shipped", 5, 1, [], curves.history).table("loss")
    train = table[table["part"] == "train"]
    assert train["epoch"].tolist() == [1, 2]
    assert train["value"].tolist() == [1.0, 1.0]


def test_test_photos_are_placed_at_the_end_of_their_epoch(curves):
    table = curves.table("accuracy")
    test = table[table["part"] == "test"]
    assert test["epoch"].tolist() == [1, 2]
    assert test["value"].tolist() == [0.6, 0.7]


def test_the_smoothed_curve_follows_the_raw_one_more_slowly(curves):
    table = curves.table("accuracy")
    train = table[table["part"] == "train"]
    assert train["smoothed"].iloc[0] == pytest.approx(train["value"].iloc[0])
    assert train["smoothed"].iloc[-1] < train["value"].iloc[-1]


def test_a_run_without_a_finished_epoch_has_a_curve_of_training_alone(curves):
    young = Curves("young", 5, 4, curves.batches[:2], [])
    assert young.table("loss")["part"].tolist() == ["train", "train"]


def test_the_axis_is_as_long_as_a_run_has_epochs_from_the_start():
    drawn = spec(curves_chart(["one"], 9, "accuracy", "#000000"))
    assert drawn["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 9]


def test_each_run_has_a_colour_of_its_own():
    drawn = spec(curves_chart(["one", "other"], 5, "loss", "#000000"))
    scale = drawn["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["one", "other"]
    assert len(set(scale["range"])) == 2


def test_the_points_have_all_that_the_curves_are_drawn_by(curves):
    other = Curves("other", 9, 4, curves.batches[:1], [])
    table = curves_table([curves, other], "accuracy")
    assert set(table["run"]) == {"one", "other"}
    layers = spec(curves_chart(["one", "other"], 9, "accuracy", "#000000"))["layer"]
    drawn_by = {
        channel["field"]
        for one in layers
        for channel in one["encoding"].values()
        if "field" in channel
    }
    assert drawn_by <= set(table.columns)


def test_reliability_leaves_out_bins_without_photos():
    bins = [
        {"low": 0.8, "high": 0.9, "photos": 0, "confidence": 0.0, "accuracy": 0.0},
        {"low": 0.9, "high": 1.0, "photos": 7, "confidence": 0.95, "accuracy": 0.9},
    ]
    drawn = spec(reliability_chart(bins, "#000000"))
    rows = [row for rows in drawn["datasets"].values() for row in rows if "photos" in row]
    assert [row["photos"] for row in rows] == [7]


@pytest.mark.parametrize(("count", "most"), [(3, 5), (5, 5), (6, 5), (1000, 5)])
def test_thinned_rows_are_few_and_keep_the_first_and_the_last(count, most):
    rows = [{"step": i} for i in range(count)]
    kept = thinned(rows, most)
    assert len(kept) == min(count, most)
    assert (kept[0], kept[-1]) == (rows[0], rows[-1])
    steps = [row["step"] for row in kept]
    assert steps == sorted(set(steps))


# Checks of explanations


def deletion(kind="deletion"):
    """Three steps; two random orders whose mean is 0.7, their standard deviation √2 / 10."""
    random = np.array([[0.9, 0.8, 0.1], [0.9, 0.6, 0.1]])
    return Curve(kind, np.array([0, 0.5, 1]), np.array([0.9, 0.3, 0.1]), random)


def test_a_check_is_drawn_as_a_band_a_control_and_the_explanation_on_top():
    drawn = spec(faithfulness_chart(deletion(), "beetles", "#123456"))
    kinds = [layer["mark"]["type"] for layer in drawn["layer"]]
    fields = [layer["encoding"]["y"]["field"] for layer in drawn["layer"]]
    assert kinds == ["area", "line", "line"]
    assert fields == ["low", "mean", "score"]
    assert drawn["layer"][0]["encoding"]["y2"]["field"] == "high"


def test_the_band_is_a_standard_deviation_about_the_mean_of_the_random_orders():
    (rows,) = spec(faithfulness_chart(deletion(), "beetles", "#123456"))["datasets"].values()
    assert [row["share"] for row in rows] == [0, 0.5, 1]
    assert [row["score"] for row in rows] == [0.9, 0.3, 0.1]
    middle = rows[1]
    assert middle["mean"] == pytest.approx(0.7)
    assert middle["high"] - middle["mean"] == pytest.approx(0.02**0.5)
    assert middle["mean"] - middle["low"] == pytest.approx(0.02**0.5)


def test_a_check_is_told_apart_by_more_than_colour_and_is_read_on_dark_pages():
    drawn = spec(faithfulness_chart(deletion("insertion"), "beetles", "#eceff2"))
    band, control, line = (layer["mark"] for layer in drawn["layer"])
    assert band["color"] == control["color"] == "#eceff2"
    assert "strokeDash" in control
    assert "strokeDash" not in line
    assert line["color"] != "#eceff2"
    axes = [drawn["layer"][0]["encoding"][side]["axis"] for side in "xy"]
    assert {axis["labelColor"] for axis in axes} == {"#eceff2"}
    assert axes[0]["title"] == "parts shown, strongest first"
    assert axes[1]["title"] == "sure of beetles"


def test_no_layer_of_a_check_has_a_legend_that_would_shift_it():
    drawn = spec(faithfulness_chart(deletion(), "beetles", "#000000"))
    assert all(not {"color", "size"} & set(layer["encoding"]) for layer in drawn["layer"])
