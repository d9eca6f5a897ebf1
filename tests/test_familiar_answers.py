"""Whether a photo looks like the classes at all, on the command line and in explanations."""

import json

import numpy as np
import pytest
from PIL import Image

from insects import explain
from insects.__main__ import main
from insects.inference import FAMILIAR, Prediction
from insects.wording import familiarity, without_label

NOTHING = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
FEW = ("--n-segments", "5", "--nsamples", "40")


@pytest.fixture
def cli(capfd):
    """Return a function that runs a command, which must succeed, and returns what it printed."""

    def run(*arguments: object) -> str:
        assert main([str(argument) for argument in arguments]) == 0
        out, err = capfd.readouterr()
        assert err == ""
        return out

    return run


@pytest.fixture
def no_insect(tmp_path):
    Image.fromarray(NOTHING).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


@pytest.fixture
def insect(photos, tmp_path):
    Image.fromarray(photos[-1].pixels).save(tmp_path / "bug.png")
    return tmp_path / "bug.png"


@pytest.mark.parametrize("command", [("predict",), ("explain", *FEW)], ids=lambda c: c[0])
def test_no_insect_is_warned_of_in_text_and_told_in_json(cli, no_insect, insect, command):
    name, *options = command
    assert "none of the three" in cli(name, no_insect, *options).splitlines()[-1]
    assert "none of" not in cli(name, insect, *options)
    found = [json.loads(cli(name, path, *options, "--json")) for path in (no_insect, insect)]
    assert [one["is_familiar"] for one in found] == [False, True]
    assert found[0]["familiarity"] < found[1]["familiarity"]


def test_an_explanation_knows_what_its_prediction_knows(default_model):
    *_, explanation = explain(default_model, NOTHING, n_segments=5, nsamples=40)
    prediction = default_model.predict(NOTHING)
    assert explanation.familiarity == pytest.approx(prediction.familiarity)
    assert explanation.prediction.is_familiar is False
    assert familiarity(explanation.prediction) == familiarity(prediction)


# In words


def said(*shares, familiarity=None):
    return Prediction(("beetles", "cockroach", "dragonflies"), np.array(shares), familiarity)


def test_what_looks_like_none_of_the_classes_is_warned_of_by_their_names():
    assert familiarity(said(0.9, 0.1, 0, familiarity=FAMILIAR - 1)) == (
        "This looks like none of the three: beetles, cockroach or dragonflies. "
        "The network must choose one all the same."
    )


def test_what_looks_like_the_classes_is_called_familiar():
    words = familiarity(said(0.9, 0.1, 0, familiarity=FAMILIAR + 1))
    assert words == "familiar: it looks like photos of beetles, cockroach or dragonflies"


def test_where_nobody_can_tell_nothing_is_said_of_familiarity():
    assert familiarity(said(0.9, 0.1, 0)) == ""


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ((0.91, 0.09, 0), "Without the label: beetles 91 % instead of 94 %."),
        ((0.941, 0.05, 0), "Without the label: beetles 94 %, as before."),
        (
            (0.4, 0.6, 0),
            "Without the label the answer changes: cockroach 60 % instead of beetles 94 %.",
        ),
    ],
)
def test_what_the_label_changes_is_told_in_a_sentence(after, words):
    assert without_label(said(0.94, 0.06, 0), said(*after)) == words
