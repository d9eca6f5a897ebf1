"""The Train page on a server that nobody has visited, where no training is ever started."""

import shutil

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from train_view import ME

from insects.datasets import load_dataset, uploads
from insects.training import launch
from insects.ui import datasets


@pytest.fixture(autouse=True)
def new_server(monkeypatch):
    """Start each test with a server that nobody has visited, and without the published photos."""
    monkeypatch.delenv("INSECTS_PHOTOS", raising=False)
    datasets._dataset.clear()


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The runs for which a process would have been started; none is."""
    runs = []
    monkeypatch.setattr(launch, "_spawn", runs.append)
    return runs


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page for a visitor, or another one."""

    def open_one(visitor=ME, **session) -> AppTest:
        return open_page("train", visitor=visitor, **session)

    return open_one


@pytest.fixture
def garden():
    """A visitor's own photos of two classes; one of the two test photos is a training photo too."""
    path = uploads.new_dataset_path(ME, "garden")
    photos = iter(load_dataset("drawn", seed=9).photos)
    for part in ("train", "test"):
        for label in ("ants", "bees"):
            (path / part / label).mkdir(parents=True)
            Image.fromarray(next(photos).load()).save(path / part / label / "0.png")
    shutil.copy(path / "train" / "ants" / "0.png", path / "test" / "ants" / "0.png")
    (path / uploads.LEFT_OUT).write_text("[]")
    yield str(path)
    shutil.rmtree(path, ignore_errors=True)
