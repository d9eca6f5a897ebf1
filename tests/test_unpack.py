"""Zips from strangers: unpacked whole into photos made anew, or refused and nothing written."""

import contextlib
import io
import json
import os
import random
import shutil
import struct
import tempfile
import unicodedata
import warnings
import weakref
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from insects.datasets import load_dataset
from insects.datasets.unpack import SIDE, archive, unpack
from insects.datasets.unpack.archive import MAX_ARCHIVE_BYTES, MAX_LIST_BYTES
from insects.datasets.unpack.entries import MAX_FILE_BYTES
from insects.datasets.unpack.layout import MAX_PHOTOS
from insects.errors import DatasetError
from insects.photos import load_photo

CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"


def photo(seed=0, size=(40, 40), **options):
    """The bytes of a small JPEG; another seed makes another one."""
    pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


PHOTO = photo()
GOOD = {f"{name}/{i}.jpg": photo(i) for i, name in enumerate(("ants", "ants", "bees", "bees"))}


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """A zip of files by name; a name may be a ZipInfo, and stays as odd as it is."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are there twice
        for name, data in files.items() if isinstance(files, dict) else files:
            made.writestr(name if isinstance(name, zipfile.ZipInfo) else named(name, method), data)
    return file.getvalue()


def named(name, method=zipfile.ZIP_DEFLATED, **fields):
    """An entry; zipfile itself would cut its name at a zero byte."""
    info = zipfile.ZipInfo("x")
    info.filename, info.compress_type = name, method
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def patched(data, offset, form, value, which=0, mark=CENTRAL):
    """The zip with a field of an entry in its list of files changed."""
    place = -1
    for _ in range(which + 1):
        place = data.index(mark, place + 1)
    changed = bytearray(data)
    struct.pack_into(form, changed, place + offset, value)
    return bytes(changed)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for the target, among other files."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "neighbour").write_text("precious")
    (tmp_path / "etc").mkdir()
    return tmp_path / "place"


def everything(folder):
    """All that is in a folder, byte for byte."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def unpacked(place, data, on_progress=lambda *_: None):
    path = place.parent / "given.zip"
    path.write_bytes(data)
    return unpack(path, place / "mine", on_progress)


def refusal(place, data):
    """Why a zip is refused: one sentence, and nothing is written."""
    (place.parent / "given.zip").write_bytes(data)
    before = everything(place.parent)
    with pytest.raises(DatasetError) as caught:
        unpack(place.parent / "given.zip", place / "mine")
    assert everything(place.parent) == before
    text = str(caught.value)
    assert 10 < len(text) <= 300
    assert text.isprintable()
    assert text.endswith(".")
    assert "Traceback" not in text
    assert str(place.parent) not in text
    return text


# What is unpacked


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


# 200 hostile zips


def no_zip(rng, place):
    kinds = [b"", b"PK", PHOTO, rng.randbytes(500), b"Rar!\x1a\x07\0" + rng.randbytes(99)]
    return rng.choice([*kinds, b"<html>no zip</html>", END + bytes(17), END + b"\xff" * 18])


def truncated(rng, place):
    data = zipped(GOOD)
    return data[: rng.randrange(1, len(data) - 1)]


def with_wrong_checksum(rng, place):
    data = bytearray(zipped(GOOD, zipfile.ZIP_STORED))
    data[data.index(rng.choice(list(GOOD.values()))) + rng.randrange(100, 300)] ^= 1 << rng.choice(
        range(8)
    )
    return bytes(data)


def with_lying_sizes(rng, place):
    data, which = zipped(GOOD, rng.choice([0, 8])), rng.randrange(4)
    size = struct.unpack_from("<I", data, data.index(CENTRAL) + 24)[0]
    return patched(data, 24, "<I", size + rng.choice([-50, -1, 1, 50, 5000]), which)


def encrypted(rng, place):
    return patched(zipped(GOOD), 8, "<H", rng.choice([1, 0x41, 0x40]), rng.randrange(4))


