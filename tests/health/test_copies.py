"""Copies, and pictures and series in both parts, are found."""

import pytest
from findings import checks, first, found, names
from made_photos import CHANGES, made, made_dataset
from PIL import Image

from insects.datasets.folder import load_folder
from insects.datasets.splits import apply_split


def test_a_planted_leak_is_found(folder):
    copied = first(folder)
    (folder / "test" / "beetles" / "other.jpg").write_bytes(copied.read_bytes())
    dataset = load_folder(folder)
    leak = found(dataset, "leak")
    assert leak.severity == "serious"
    assert names(dataset, leak) == [["test/beetles/other", f"train/beetles/{copied.stem}"]]
    n_test = len(dataset.part("test"))
    assert leak.title == f"1 of {n_test} test photos is also in the training photos."
    assert leak.figures == {"leaked_test_photos": 1, "test_photos": n_test}
    assert checks(dataset) == {"leak"}


def test_a_leak_of_all_test_photos_says_all(drawn):
    train = [photo for photo in drawn if photo.split == "train"]
    leaked = [made(photo, split="test") for photo in train]
    leak = found(made_dataset(*train, *leaked), "leak")
    assert leak.title == f"All {len(train)} test photos are also in the training photos."


def test_a_copy_in_the_same_part_is_found(folder):
    copied = first(folder)
    copied.with_name("again.jpg").write_bytes(copied.read_bytes())
    dataset = load_folder(folder)
    assert checks(dataset) == {"copies"}
    assert names(dataset, found(dataset, "copies")) == [
        ["train/beetles/again", f"train/beetles/{copied.stem}"]
    ]


def test_a_copy_in_another_class_is_found(folder):
    copied = first(folder)
    (folder / "train" / "cockroach" / "again.jpg").write_bytes(copied.read_bytes())
    contradiction = found(load_folder(folder), "contradiction")
    assert contradiction.severity == "serious"
    assert contradiction.title == "1 photo lies in two classes."


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_copy_in_the_other_part_is_found(change, folder, drawn):
    pixels = change(drawn[0].pixels)
    Image.fromarray(pixels).save(folder / "test" / "beetles" / "other.jpg", quality=95)
    dataset = load_folder(folder)
    same = found(dataset, "same picture across parts")
    assert same.severity == "serious"
    assert names(dataset, same) == [["test/beetles/other", drawn[0].full_name]]
    assert checks(dataset) == {"same picture across parts"}


def test_a_changed_copy_in_the_same_part_is_a_note(drawn):
    copy = made(drawn[0], name="copy", pixels=CHANGES[0](drawn[0].pixels))
    dataset = made_dataset(*drawn, copy)
    assert checks(dataset) == {"same picture within a part"}
    assert found(dataset, "same picture within a part").severity == "note"


def test_neighbouring_numbers_in_both_parts_are_found(drawn):
    siblings = [made(drawn[0], name="101"), made(drawn[4], name="103", split="test")]
    dataset = made_dataset(*siblings, *drawn[1:4], *drawn[5:])
    series = found(dataset, "series")
    assert names(dataset, series) == [["train/beetles/101", "test/beetles/103"]]
    assert series.figures["test_photos_with_siblings"] == 1
    assert not checks(apply_split(dataset, "by_series")) & {"series", "leak"}


def test_numbers_that_merely_count_are_mentioned(drawn):
    counted = [made(photo, name=str(i)) for i, photo in enumerate(drawn)]
    note = found(made_dataset(*counted), "numbers")
    assert note.severity == "note"
    assert "beetles, cockroach and dragonflies" in note.title
