"""Drawn photos with nothing wrong about them, in memory and in files."""

import pytest
from made_photos import drawn_photos
from PIL import Image


@pytest.fixture(scope="module")
def drawn():
    """Twelve drawn photos of each class."""
    return drawn_photos(12)


@pytest.fixture
def folder(tmp_path, drawn):
    """The same in files, for training and for testing."""
    for photo in drawn:
        path = tmp_path / photo.split / photo.label / f"{photo.name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo.pixels).save(path, quality=95)
    return tmp_path
