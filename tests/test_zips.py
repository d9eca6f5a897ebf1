"""Zips whose list of files is long, damaged or lies: refused by every reader before it costs."""

import io
import tempfile
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insects import bundle_checks
from insects.datasets.fetch import archive as fetched
from insects.datasets.unpack import archive as unpacked
from insects.errors import DatasetError, RunError
from insects.zips import MAX_LIST_BYTES, ZipError, open_zip, read_member

ENTRY = b"PK\1\2" + bytes(42)
FILES = {"a.txt": b"one" * 50, "b/c.txt": b"two", "b/d.txt": b""}
MEGABYTES = 10_000_000


def listed(number, said=0xFFFF, size=None):
    """A zip that is nothing but a list of so many empty entries."""
    size = (len(ENTRY) * number if size is None else size).to_bytes(4, "little")
    return ENTRY * number + b"PK\5\6" + bytes(4) + said.to_bytes(2, "little") * 2 + size + bytes(6)


def zipped(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"a comment"
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


WHOLE = zipped(FILES)


def read(path, most=3):
    with open_zip(path, most) as archive:
        return {info.filename: read_member(archive, info) for info in archive.infolist()}


def read_photos(path):
    with unpacked.open_archive(path):
        pass


def read_published(path):
    path.rename(path.with_name("archive.zip"))
    fetched.unpack(path.parent, {"a.jpg": "0"}, 1000, lambda *_: None)


READERS = {
    "a visitor's photos": (read_photos, DatasetError),
    "the articles' photos": (read_published, DatasetError),
    "a run": (bundle_checks.checked_members, RunError),
}


@pytest.mark.parametrize("number", [20_000, 85_000, 200_000])
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_reader_makes_an_object_of_each_of_many_entries(reader, number, tmp_path):
    function, error = reader
    path = tmp_path / "long.zip"
    path.write_bytes(listed(number))
    tracemalloc.start()
    try:
        with pytest.raises(error, match="far too long"):
            function(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < MEGABYTES


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_no_reader_believes_in_a_list_of_gigabytes(reader, tmp_path):
    function, error = reader
    path = tmp_path / "long.zip"
    path.write_bytes(bytes(MAX_LIST_BYTES) + listed(9, size=MAX_LIST_BYTES + 1))
    with pytest.raises(error, match="far too long"):
        function(path)


@given(st.integers(0, 300))
def test_as_many_entries_are_read_as_are_allowed(number):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "long.zip")
        path.write_bytes(listed(number, said=number))
        with open_zip(path, number) as archive:
            assert len(archive.infolist()) == number
        if number:
            with pytest.raises(ZipError, match="far too long"), open_zip(path, number - 1):
                pass


def test_a_zip_that_says_another_number_of_entries_than_it_lists_is_refused(tmp_path):
    path = tmp_path / "lie.zip"
    path.write_bytes(listed(5, said=4))
    with pytest.raises(ZipError, match="no zip"), open_zip(path, 10):
        pass


def test_a_whole_zip_is_read(tmp_path):
    path = tmp_path / "whole.zip"
    path.write_bytes(WHOLE)
    assert read(path) == FILES


@settings(max_examples=500)
@given(
    changes=st.dictionaries(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)),
    length=st.one_of(st.just(len(WHOLE)), st.integers(0, len(WHOLE))),
)
def test_a_zip_with_any_bytes_changed_is_read_or_refused(changes, length):
    data = bytearray(WHOLE)
    for place, byte in changes.items():
        data[place] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "changed.zip")
        path.write_bytes(data[:length])
        with suppress(ZipError):
            found = read(path)
            assert all(content in FILES.values() for content in found.values())