def packed_by_another_method(rng, place):
    if rng.random() < 0.5:
        return zipped(GOOD, rng.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    return patched(zipped(GOOD), 10, "<H", rng.choice([1, 6, 9, 14, 93, 95, 97, 99]))


def with_absolute_paths(rng, place):
    root = rng.choice([f"{place}/", "/etc/", "//", "/", f"{place.parent}/etc/ants/"])
    return zipped({**GOOD, f"{root}evil.jpg": PHOTO})


def leading_outside(rng, place):
    kinds = ["../", "../../etc/", "ants/../", "ants/../../", "../mine/", "ants/./", "ants//"]
    return zipped({**GOOD, f"{rng.choice(kinds)}evil.jpg": PHOTO})


def named_as_on_windows(rng, place):
    kinds = ["ants\\", "..\\..\\", "C:\\", "c:/ants/", "\\\\server\\", "ants/..\\", "Z:"]
    return zipped({**GOOD, f"{rng.choice(kinds)}evil.jpg": PHOTO})


def with_control_characters(rng, place):
    odd = rng.choice(["\0", "\n", "\r", "\x1b[31m", "\x7f", "\x85", "\t"])
    name = rng.choice([f"ants/a{odd}.jpg", f"ants/a.jpg{odd}.txt", f"an{odd}ts/a.jpg", f"{odd}"])
    return zipped([*GOOD.items(), (named(name), PHOTO)])


def with_links_and_devices(rng, place):
    kind = rng.choice([0o120777, 0o020666, 0o060660, 0o010644, 0o140755])
    target = rng.choice(["/etc/passwd", "../neighbour", str(place)])
    name = rng.choice(["ants/link.jpg", "ants/link", "ants"])
    link = named(name, external_attr=kind << 16, create_system=3)
    return zipped([(link, target), *GOOD.items()])


def with_a_name_twice(rng, place):
    accented = {"ants/é.jpg": PHOTO}
    again = rng.choice(
        [
            [("ants/0.jpg", PHOTO)],
            [("ants/0.JPG", PHOTO)],
            [("Ants/0.jpg", PHOTO)],
            [*accented.items(), ("ants/e\u0301.jpg", PHOTO)],
            [*accented.items(), ("ants/É.jpg", PHOTO)],
            [("ants/strasse.jpg", PHOTO), ("ants/straße.jpg", PHOTO)],
            [("notes.txt", b"one"), ("notes.txt", b"two")],
        ]
    )
    return zipped([*GOOD.items(), *again])


def in_other_folders(rng, place):
    kinds = [
        {**GOOD, "ants/more/1.jpg": PHOTO},
        {**GOOD, "cover.jpg": PHOTO},
        {f"a/b/{name}": data for name, data in GOOD.items()},
        {f"a/b/train/{name}": data for name, data in GOOD.items()},
        {f"train/{name}": data for name, data in GOOD.items()} | GOOD,
        {f"{part}/{name}": PHOTO for part in ("train", "test", "val") for name in GOOD},
        {f"{part}/{i}.jpg": PHOTO for part in ("train", "test") for i in range(3)},
        {f"{i}.jpg": PHOTO for i in range(4)},
        {f"{part}/x/{name}": data for part in ("train", "test") for name, data in GOOD.items()},
    ]
    return zipped(rng.choice(kinds))


def with_too_many(rng, place):
    count = rng.choice([MAX_PHOTOS - 3, MAX_PHOTOS])
    ending = rng.choice(["jpg", "txt"])
    if rng.random() < 0.3:
        return zipped({**GOOD, **{f"{i}/": b"" for i in range(10_001)}}, zipfile.ZIP_STORED)
    return zipped({**GOOD, **{f"ants/x{i}.{ending}": b"" for i in range(count)}}, 0)


def with_too_much(rng, place):
    huge = rng.choice([MAX_FILE_BYTES + 1, 400_000_001, 2**32 - 2])
    if rng.random() < 0.5:
        return patched(zipped(GOOD), 24, "<I", huge, rng.randrange(4))
    data = zipped({f"{name}/{i}.jpg": PHOTO for name in "ab" for i in range(11)})
    for i in range(22):  # each is within its limit, all are not
        data = patched(data, 24, "<I", MAX_FILE_BYTES - rng.randrange(9), i)
        data = patched(data, 20, "<I", MAX_FILE_BYTES // 2, i)
    return data


def a_bomb(rng, place):
    zeros = bytes(rng.randrange(2_000_000, 5_000_000))
    name = rng.choice(["ants/bomb.jpg", "bomb.txt", "__MACOSX/bomb", "ants/.bomb.jpg"])
    return zipped({**GOOD, name: rng.choice([b"", PHOTO]) + zeros})


def with_overlapping_entries(rng, place):
    data = zipped(GOOD, rng.choice([0, 8]))
    one, other = rng.sample(range(4), 2)
    places = [data.index(name.encode()) - 30 for name in GOOD]
    return patched(data, 42, "<I", places[other] + rng.choice([0, 0, 7]), one)


def of_zips_and_other_files(rng, place):
    inner = rng.choice([zipped(GOOD), b"%PDF-1.7 no photo", b"MZ" + bytes(99), bytes(40)])
    return zipped({**GOOD, **{f"ants/x{i}.jpg": inner for i in range(rng.randrange(5, 9))}})


def with_long_names(rng, place):
    long = rng.choice(["x", "é", "昆", "../"]) * rng.randrange(151, 600)
    return zipped({**GOOD, rng.choice([f"ants/{long}.jpg", f"{long}/1.jpg", f"{long}.txt"]): PHOTO})


def with_odd_classes(rng, place):
    names = ["a\u202eb", "a\u200bb", "\ufeff", "\u2028", "a<b>", "a:b", "a|b", "a?", "a*", '"a"']
    name = rng.choice([*names, " a", "a ", "a.", "ANTS", "x" * 61])
    return zipped({**GOOD, **{f"{name}/{i}x.jpg": photo(i) for i in range(2)}})


def with_few_or_many_classes(rng, place):
    count = rng.choice([1, 21, 40])
    return zipped({f"class{i:02}/{k}.jpg": photo(k) for i in range(count) for k in range(2)})


def without_photos(rng, place):
    kinds = [{}, {"ants/": b"", "bees/": b""}, {"ants/a.txt": b"x", "bees/b.csv": b"y"}]
    hidden = {f"__MACOSX/{name}": data for name, data in GOOD.items()}
    return zipped(rng.choice([*kinds, hidden, {f".x/{k}": v for k, v in GOOD.items()}]))


def with_a_class_of_one(rng, place):
    few = rng.choice(
        [
            {"wasps/1.jpg": PHOTO},
            {"wasps/1.jpg": PHOTO, "wasps/2.jpg": b"no photo"},
            {"wasps/1.jpg": b"no photo"},
            {"wasps/1.jpg": PHOTO, "wasps/2.jpg": photo(size=(30, 30))},
            {"wasps/1.jpg": PHOTO, "wasps/2.jpg": photo(size=(1400, 40))},
        ]
    )
    return zipped({**GOOD, **few})


def with_nothing_to_learn_from(rng, place):
    name = rng.choice(["wasps", "moths", "flies"])
    files = {f"{part}/{path}": data for part in ("train", "test") for path, data in GOOD.items()}
    return zipped({**files, **{f"test/{name}/{i}.jpg": photo(i) for i in range(3)}})


def mostly_unreadable(rng, place):
    bad = [b"", b"no photo", PHOTO[:-300], photo(size=(20, 20)), rng.randbytes(900)]
    many = range(rng.randrange(5, 20))
    return zipped({**GOOD, **{f"bees/x{i}.jpg": rng.choice(bad) for i in many}})


KINDS = (
    no_zip,
    truncated,
    with_wrong_checksum,
    with_lying_sizes,
    encrypted,
    packed_by_another_method,
    with_absolute_paths,
    leading_outside,
    named_as_on_windows,
    with_control_characters,
    with_links_and_devices,
    with_a_name_twice,
    in_other_folders,
    with_too_many,
    with_too_much,
    a_bomb,
    with_overlapping_entries,
    of_zips_and_other_files,
    with_long_names,
    with_odd_classes,
    with_few_or_many_classes,
    without_photos,
    with_a_class_of_one,
    with_nothing_to_learn_from,
    mostly_unreadable,
)
VARIANTS = 8
HOSTILE = [(kind, variant) for kind in KINDS for variant in range(VARIANTS)]


def test_there_are_200_hostile_zips():
    assert len(HOSTILE) >= 200


@pytest.mark.parametrize(
    ("kind", "variant"), HOSTILE, ids=[f"{kind.__name__}-{n}" for kind, n in HOSTILE]
)
def test_200_hostile_zips_each_refused_in_one_sentence_nothing_written_outside(
    kind, variant, place
):
    refusal(place, kind(random.Random(f"{kind.__name__} {variant}"), place))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({**GOOD, "../evil.jpg": PHOTO}, "plain path"),
        ({**GOOD, "/evil.jpg": PHOTO}, "place on a disk"),
        ({**GOOD, "ants\\evil.jpg": PHOTO}, "where / is expected"),
        ({**GOOD, "ants/more/deep.jpg": PHOTO}, "ants/more/deep.jpg"),
        ({**GOOD, "cover.jpg": PHOTO}, "cover.jpg"),
        ({**GOOD, "wasps/1.jpg": PHOTO}, "wasps"),
        ({"ants/1.jpg": PHOTO, "ants/2.jpg": PHOTO}, "2 to 20 classes"),
        ({**GOOD, "ants/0.JPG": PHOTO}, "twice"),
        ({**GOOD, "Ants/x.jpg": PHOTO, "Ants/y.jpg": PHOTO}, "look the same"),
        ({**GOOD, "ants/bomb.jpg": bytes(3_000_000)}, "zip bomb"),
        ({}, "no photos"),
    ],
)
def test_a_refusal_says_what_is_wrong(place, files, words):
    assert words in refusal(place, zipped(files))


