"""Files that cannot be read, are no photos or show nothing are found."""

import json

import numpy as np
import pytest
from findings import checks, first, found, names
from made_photos import MadePhoto, made, made_dataset
from PIL import Image

from insects.datasets.folder import load_folder


def test_a_planted_broken_file_is_found_and_everything_else_goes_on(folder):
    broken = first(folder)
    broken.write_bytes(broken.read_bytes()[:400])
    dataset = load_folder(folder)
    unreadable = found(dataset, "unreadable")
    assert unreadable.severity == "serious"
    assert names(dataset, unreadable) == [[f"train/beetles/{broken.stem}"]]
    assert broken.name in unreadable.files[0]
    assert checks(dataset) == {"unreadable"}


def test_a_dataset_that_cannot_be_read_at_all_is_examined_too():
    photos = [
        MadePhoto(f"{label}-{i}", label, part, None)
        for label in ("beetles", "moths")
        for part in ("train", "test")
        for i in range(2)
    ]
    assert found(made_dataset(*photos), "unreadable").figures == {"photos": 8}


@pytest.mark.parametrize("name", [".DS_Store", "._0001.jpg", "notes.txt", "more/0001.jpg"])
def test_a_planted_file_that_is_no_photo_is_found(name, folder):
    path = folder / "train" / "beetles" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no photo")
    dataset = load_folder(folder)
    odd = found(dataset, "odd files")
    assert odd.files == (f"train/beetles/{name}",)
    assert odd.title == "1 file in the folders of the classes is no photo and not counted."
    assert "1,021" in odd.meaning
    assert checks(dataset) == {"odd files"}


def test_a_file_of_another_kind_than_its_name_says_is_found(folder):
    path = first(folder)
    Image.open(path).save(path.with_suffix(".png"))
    path.with_suffix(".png").rename(path)
    dataset = load_folder(folder)
    assert names(dataset, found(dataset, "other kind")) == [[f"train/beetles/{path.stem}"]]
    assert checks(dataset) == {"other kind"}


def test_what_was_left_out_of_an_archive_is_told(folder):
    left_out = [{"file": "bugs/film.mp4", "why": "no photo"}]
    (folder / "left-out.json").write_text(json.dumps(left_out))
    assert found(load_folder(folder), "left out").files == ("bugs/film.mp4: no photo",)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1]", '[{"file": "x"}]'])
def test_a_list_of_files_left_out_that_says_nothing_is_no_finding(text, folder):
    (folder / "left-out.json").write_text(text)
    assert checks(load_folder(folder)) == set()


def test_tiny_and_blank_photos_are_found(drawn):
    blank = MadePhoto("blank", "beetles", "train", np.full((200, 200, 3), 90, np.uint8))
    tiny = made(drawn[0], name="tiny", pixels=drawn[0].pixels[::4, ::4].copy())
    dataset = made_dataset(*drawn[1:], blank, tiny)
    finding = found(dataset, "tiny or blank")
    assert names(dataset, finding) == [["train/beetles/blank"], ["train/beetles/tiny"]]
    assert finding.figures == {"tiny": 1, "blank": 1}
