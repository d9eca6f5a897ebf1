"""Photos from elsewhere: which are found, and which part they belong to."""

import csv

import numpy as np
import pytest
from PIL import Image

from insects.elsewhere import (
    CHOOSING,
    OTHER,
    PARTS,
    REPORTING,
    photos_elsewhere,
    sources_to_choose_with,
)
from insects.errors import DatasetError, SettingsError

CLASSES = ("ants", "bees")
ONE_TO_CHOOSE = "NERC-CEH/irecord-dragonflies-app"


@pytest.fixture
def folder(tmp_path):
    """Two photos of each class and of others: the first to choose with, the second to report on."""
    rows = []
    for label in (*CLASSES, OTHER, "rocks"):
        (tmp_path / label).mkdir()
        for i, source in enumerate((ONE_TO_CHOOSE, "somebody/else")):
            pixels = np.full((40, 40, 3), 60 * i, np.uint8)
            Image.fromarray(pixels).save(tmp_path / label / f"{i}.png")
            rows.append((f"{label}/{i}.png", label, "", source))
    write_sources(tmp_path, rows)
    return tmp_path


def write_sources(folder, rows, header=("file", "class", "subclass", "source")):
    with (folder / "SOURCES.tsv").open("w", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([header, *rows])


def names(photos):
    return [f"{photo.label}/{photo.path.name}" for photo in photos]


def test_the_classes_come_first_then_others_and_no_further_folder(folder):
    found = photos_elsewhere(folder, CLASSES)
    assert names(found) == [f"{label}/{i}.png" for label in (*CLASSES, OTHER) for i in (0, 1)]


def test_the_parts_are_by_source_and_together_all(folder):
    parts = {part: names(photos_elsewhere(folder, CLASSES, part)) for part in PARTS}
    assert parts[CHOOSING] == ["ants/0.png", "bees/0.png", "other/0.png"]
    assert parts[REPORTING] == ["ants/1.png", "bees/1.png", "other/1.png"]
    assert sorted(parts[CHOOSING] + parts[REPORTING]) == sorted(parts["all"])


def test_the_sources_to_choose_with_are_those_that_were_fixed():
    assert sources_to_choose_with() == {
        "YuKiAndrew/Pest_Control",
        "NERC-CEH/irecord-dragonflies-app",
        "AJV009/hytech",
        "ReferenceOrg/referenceorg.github.io",
    }


def test_a_class_called_other_is_a_class_and_there_once(folder):
    assert names(photos_elsewhere(folder, ("ants", OTHER))) == [
        f"{label}/{i}.png" for label in ("ants", OTHER) for i in (0, 1)
    ]


def test_all_photos_need_no_table_of_sources_and_a_part_does(folder):
    (folder / "SOURCES.tsv").unlink()
    assert len(photos_elsewhere(folder, CLASSES)) == 6
    for part in (CHOOSING, REPORTING):
        with pytest.raises(DatasetError, match=r"Expected .*SOURCES\.tsv"):
            photos_elsewhere(folder, CLASSES, part)


def test_a_photo_without_a_source_belongs_to_no_part_and_is_named(folder):
    write_sources(folder, [("ants/0.png", "ants", "", ONE_TO_CHOOSE)])
    with pytest.raises(DatasetError, match=r"does not say where ants/1\.png is from"):
        photos_elsewhere(folder, CLASSES, CHOOSING)


@pytest.mark.parametrize(
    "content", [b"", b"name\torigin\nants/0.png\tx\n", b"file\tsource\n\xff\xfe"]
)
def test_a_table_that_cannot_be_read_is_refused(folder, content):
    (folder / "SOURCES.tsv").write_bytes(content)
    with pytest.raises(DatasetError, match=r"SOURCES\.tsv"):
        photos_elsewhere(folder, CLASSES, REPORTING)


def test_no_photo_of_a_class_is_an_error_even_with_others(folder):
    with pytest.raises(DatasetError, match="Expected folders named wasps"):
        photos_elsewhere(folder, ("wasps",))
    only_others = [(f"other/{i}.png", "", "", ONE_TO_CHOOSE) for i in (0, 1)]
    write_sources(folder, [*only_others, *((f"bees/{i}.png", "", "", "x") for i in (0, 1))])
    with pytest.raises(DatasetError, match="with photos to be used for choosing"):
        photos_elsewhere(folder, ("bees",), CHOOSING)


def test_there_is_no_other_part(folder):
    with pytest.raises(SettingsError, match="all, choosing, reporting"):
        photos_elsewhere(folder, CLASSES, "training")
