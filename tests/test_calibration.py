"""Photos set aside, and the temperature that is fitted on them."""

import numpy as np
import pytest
from scipy.special import softmax

from insects.errors import DatasetError
from insects.metrics import FEWEST_TO_CALIBRATE
from insects.training.calibration import fit_temperature, set_aside
from insects.training.settings import Settings

LABELS = np.repeat([0, 1, 2], [400, 180, 259])


def logits_of_temperature(temperature, n=4000, seed=0):
    """Logits whose labels were drawn with them divided by a temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (n, 3))
    draws = rng.random((n, 1))
    labels = (draws > softmax(logits / temperature, axis=1).cumsum(axis=1)).sum(axis=1)
    return logits, labels


def test_about_a_tenth_of_each_class_is_set_aside_and_all_else_fitted():
    fit, aside = set_aside(LABELS, seed=0)
    assert sorted([*fit, *aside]) == list(range(len(LABELS)))
    assert np.bincount(LABELS[aside]).tolist() == [40, 18, 26]
    assert (np.diff(aside) > 0).all()
    assert (np.diff(fit) > 0).all()


def test_the_seed_chooses_what_is_set_aside():
    assert np.array_equal(set_aside(LABELS, 3)[1], set_aside(LABELS, 3)[1])
    assert not np.array_equal(set_aside(LABELS, 3)[1], set_aside(LABELS, 4)[1])


def test_of_two_photos_of_a_class_one_is_set_aside_and_of_one_none():
    fit, aside = set_aside(np.array([0, 0, 1, 2, 2, 2]), seed=0)
    labels = np.array([0, 0, 1, 2, 2, 2])
    assert labels[aside].tolist() == [0, 2]
    assert set(labels[fit]) == {0, 1, 2}


def test_no_series_is_parted_and_about_a_tenth_is_still_set_aside():
    groups = np.arange(len(LABELS)) // 7
    fit, aside = set_aside(LABELS, 0, groups)
    of_one_class = {g for g in groups if len(set(LABELS[groups == g])) == 1}
    assert not set(groups[fit]) & set(groups[aside]) & of_one_class
    assert 0.05 < len(aside) / len(LABELS) < 0.12


def test_of_long_series_alone_the_shortest_is_set_aside():
    labels, groups = np.zeros(30, int), np.repeat([0, 1, 2], [12, 8, 10])
    assert groups[set_aside(labels, 0, groups)[1]].tolist() == [1] * 8


def test_a_class_that_is_one_series_is_all_fitted():
    labels, groups = np.repeat([0, 1], 10), np.concatenate([np.zeros(10, int), np.arange(1, 11)])
    assert labels[set_aside(labels, 0, groups)[1]].tolist() == [1]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5, 8.0])
def test_the_temperature_that_labels_were_drawn_with_is_found(temperature):
    assert fit_temperature(*logits_of_temperature(temperature)) == pytest.approx(
        temperature, rel=0.15
    )


def test_an_overconfident_network_gets_a_temperature_above_1():
    logits, labels = logits_of_temperature(1.0, n=300)
    assert fit_temperature(5 * logits, labels) > 2


def test_answers_that_are_all_right_do_not_make_the_network_certain():
    labels = np.arange(80) % 3
    assert 0.3 < fit_temperature(4.0 * np.eye(3)[labels], labels) <= 1.01


@pytest.mark.parametrize("count", [0, 5, FEWEST_TO_CALIBRATE - 1])
def test_no_temperature_is_fitted_on_few_photos(count):
    logits, labels = logits_of_temperature(2.0, n=count)
    with pytest.raises(DatasetError, match=rf"50 photos of the classes or more; there are {count}"):
        fit_temperature(logits, labels)


def test_a_temperature_is_fitted_on_just_enough_photos():
    assert fit_temperature(*logits_of_temperature(8.0, n=FEWEST_TO_CALIBRATE)) > 3


def test_answers_that_are_all_wrong_stay_within_the_bounds():
    labels = np.arange(500) % 3
    assert 1 < fit_temperature(-50.0 * np.eye(3)[labels], labels) <= 20


# What a training sets aside


@pytest.mark.parametrize(("photos", "expected"), [(480, None), (520, 52)])
def test_a_training_sets_photos_aside_only_where_they_are_enough(photos, expected, monkeypatch):
    from insects.training import train
    from insects.training.inputs import Part

    class EachAlone:
        def groups(self, photos):
            return np.arange(len(photos))

    monkeypatch.setattr(train, "find_series", lambda *_: EachAlone())
    part = Part(np.zeros((photos, 4)), np.arange(photos) % 4, tuple(range(photos)))
    settings = Settings("tang", calibrate=True)
    fitted, aside = train._set_aside(part, None, settings, lambda *_: None)
    assert (aside and len(aside.labels)) == expected
    assert len(fitted.labels) == photos - (expected or 0)
