"""What a zip from a stranger becomes: a dataset of photos made anew, and a list of the rest."""

import io
import json
import os
import unicodedata
import weakref

import numpy as np
import pytest
from PIL import Image
from zips import CENTRAL, GOOD, PHOTO, patched, photo, unpacked, zipped

from insects.datasets import load_dataset
from insects.datasets.unpack import SIDE
from insects.photos import load_photo


def test_a_zip_of_classes_becomes_a_dataset(place):
    made = unpacked(place, zipped(GOOD))
    assert made.folder == place / "mine"
    assert made.class_names == ("ants", "bees")
    assert (made.photos, made.left_out) == (4, ())
    dataset = load_dataset(made.folder)
    assert dataset.class_names == ("ants", "bees")
    assert len(dataset.part("train")) == len(dataset.part("test")) == 2


@pytest.mark.parametrize("top", ["", "my photos/", "./", "./a/"])
@pytest.mark.parametrize("parts", [("train", "test"), ("Train", "TEST")])
def test_a_zip_of_parts_keeps_them_whatever_folder_is_around_it(place, top, parts):
    files = {
        f"{top}{part}/{name}/{i}.jpg": photo(i) for part in parts for i, name in enumerate("aabb")
    }
    made = unpacked(place, zipped(files))
    assert sorted(path.name for path in made.folder.iterdir()) == ["left-out.json", "test", "train"]
    assert len(load_dataset(made.folder).part("test")) == 4


def test_what_is_told_can_be_read_by_programs_and_by_people(place):
    made = unpacked(place, zipped({**GOOD, "ants/broken.jpg": b"no photo"}))
    told = json.loads(json.dumps(made.to_dict()))
    assert told["folder"] == str(place / "mine")
    assert (told["class_names"], told["photos"]) == (["ants", "bees"], 4)
    assert told["sentence"] == made.sentence == "Unpacked 4 photos of 2 classes; 1 file left out."
    assert [left["file"] for left in told["left_out"]] == ["ants/broken.jpg"]


def test_what_is_no_photo_is_left_out_and_listed_with_why(place):
    others = {
        "README.md": b"hello",
        "ants/notes.txt": b"hello",
        "ants/inner.zip": zipped(GOOD),
        "ants/.hidden.jpg": PHOTO,
        "ants/Thumbs.db": b"",
        "__MACOSX/ants/._0.jpg": b"",
        ".git/config": b"",
        "bees/broken.jpg": b"no photo",
    }
    made = unpacked(place, zipped({"ants/": b"", **GOOD, **others}))
    assert {file for file, _ in made.left_out} == set(others)
    assert made.left_out[0][0] == "bees/broken.jpg"
    assert all(why for _, why in made.left_out)
    kept = json.loads((made.folder / "left-out.json").read_text())
    assert kept == made.to_dict()["left_out"]
    assert len([path for path in made.folder.rglob("*") if path.is_file()]) == 4 + 1


def test_stored_photos_are_small_jpegs_without_what_was_hidden_in_the_files(place):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    comment = b"the secret of the photographer"
    large = photo(size=(900, 300), exif=exif, comment=comment)
    made = unpacked(place, zipped({**GOOD, "ants/large.jpg": large + comment}))
    data = (made.folder / "ants" / "large.jpg").read_bytes()
    assert comment not in data
    with Image.open(io.BytesIO(data)) as stored:
        assert (stored.format, len(stored.getexif())) == ("JPEG", 0)
        assert max(stored.size) == SIDE
        assert stored.height > stored.width
    before, after = (
        np.asarray(Image.fromarray(load_photo(some)).resize((8, 24)), int) for some in (large, data)
    )
    assert abs(after - before).max() < 9


def test_equal_files_stay_equal_and_the_same_zip_gives_the_same_dataset(place):
    data = zipped({**GOOD, "ants/copy.jpg": GOOD["ants/0.jpg"]})
    first = load_dataset(unpacked(place, data).folder)
    assert len({p.content_hash for p in first.photos}) == 4
    (place / "mine").rename(place / "other")
    assert load_dataset(unpacked(place, data).folder).fingerprint == first.fingerprint


def test_photos_of_other_formats_and_odd_names_get_plain_and_different_names(place):
    names = ["a.PNG", "a.webp", "A.bmp", "Käfer #1.tiff", "昆虫.gif", "..jpg.png", "-rf.jpg"]
    files = {}
    for i, name in enumerate(names):
        file = io.BytesIO()
        image = Image.open(io.BytesIO(photo(i + 10)))
        image.save(file, Image.registered_extensions()[os.path.splitext(name)[1].lower()])
        files[f"ants/{name}"] = file.getvalue()
    made = unpacked(place, zipped({**GOOD, **files}))
    stored = sorted(path.name for path in (made.folder / "ants").iterdir())
    hidden = ["..jpg.png"]
    assert len(stored) == 2 + len(names) - len(hidden)
    assert len({name.casefold() for name in stored}) == len(stored)
    assert all(name.isascii() and name.endswith(".jpg") and name[0].isalnum() for name in stored)
    assert {"A.jpg", "a-2.jpg", "a-3.jpg", "Kafer-1.jpg", "photo.jpg", "rf.jpg"} <= set(stored)


def test_classes_have_names_in_any_language(place):
    names = ("Käfer", "昆虫")
    files = {f"{name}/{i}.jpg": photo(i) for name in names for i in range(2)}
    decomposed = {unicodedata.normalize("NFD", name): data for name, data in files.items()}
    assert unpacked(place, zipped(decomposed)).class_names == names


def test_names_in_utf_8_are_understood_where_a_zip_does_not_say_that_they_are(place):
    files = {f"{name}/{i}.jpg": photo(i) for name in ("Käfer", "ants") for i in range(2)}
    data = zipped(files)
    for mark, offset in ((CENTRAL, 8), (b"PK\x03\x04", 6)):
        for i, name in enumerate(files):
            if not name.isascii():
                data = patched(data, offset, "<H", 0, i, mark)
    assert unpacked(place, data).class_names == ("Käfer", "ants")


def test_progress_is_told_from_the_first_photo_to_the_last(place):
    told = []
    unpacked(place, zipped(GOOD), lambda *step: told.append(step))
    assert told == [("checking photos", i, 4) for i in range(5)]


def test_a_visitors_dataset_is_nobody_elses_to_read(place):
    made = unpacked(place, zipped(GOOD))
    assert made.folder.stat().st_mode & 0o077 == 0


def test_at_most_one_photo_is_in_memory(place, monkeypatch):
    """Whoever keeps what he has read would hold 400 MB at the end."""
    seen = []

    class Pixels(np.ndarray):
        """An array that can be watched."""

    def watched(data):
        pixels = load_photo(data).view(Pixels)
        assert sum(reference() is not None for reference in seen) <= 1
        seen.append(weakref.ref(pixels))
        return pixels

    monkeypatch.setattr("insects.datasets.unpack.load_photo", watched)
    made = unpacked(place, zipped({f"{name}/{i}.jpg": PHOTO for name in "ab" for i in range(5)}))
    assert made.photos == len(seen) == 10
