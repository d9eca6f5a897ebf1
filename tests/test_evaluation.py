"""What is measured of a network on photos, with a network that answers what it is told."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from made_photos import MadePhoto

from insects.errors import PhotoError
from insects.evaluation import Answers, ask, figures, report

NAMES = ("ants", "bees")
BLACK = np.zeros((40, 40, 3), np.uint8)


def photo(label, brightness):
    return MadePhoto(f"{label} {brightness}", label, "test", np.full_like(BLACK, brightness))


@dataclass
class Said:
    probabilities: np.ndarray
    familiarity: float | None

    @property
    def is_familiar(self):
        return None if self.familiarity is None else self.familiarity >= 100


@dataclass
class StandIn:
    """Is the surer of bees the brighter a photo is, and knows bright ones."""

    knows: bool = True
    class_names = NAMES
    temperature = 2.0

    def predict(self, pixels):
        bees = pixels.mean() / 255
        return Said(np.array([1 - bees, bees]), float(pixels.mean()) if self.knows else None)


PHOTOS = [
    photo("ants", 50),
    photo("ants", 100),
    photo("ants", 200),
    photo("bees", 220),
    photo("other", 20),
    photo("other", 30),
    photo("other", 110),
]


def outcome(photos=PHOTOS, **model):
    found = figures(ask(StandIn(**model), photos, lambda *_: None))
    return {"network": "stand-in", **found}


def test_each_class_has_its_share_and_its_row_of_the_matrix():
    found = outcome()
    assert (found["photos"], found["correct"], found["accuracy"]) == (4, 3, 0.75)
    assert found["confusion"] == [[2, 1], [0, 1]]
    of_ants, of_bees = (found["classes"][name] for name in NAMES)
    assert (of_ants["count"], of_ants["of"]) == (2, 3)
    assert of_ants["interval"] == pytest.approx([0.2077, 0.9385], abs=1e-4)
    assert (of_bees["count"], of_bees["of"], of_bees["share"]) == (1, 1, 1.0)


def test_others_count_for_familiarity_and_for_nothing_else():
    found, without = outcome(), outcome(PHOTOS[:4])
    for name in ("photos", "accuracy", "loss", "confusion", "ece", "ece_before", "reliability"):
        assert found[name] == without[name]
    assert (found["others"], without["others"]) == (3, 0)


def test_familiarity_tells_classes_from_others():
    found = outcome()
    # 50, 100, 200 and 220 against 20, 30 and 110: ten pairs of twelve are in order.
    assert found["auroc"]["area"] == pytest.approx(10 / 12)
    assert (found["auroc"]["photos"], found["auroc"]["others"]) == (4, 3)
    assert (found["accepted"]["count"], found["accepted"]["of"]) == (3, 4)
    assert (found["refused"]["count"], found["refused"]["of"]) == (2, 3)


def test_the_highest_probability_tells_them_too():
    sure = [1 - 50 / 255, 1 - 100 / 255, 200 / 255, 220 / 255]
    others = [1 - 20 / 255, 1 - 30 / 255, 1 - 110 / 255]
    pairs = [a > b for a in sure for b in others]
    assert outcome()["auroc_by_probability"]["area"] == pytest.approx(sum(pairs) / 12)


def test_a_threshold_at_5_percent_accepts_at_least_95_of_100():
    for n in (1, 10, 20, 99, 154):
        many = Answers(
            NAMES,
            np.zeros(n, int),
            np.tile([0.9, 0.1], (n, 1)),
            np.random.default_rng(n).permutation(n).astype(float),
            np.ones(n, bool),
        )
        lowest = figures(many)["familiarity_at_5_percent"]
        accepted = sum(score >= lowest for score in range(n))
        assert accepted >= 0.95 * n
        assert accepted - 1 < 0.95 * n + 1


def test_without_others_what_needs_them_is_unknown():
    found = outcome(PHOTOS[:4])
    assert found["auroc"] is found["auroc_by_probability"] is found["refused"] is None
    assert found["accepted"]["count"] == 3


def test_classes_that_nobody_can_judge_have_no_familiarity():
    found = outcome(knows=False)
    unknown = ("auroc", "accepted", "refused", "familiarity_at_5_percent")
    assert [found[name] for name in unknown] == [None] * 4
    assert found["auroc_by_probability"] is not None


def test_the_temperature_is_taken_out_again_for_the_error_before_it():
    logits = np.array([[4.0, 0.0], [1.0, 3.0], [2.0, 1.5], [900.0, -900.0]])

    def answers(temperature):
        shifted = (logits - logits.max(axis=1, keepdims=True)) / temperature
        probabilities = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        return Answers(NAMES, np.array([0, 0, 1, 0]), probabilities, temperature=temperature)

    cold, warm = figures(answers(1.0)), figures(answers(3.0))
    assert warm["ece_before"] == pytest.approx(cold["ece"])
    assert cold["ece_before"] == pytest.approx(cold["ece"])
    assert warm["ece"] != pytest.approx(cold["ece"], abs=0.01)
    assert warm["temperature"] == 3.0


def test_the_outcome_is_json_with_15_bins():
    found = json.loads(json.dumps(outcome()))
    assert len(found["reliability"]) == 15
    assert found["class_names"] == list(NAMES)
    for name in ("interval", "ece_interval", "ece_before_interval"):
        low, high = found[name]
        assert 0 <= low <= high


@pytest.mark.parametrize(
    ("found", "refused"), [(outcome(), "67% (21%–94%); 2 of 3"), (outcome(PHOTOS[:4]), "–")]
)
def test_the_report_is_a_sentence_and_tables(found, refused):
    text = report(found)
    assert text.startswith("stand-in: 3 of 4 photos right, 75.0% (95 % interval 30.1% to 95.4%)\n")
    assert "| ants | 67% (21%–94%); 2 of 3 | 2 | 1 |" in text
    assert f"| other photos refused | {refused} |" in text
    assert "calibration error" not in text
    assert text.endswith("that takes 50 photos of the classes.")


def test_of_enough_photos_the_report_has_the_calibration_too():
    text = report(outcome(PHOTOS * 13))
    assert "calibration error without temperature" in text
    assert "calibration error, temperature 2.00" in text
    assert "| highest probability | photos |" in text


def test_a_class_without_photos_is_told_so():
    assert "| bees | – | 0 | 0 |" in report(outcome(PHOTOS[:3]))


def test_a_photo_that_cannot_be_read_ends_it():
    with pytest.raises(PhotoError, match="damaged"):
        outcome([*PHOTOS, MadePhoto("broken", "ants", "test", None)])
