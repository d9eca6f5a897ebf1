"""What is guessed of labels and shortcuts, and where photos are too few for it."""

import numpy as np
import pytest
from findings import checks, found
from made_photos import drawn_photos, made, made_dataset

from insects.datasets.drawn import load_drawn
from insects.datasets.health import examine
from insects.datasets.health.labels import confident_disagreements


@pytest.fixture(scope="module")
def many():
    """Thirty drawn photos of each class."""
    return drawn_photos(30)


# Labels


@pytest.mark.parametrize(
    ("place", "label"), [(3, "dragonflies"), (40, "beetles"), (70, "cockroach")]
)
def test_a_planted_swapped_label_is_found(place, label, many):
    photos = [made(p, label=label) if i == place else p for i, p in enumerate(many)]
    dataset = made_dataset(*photos)
    doubtful = found(dataset, "labels")
    assert (place,) in doubtful.groups
    assert len(doubtful.groups) <= 3
    assert checks(dataset) == {"labels"}


def test_only_confident_disagreements_count_and_the_worst_comes_first():
    probabilities = np.array(
        [
            [0.9, 0.1],  # as labelled
            [0.7, 0.3],  # as labelled
            [0.4, 0.6],  # rather the other class, but less than its photos have on average, 0.7
            [0.1, 0.9],  # confidently the other class
            [0.1, 0.9],  # as labelled
            [0.05, 0.95],  # as labelled
            [0.75, 0.25],  # confidently the other class: its photos have 0.525 on average
        ]
    )
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    assert confident_disagreements(probabilities, labels).tolist() == [3, 6]


# Shortcuts


def test_grounds_that_betray_the_class_are_serious():
    report = examine(load_drawn(background_bias=1.0, per_class=60))
    severities = {finding.check: finding.severity for finding in report.findings}
    assert severities == {"ring": "serious", "outer colours": "serious"}
    for finding in report.findings:
        assert finding.figures["right"] > 0.9
        assert finding.figures["commonest"] == pytest.approx(1 / 3)
        assert "(always the commonest class: 33 %)" in finding.title
        assert len(finding.groups) == 6


def test_random_grounds_betray_little():
    report = examine(load_drawn(background_bias=0.0, per_class=60))
    said = [sentence for sentence in report.passed if "hardly tells the class" in sentence]
    assert len(said) == 2


def test_a_sign_in_the_margin_that_only_one_class_has_is_found(many):
    def signed(photo):
        pixels = photo.pixels.copy()
        pixels[-16:, -80:] = 0
        return made(photo, pixels=pixels)

    dataset = made_dataset(*(signed(p) if p.label == "beetles" else p for p in many))
    assert found(dataset, "ring").figures["right_beetles"] == 1


# Few photos


def test_two_classes_of_five_photos_are_too_few_for_guesses_and_that_is_said():
    dataset = made_dataset(*drawn_photos(5)[:10])
    few = found(dataset, "too few")
    assert few.severity == "note"
    assert "beetles has 5" in few.meaning
    assert checks(dataset) == set()


def test_classes_of_two_series_are_too_few_for_guesses(many):
    photos = [made(p, name=str(i % 30 // 15 * 100 + i % 15)) for i, p in enumerate(many)]
    assert "series" in found(made_dataset(*photos), "too few").meaning
