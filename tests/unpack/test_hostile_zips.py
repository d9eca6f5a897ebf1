"""Hostile zips: each refused in one sentence, and nothing written."""

import random
import struct
import zipfile
from pathlib import Path

import pytest
from zips import CENTRAL, GOOD, PHOTO, everything, named, patched, photo, zipped

from insects.datasets.unpack import archive, unpack
from insects.datasets.unpack.archive import MAX_ARCHIVE_BYTES
from insects.datasets.unpack.entries import MAX_FILE_BYTES
from insects.datasets.unpack.layout import MAX_PHOTOS
from insects.errors import DatasetError

END = b"PK\x05\x06"


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
    monkeypatch.setattr(archive, "open_zip", None)
    with pytest.raises(DatasetError, match="larger than 100 MB"):
        unpack(path, place / "mine")


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
