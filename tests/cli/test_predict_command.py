"""`predict`: the class and the probabilities, in words and in JSON."""

import json

import pytest
from terminal import CLASS_NAMES, ROOT


def test_predict_says_the_class_and_the_probability_of_each_largest_first(cli, photo):
    status, out, err = cli("predict", photo)
    assert (status, err) == (0, "")
    headline, *rows = out.splitlines()
    names = [row.split()[0] for row in rows]
    shares = [float(row.split()[1].rstrip("%")) for row in rows]
    assert headline.split(",")[0] == names[0]
    assert sorted(names) == ["beetle", "cockroach", "dragonfly"]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.02)


def test_predict_as_json_has_the_label_and_probabilities_that_sum_to_1(cli, photo):
    status, out, err = cli("predict", photo, "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer["network"] == "efficientnet_lite0"
    assert sorted(answer["probabilities"]) == CLASS_NAMES
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)


def test_a_run_directory_can_stand_for_the_network(cli, photo):
    by_path = cli("predict", photo, "--network", ROOT / "insects/pretrained/efficientnet_lite0")
    assert by_path == cli("predict", photo)
