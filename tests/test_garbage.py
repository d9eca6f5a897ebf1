"""Libraries are spared from garbage collection, and what visitors leave behind is not."""

import gc
import weakref
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from insects.ui import datasets, garbage

APP = Path(__file__).parents[1] / "streamlit_app.py"


class Left:
    """Something that refers to itself, so that only the garbage collector removes it."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def nothing_spared(monkeypatch):
    monkeypatch.setattr(garbage, "_loaded", 0)
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_after_a_run_of_the_app_its_libraries_are_spared(monkeypatch):
    monkeypatch.setattr(datasets, "caretaker", lambda: None)  # it spares too, in a thread
    AppTest.from_file(APP, default_timeout=600).run()
    assert gc.get_freeze_count() > 50_000


def test_where_no_more_was_loaded_nothing_more_is_spared():
    garbage.spare_libraries()
    gc.unfreeze()
    garbage.spare_libraries()
    assert gc.get_freeze_count() == 0


def test_what_a_visitor_leaves_is_removed_as_ever():
    garbage.spare()
    left = weakref.ref(Left())
    gc.collect()
    assert left() is None


def test_what_was_in_use_when_it_was_spared_goes_with_the_next_time():
    in_use = Left()
    left = weakref.ref(in_use)
    garbage.spare()
    del in_use
    garbage.spare()
    assert left() is None
