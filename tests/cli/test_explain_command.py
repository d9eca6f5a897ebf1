"""`explain`: reasons in words, values in JSON, and a figure."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from terminal import CLASS_NAMES, FEW, ROOT, complaint

from insects.wording import singular


def test_explain_says_the_class_and_the_regions_that_speak_for_it_in_two_lines(cli, photo):
    status, out, err = cli("explain", photo, *FEW)
    assert (status, err) == (0, "")
    answer, reasons = out.splitlines()
    assert answer.split(",")[0] in map(singular, CLASS_NAMES)
    assert answer.endswith(" % sure")
    assert "region" in reasons
    assert reasons.endswith(".")


@pytest.mark.parametrize(
    "choice",
    [
        ("--method", "leverage"),
        ("--method", "kernel"),
        ("--method", "permutation"),
        ("--method", "partition"),
        ("--method", "exact"),
        ("--baseline", "mean"),
        ("--baseline", "inpaint"),
        ("--baseline", "blur", "--seed", "3"),
    ],
    ids=" ".join,
)
def test_explain_as_json_has_values_that_sum_to_the_probabilities(cli, photo, choice):
    status, out, err = cli("explain", photo, "--json", *FEW, *choice)
    assert (status, err) == (0, "")
    found = json.loads(out)
    shap_values = np.array(found["shap_values"])
    assert found["class_names"] == CLASS_NAMES
    assert shap_values.shape == (found["n_superpixels"], 3)
    total = np.array(found["base_values"]) + shap_values.sum(axis=0)
    assert np.allclose(total, found["probabilities"], atol=1e-4)


def test_explain_of_logits_has_values_whose_sums_give_the_probabilities(cli, photo):
    found = json.loads(cli("explain", photo, "--json", *FEW, "--output", "logit")[1])
    logits = np.array(found["base_values"]) + np.sum(found["shap_values"], axis=0)
    shares = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(shares, found["probabilities"], atol=1e-4)


def test_explain_as_json_tells_the_settings_it_was_given(cli, photo):
    chosen = ("--method", "kernel", "--baseline", "mean", "--output", "logit", "--seed", "7")
    settings = json.loads(cli("explain", photo, "--json", *FEW, *chosen)[1])["settings"]
    told = {name: settings[name] for name in ("n_segments", "nsamples", "seed", "method")}
    assert told == {"n_segments": 12, "nsamples": 100, "seed": 7, "method": "kernel"}
    assert (settings["baseline"], settings["output"]) == ("mean", "logit")


def test_explain_automatic_stops_where_that_is_enough_and_says_whether_it_is_settled(cli, photo):
    status, out, err = cli(
        "explain", photo, "--n-segments", "8", "--nsamples", "5000", "--automatic"
    )
    assert (status, err) == (0, "")
    *_, verdict = out.splitlines()
    spent = int(verdict.split()[0])
    assert spent < 5000
    assert verdict == f"{spent} samples. These values are exact."


def test_explain_as_json_tells_how_far_it_is_from_settled(cli, photo):
    found = json.loads(cli("explain", photo, "--json", *FEW)[1])["convergence"]
    assert [one["class_name"] for one in found["classes"]] == CLASS_NAMES
    assert all(len(one["strongest"]) <= 3 for one in found["classes"])


def test_explain_says_the_same_of_the_same_photo_with_the_same_seed(cli, photo):
    assert cli("explain", photo, "--json", *FEW) == cli("explain", photo, "--json", *FEW)


def test_explain_writes_the_figure_as_a_png(cli, photo, tmp_path):
    path = tmp_path / "out.png"
    status, out, err = cli("explain", photo, *FEW, "--figure", path)
    assert (status, err) == (0, "")
    assert out
    with Image.open(path) as figure:
        assert figure.format == "PNG"
        assert min(figure.size) > 500


def test_a_figure_that_cannot_be_written_is_one_line(cli, photo, tmp_path):
    path = tmp_path / "no" / "such" / "folder" / "out.png"
    outcome = cli("explain", photo, *FEW, "--figure", path)
    assert "cannot be written" in complaint(outcome, outcome[0])
    assert outcome[0] in (1, 2)


def test_a_reader_that_closes_early_sees_no_traceback(photo):
    command = [sys.executable, "-m", "insects", "explain", str(photo), "--json", *FEW]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        running.stdout.close()
        assert running.stderr.read() == ""
