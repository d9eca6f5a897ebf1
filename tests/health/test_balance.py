"""Classes of uneven size are found."""

import pytest
from findings import found
from made_photos import made_dataset


def test_uneven_classes_are_a_note_and_very_uneven_ones_worth_knowing(drawn):
    def without(n):
        beetles = [p for p in drawn if p.label == "beetles" and p.split == "train"]
        return made_dataset(*(photo for photo in drawn if photo not in beetles[:n]))

    note, worse = found(without(4), "balance"), found(without(7), "balance")
    assert (note.severity, worse.severity) == ("note", "worth knowing")
    assert note.figures["most"] == 9
    assert note.figures["least"] == 5
    assert note.figures["always_the_commonest"] == pytest.approx(9 / 23)


def test_a_class_that_one_part_lacks_is_serious(drawn):
    kept = [p for p in drawn if (p.label, p.split) != ("cockroach", "test")]
    missing = found(made_dataset(*kept), "classes")
    assert missing.severity == "serious"
    assert missing.title == "Among the test photos there is none of cockroach."
