"""An unpacking that breaks off or meets changed bytes: whole, or as if it had never been."""

import contextlib
import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zips import CENTRAL, GOOD, everything, photo, unpacked, zipped

from insects.datasets import uploads
from insects.datasets.unpack import unpack
from insects.errors import DatasetError


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


def test_a_visitors_zip_for_which_trainings_leave_no_room_is_refused(place, monkeypatch):
    target = uploads.new_dataset_path("a" * 32, "garden")
    (place.parent / "given.zip").write_bytes(zipped(GOOD))
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 100)
    with pytest.raises(DatasetError, match="no room for these photos now"):
        unpack(place.parent / "given.zip", target)
    assert list(target.parent.iterdir()) == []