def test_a_zip_that_is_too_large_is_refused_before_it_is_read(place, monkeypatch):
    path = place.parent / "large.zip"
    with path.open("wb") as file:
        file.truncate(MAX_ARCHIVE_BYTES + 1)
    monkeypatch.setattr(archive, "ZipFile", None)
    with pytest.raises(DatasetError, match="larger than 100 MB"):
        unpack(path, place / "mine")


def test_a_list_of_files_that_is_too_long_is_never_read(place):
    size = MAX_LIST_BYTES + 1
    end = END + struct.pack("<HHHHIIH", 0, 0, 9, 9, size, 0, 0)
    assert "too long" in refusal(place, bytes(size) + end)


@pytest.mark.parametrize("given", ["nowhere.zip", "place"])
def test_what_is_no_file_is_refused(place, given):
    with pytest.raises(DatasetError, match="Expected a zip"):
        unpack(place.parent / given, place / "mine")


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda p: p.symlink_to("nowhere")])
def test_a_target_that_is_there_is_refused_and_left_alone(place, make):
    make(place / "mine")
    assert "already" in refusal(place, zipped(GOOD))


def test_a_target_in_no_folder_is_refused(place):
    path = place.parent / "given.zip"
    path.write_bytes(zipped(GOOD))
    with pytest.raises(DatasetError, match="no folder"):
        unpack(path, place / "a" / "b")


