"""A visitor's dataset that was removed: nothing that is made of its photos brings it back."""

from functools import partial

import pytest
from made_photos import drawn_photos
from PIL import Image

from insects.__main__ import main
from insects.datasets import folds, load_dataset, series, uploads
from insects.datasets.folds import find_folds
from insects.datasets.health import Report
from insects.datasets.looks import look
from insects.datasets.series import find_series
from insects.datasets.thumbnails import thumbnail
from insects.errors import DatasetError, SettingsError
from insects.training.squares import load_squares
from insects.ui import datasets
from insects.ui.workers import Worker

ME = "a" * 32


@pytest.fixture
def garden(tmp_path, monkeypatch):
    """A visitor's dataset, whose photos have been looked at for their contents alone."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    path = uploads.new_dataset_path(ME, "garden")
    for photo in drawn_photos(per_class=5):
        (path / photo.label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo.pixels).save(path / photo.label / f"{photo.name}.png")
    (path / uploads.LEFT_OUT).write_text("[]")
    dataset = load_dataset(path)
    assert dataset.fingerprint
    return dataset


def remove(dataset, *_):
    uploads.remove(dataset.name, ME)


def remove_at_the_end(dataset, stage, done, of):
    if done == of:
        remove(dataset)


def squares(dataset, on_progress=lambda *_: None):
    return load_squares(dataset, dataset.photos, 16, on_progress)


@pytest.mark.parametrize("make", [look, find_series, find_folds, squares], ids=lambda f: f.__name__)
def test_what_is_kept_of_photos_lies_in_their_folder_while_it_is_there(garden, make):
    make(garden, 2) if make is find_folds else make(garden)
    assert list(garden.folder.joinpath(".kept").rglob("*.*"))


@pytest.mark.parametrize("make", [look, squares], ids=lambda f: f.__name__)
def test_photos_that_go_while_they_are_read_stay_gone(garden, make):
    with pytest.raises(DatasetError, match="removed meanwhile"):
        make(garden, partial(remove_at_the_end, garden))
    assert not garden.folder.exists()


@pytest.mark.parametrize(
    ("module", "make"), [(series, find_series), (folds, partial(find_folds, k=2))]
)
def test_photos_that_go_while_series_and_folds_are_found_stay_gone(
    garden, module, make, monkeypatch
):
    real = module._find

    def find_and_remove(*arguments):
        found = real(*arguments)
        remove(garden)
        return found

    find_series(garden) if module is folds else look(garden)
    monkeypatch.setattr(module, "_find", find_and_remove)
    with pytest.raises(DatasetError, match="removed meanwhile"):
        make(garden)
    assert not garden.folder.exists()


def test_a_thumbnail_of_a_removed_photo_is_shown_and_not_kept(garden):
    remove(garden)
    folder = uploads.kept_with(garden.folder) / "thumbnails"
    assert thumbnail(garden.photos[0], folder)[8:12] == b"WEBP"
    assert not garden.folder.exists()


def test_a_thumbnail_for_which_the_disk_has_no_room_is_shown(garden, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("insects.datasets.thumbnails.write_atomically", refuse)
    assert thumbnail(garden.photos[0], garden.folder / ".kept")[8:12] == b"WEBP"


def test_a_report_on_photos_that_went_meanwhile_is_shown_and_not_kept(garden, monkeypatch):
    report = Report(garden.name, "published", garden.fingerprint, "garden", {}, (), (), {}, {})
    worker = Worker([])
    worker.state, worker.result = "done", report.to_dict()
    monkeypatch.setattr(datasets.workers(), "start", lambda *_: worker)
    remove(garden)
    assert datasets.report(garden) == report
    assert not garden.folder.exists()


def test_a_dataset_that_is_still_in_memory_is_gone_when_its_folder_is(garden):
    assert datasets.dataset(garden.name).fingerprint == garden.fingerprint
    remove(garden)
    with pytest.raises(DatasetError, match="not on this server any more"):
        datasets.dataset(garden.name)


def test_that_photos_were_removed_is_said_without_their_path(garden, capfd):
    remove(garden)
    with pytest.raises(SettingsError, match=r"^These photos have been removed\.$"):
        load_dataset(garden.name)
    assert main(["data", "health", garden.name]) == 2
    assert capfd.readouterr().err == "error: These photos have been removed.\n"


def test_what_is_kept_of_photos_of_nobody_in_particular_gets_its_folder(tmp_path):
    file = tmp_path / "new" / "folder" / "file"
    with uploads.keeping(file):
        file.touch()
    with pytest.raises(FileNotFoundError), uploads.keeping(file):
        (tmp_path / "nowhere").read_text()
