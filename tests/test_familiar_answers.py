"""Whether a photo looks like the classes at all, on the command line and in explanations."""

import json

import numpy as np
import pytest
from PIL import Image

from insects import explain
from insects.__main__ import main
from insects.inference import FAMILIAR, UNSURE, Prediction, Verdict
from insects.wording import familiarity, headline, without_label

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
    first, *_, last = cli(name, no_insect, *options).splitlines()
    assert first == "This looks like none of the three"
    assert "The network knows nothing but a beetle, a cockroach or a dragonfly." in last
    assert " sure" not in first + last
    assert "none of" not in cli(name, insect, *options)
    found = [json.loads(cli(name, path, *options, "--json")) for path in (no_insect, insect)]
    assert [one["is_familiar"] for one in found] == [False, True]
    assert [one["familiarity_verdict"] for one in found] == ["unlike", "like"]
    assert found[0]["familiarity"] < found[1]["familiarity"]


def test_an_explanation_knows_what_its_prediction_knows(default_model):
    *_, explanation = explain(default_model, NOTHING, n_segments=5, nsamples=40)
    prediction = default_model.predict(NOTHING)
    assert explanation.familiarity == pytest.approx(prediction.familiarity)
    assert explanation.prediction.is_familiar is False
    assert familiarity(explanation.prediction) == familiarity(prediction)


@pytest.mark.parametrize(
    ("familiarity", "verdict", "is_familiar"),
    [
        (FAMILIAR + UNSURE, Verdict.LIKE, True),
        (FAMILIAR + 0.99 * UNSURE, Verdict.UNSURE, True),
        (FAMILIAR, Verdict.UNSURE, True),
        (FAMILIAR - 0.99 * UNSURE, Verdict.UNSURE, False),
        (FAMILIAR - 1.01 * UNSURE, Verdict.UNLIKE, False),
        (None, None, None),
    ],
)
def test_near_the_threshold_nobody_is_sure(familiarity, verdict, is_familiar):
    prediction = said(0.9, 0.1, 0, familiarity=familiarity)
    assert prediction.familiarity_verdict == verdict
    assert prediction.is_familiar is is_familiar


# In words


def said(*shares, familiarity=None):
    return Prediction(("beetles", "cockroach", "dragonflies"), np.array(shares), familiarity)


def test_what_looks_like_the_classes_is_called_by_one_of_them():
    prediction = said(0, 0.002, 0.998, familiarity=FAMILIAR + 2 * UNSURE)
    assert headline(prediction) == "dragonfly, over 99 % sure"
    words = familiarity(prediction)
    assert words == "familiar: it looks like photos of a beetle, a cockroach or a dragonfly"


def test_what_looks_like_none_of_the_classes_is_called_by_none_of_them():
    prediction = said(0, 0.002, 0.998, familiarity=FAMILIAR - 2 * UNSURE)
    assert headline(prediction) == "This looks like none of the three"
    assert familiarity(prediction) == (
        "The network knows nothing but a beetle, a cockroach or a dragonfly. It has to choose one "
        "all the same, and chooses dragonfly."
    )


def test_what_may_be_none_of_the_classes_is_perhaps_one_of_them():
    prediction = said(0.93, 0.07, 0, familiarity=FAMILIAR)
    assert headline(prediction) == "Perhaps a beetle, perhaps none of the three"
    assert familiarity(prediction).endswith("If it is one of them: beetle, 93 % sure.")


def test_where_nobody_can_tell_nothing_is_said_of_familiarity():
    assert familiarity(said(0.9, 0.1, 0)) == ""
    assert headline(said(0.9, 0.1, 0)) == "beetle, 90 % sure"


LIKE, UNLIKE = FAMILIAR + 2 * UNSURE, FAMILIAR - 2 * UNSURE


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (
            said(0.91, 0.09, 0, familiarity=LIKE),
            'Without the label: "beetle, 91 % sure" instead of "beetle, 94 % sure".',
        ),
        (
            said(0.941, 0.05, 0, familiarity=LIKE),
            'Without the label: "beetle, 94 % sure", as before.',
        ),
        (
            said(0.4, 0.6, 0, familiarity=LIKE),
            'Without the label the answer changes: "cockroach, 60 % sure" instead of '
            '"beetle, 94 % sure".',
        ),
        (
            said(0.94, 0.06, 0, familiarity=UNLIKE),
            'Without the label the answer changes: "This looks like none of the three" instead of '
            '"beetle, 94 % sure".',
        ),
    ],
)
def test_what_the_label_changes_is_told_in_a_sentence(after, words):
    assert without_label(said(0.94, 0.06, 0, familiarity=LIKE), after) == words
