"""`train`: what it trains can predict, and what is missing is said."""

import json

import pytest
from terminal import CLASS_NAMES, complaint, process


@pytest.mark.slow
def test_a_network_trained_on_drawn_insects_can_predict(photo, tmp_path):
    run = tmp_path / "x"
    options = ("--dataset", "drawn", "--epochs", "1", "--network", "efficientnet_lite0")
    status, out, err = process("train", *options, "--run", run, "--json")
    assert (status, err) == (0, "")
    trained = json.loads(out)
    assert (trained["status"], trained["path"]) == ("finished", str(run))
    assert trained["metrics"]["test"]["photos"] > 0

    status, out, err = process("predict", photo, "--network", run, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["label"] in CLASS_NAMES

    again = process("train", *options, "--run", run)
    assert str(run) in complaint(again, 1)


def test_training_without_the_photos_says_in_one_line_what_to_do():
    line = complaint(process("train", INSECTS_PHOTOS=""), 1)
    assert "INSECTS_PHOTOS" in line
    assert "drawn" in line
