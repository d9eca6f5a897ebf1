"""Small pictures: made once, kept on disk, never many."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from insects.datasets import load_dataset
from insects.datasets.folder import FilePhoto
from insects.datasets.thumbnails import BROKEN, SIDE, remove_oldest, rim, thumbnail


@pytest.fixture
def photo():
    return load_dataset("drawn").photos[0]


def opened(data):
    return Image.open(io.BytesIO(data))


def test_a_thumbnail_is_a_small_square_webp(photo, tmp_path):
    image = opened(thumbnail(photo, tmp_path))
    assert image.format == "WEBP"
    assert image.size == (SIDE, SIDE)


def test_a_thumbnail_shows_the_photo(photo, tmp_path):
    small = np.asarray(opened(thumbnail(photo, tmp_path)).convert("RGB"), float)
    expected = np.asarray(Image.fromarray(photo.load()).resize((SIDE, SIDE)), float)
    assert np.abs(small - expected).mean() < 6


def test_the_second_time_the_photo_is_not_loaded(photo, tmp_path, monkeypatch):
    first = thumbnail(photo, tmp_path)
    monkeypatch.setattr(type(photo), "load", None)
    assert thumbnail(photo, tmp_path) == first


def test_of_a_wide_photo_the_middle_is_shown(tmp_path):
    wide = np.zeros((60, 240, 3), np.uint8)
    wide[:, 90:150] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    small = np.asarray(opened(thumbnail(FilePhoto(tmp_path / "wide.png", "a", "train"), tmp_path)))
    assert small.mean() > 240


def test_of_a_rim_alone_the_middle_is_hidden(photo):
    shown = np.asarray(opened(rim(photo, 0.25)).convert("RGB"), int)
    assert shown[SIDE // 2 - 10 : SIDE // 2 + 10, SIDE // 2 - 10 : SIDE // 2 + 10].min() > 250
    expected = np.asarray(Image.fromarray(photo.load()).resize((SIDE, SIDE)), int)
    assert np.abs(shown - expected)[:20].mean() < 8


def test_a_photo_that_cannot_be_read_gets_a_grey_square(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"not a photo")
    data = thumbnail(FilePhoto(tmp_path / "broken.jpg", "a", "train"), tmp_path)
    assert np.abs(np.asarray(opened(data).convert("RGB"), int) - BROKEN).max() <= 2


def test_a_photo_whose_content_changes_gets_another_thumbnail(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 64), "black").save(path)
    before = thumbnail(FilePhoto(path, "a", "train"), tmp_path)
    Image.new("RGB", (64, 64), "white").save(path)
    assert thumbnail(FilePhoto(path, "a", "train"), tmp_path) != before


def test_the_oldest_are_removed_where_there_are_too_many(tmp_path):
    photos = load_dataset("drawn").photos[:4]
    for age, photo in enumerate(photos):
        thumbnail(photo, tmp_path)
        (path,) = tmp_path.rglob(f"{photo.content_hash}.webp")
        os.utime(path, (1000 - age, 1000 - age))
    remove_oldest(tmp_path, kept=2)
    left = {path.stem for path in tmp_path.rglob("*.webp")}
    assert left == {photo.content_hash for photo in photos[:2]}


def test_two_servers_can_remove_the_oldest_at_once(tmp_path, monkeypatch):
    for photo in load_dataset("drawn").photos[:3]:
        thumbnail(photo, tmp_path)
    gone, *left = sorted(tmp_path.glob("*/*.webp"))
    real = type(gone).glob

    def glob_and_lose_one(folder, pattern):
        found = list(real(folder, pattern))
        gone.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(type(gone), "glob", glob_and_lose_one)
    remove_oldest(tmp_path, kept=1)
    assert sum(path.exists() for path in left) == 1