# What goes wrong on the way


def break_off(error):
    def at_the_third(stage, done, of):
        if done == 2:
            raise error

    return at_the_third


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError(), MemoryError()])
def test_an_unpacking_that_breaks_off_leaves_nothing(place, error):
    (place.parent / "given.zip").write_bytes(zipped(GOOD))
    before = everything(place.parent)
    with pytest.raises(type(error)):
        unpacked(place, zipped(GOOD), break_off(error))
    assert everything(place.parent) == before


def test_a_full_disk_is_said_in_one_sentence_and_leaves_nothing(place):
    full = OSError(28, "No space left on device", str(place / "mine"))
    (place.parent / "given.zip").write_bytes(zipped(GOOD))
    before = everything(place.parent)
    with pytest.raises(DatasetError, match=r"^The zip's photos .*: No space left on device\.$"):
        unpacked(place, zipped(GOOD), break_off(full))
    assert everything(place.parent) == before


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


MIXED = zipped({**GOOD, "README.txt": b"hello"})
STORED = zipped({**GOOD, "bees/more.jpg": photo(9)}, zipfile.ZIP_STORED)


@settings(max_examples=300)
@given(st.data())
def test_a_zip_with_changed_or_missing_bytes_is_refused_or_unpacked_whole(data):
    whole = data.draw(st.sampled_from([MIXED, STORED]))
    changed = bytearray(whole)
    places = st.integers(0, len(whole) - 1)
    late = st.integers(whole.index(CENTRAL), len(whole) - 1)  # where the list of files is
    if data.draw(st.booleans()):
        for where in data.draw(st.lists(places | late, min_size=1, max_size=4)):
            changed[where] = data.draw(st.integers(0, 255))
    else:
        start, length = data.draw(places | late), data.draw(st.integers(1, 200))
        del changed[start : start + length]
    with tempfile.TemporaryDirectory() as folder:
        around = Path(folder)
        (around / "place").mkdir()
        (around / "given.zip").write_bytes(changed)
        before = everything(around)
        with contextlib.suppress(DatasetError):
            made = unpack(around / "given.zip", around / "place" / "mine")
            assert made.photos + len(made.left_out) == 5
            shutil.rmtree(made.folder)
        assert everything(around) == before
