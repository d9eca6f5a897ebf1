"""Datasets and splits: what is counted, what is left out, and what tells two datasets apart."""

import hashlib
import shutil
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from insects.datasets import Dataset, Photo, default_dataset, load_dataset
from insects.datasets.folder import photo_files
from insects.datasets.published import CLASS_NAMES, photos_folder
from insects.datasets.splits import apply_split
from insects.errors import DatasetError, PhotoError, SettingsError


@dataclass(frozen=True)
class MadePhoto(Photo):
    """A photo of one colour, for which nothing is read."""

    name: str
    label: str
    split: str
    colour: int = 0

    def load(self):
        return np.full((40, 40, 3), self.colour, np.uint8)

    @property
    def content_hash(self):
        return hashlib.sha256(bytes([self.colour])).hexdigest()


def made_dataset(*photos):
    return Dataset("made", CLASS_NAMES, photos)


def write_photo(path, colour):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 40), (colour, 90, 90)).save(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A published folder in small: three photos a class to train on, one of them also to test."""
    for number, label in enumerate(CLASS_NAMES):
        for i in range(3):
            write_photo(tmp_path / "train" / label / f"{10 * number + i}.jpg", 40 * i + number)
        copied = (tmp_path / "train" / label / f"{10 * number}.jpg").read_bytes()
        (tmp_path / "test" / label).mkdir(parents=True)
        (tmp_path / "test" / label / f"{10 * number}.jpg").write_bytes(copied)
    monkeypatch.setenv("INSECTS_PHOTOS", str(tmp_path))
    return tmp_path


# As published


def test_the_real_photos_are_1019_to_train_and_180_to_test_on(real_photos):
    dataset = load_dataset("published")
    assert len(dataset.part("train")) == 1019
    assert len(dataset.part("test")) == 180


def test_839_of_the_real_training_photos_are_not_test_photos_too(real_photos):
    dataset = apply_split(load_dataset("published"), "deduplicated")
    assert len(dataset.part("train")) == 839
    assert len(dataset.part("test")) == 180
    in_train = {photo.content_hash for photo in dataset.part("train")}
    assert not in_train & {photo.content_hash for photo in dataset.part("test")}


def test_the_photos_of_a_folder_have_the_labels_and_parts_of_their_folders(folder):
    dataset = load_dataset("published")
    assert dataset.class_names == CLASS_NAMES
    found = [(photo.split, photo.label, photo.name) for photo in dataset.photos]
    assert ("train", "cockroach", "11") in found
    assert ("test", "dragonflies", "20") in found
    assert len(found) == 12


def test_each_photo_names_the_page_that_credits_its_photographer(folder):
    photo = load_dataset("published").part("test")[0]
    assert photo.source.startswith("https://")
    assert photo.source.endswith(f"={photo.name}")


def test_a_photo_of_a_folder_loads_and_knows_no_mask(folder):
    photo = load_dataset("published").photos[0]
    assert photo.load().shape == (40, 40, 3)
    assert photo.mask() is None


def test_hidden_files_and_folders_are_no_photos(folder):
    for name in (".DS_Store", "._0.jpg", ".gitkeep"):
        (folder / "train" / "beetles" / name).write_bytes(b"not a photo")
    (folder / "train" / "beetles" / "more").mkdir()
    assert len(load_dataset("published").photos) == 12


def test_files_come_in_the_order_of_their_names(folder):
    for name in ("b", "a", "c"):
        write_photo(folder / "other" / f"{name}.jpg", 3)
    assert [path.stem for path in photo_files(folder / "other")] == ["a", "b", "c"]


def test_a_damaged_file_is_found_when_it_is_loaded(folder):
    (folder / "train" / "beetles" / "0.jpg").write_bytes(b"not a photo")
    with pytest.raises(PhotoError):
        load_dataset("published").photos[0].load()


# Where the published photos are found


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and an environment that names no folder of photos."""
    monkeypatch.delenv("INSECTS_PHOTOS", raising=False)
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("value", [None, "", "/no/such/folder"])
def test_without_the_folder_of_photos_the_error_says_what_to_set(value, cache, monkeypatch):
    if value is not None:
        monkeypatch.setenv("INSECTS_PHOTOS", value)
    with pytest.raises(DatasetError, match="INSECTS_PHOTOS") as caught:
        load_dataset("published")
    assert "python -m insects data fetch" in str(caught.value)
    assert "drawn" in str(caught.value)


def test_photos_that_were_fetched_are_found_in_the_cache(folder, cache):
    (cache / "published").mkdir(parents=True)
    for part in ("train", "test"):
        shutil.move(folder / part, cache / "published" / part)
    assert photos_folder() == cache / "published"
    assert default_dataset() == "published"
    assert load_dataset("published").folder == cache / "published"


def test_the_folder_that_the_environment_names_comes_before_the_cache(folder, cache, monkeypatch):
    (cache / "published").mkdir(parents=True)
    monkeypatch.setenv("INSECTS_PHOTOS", str(folder))
    assert photos_folder() == folder


def test_a_named_folder_that_is_not_there_is_said_and_not_replaced_by_the_cache(cache, monkeypatch):
    (cache / "published").mkdir(parents=True)
    monkeypatch.setenv("INSECTS_PHOTOS", "/no/such/folder")
    assert photos_folder() is None
    with pytest.raises(DatasetError, match="INSECTS_PHOTOS names /no/such/folder"):
        load_dataset("published")


def test_without_photos_the_default_dataset_is_the_drawn_one(cache):
    assert photos_folder() is None
    assert default_dataset() == "drawn"


def test_a_draft_of_a_fetch_is_not_taken_for_the_photos(cache):
    (cache / ".published.draft.x" / "photos" / "train").mkdir(parents=True)
    assert photos_folder() is None


# Folders that are not as expected


@pytest.mark.parametrize("missing", ["test", "train/cockroach"])
def test_a_folder_without_one_of_its_parts_is_refused_with_its_name(folder, missing):
    (folder / missing).rename(folder / "elsewhere")
    with pytest.raises(DatasetError, match=missing):
        load_dataset("published")


def test_an_unknown_dataset_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="'mnist'") as caught:
        load_dataset("mnist")
    assert "published" in str(caught.value)
    assert "drawn" in str(caught.value)


# Splits


def test_the_published_split_keeps_the_leaked_photos(folder):
    dataset = apply_split(load_dataset("published"), "published")
    assert len(dataset.part("train")) == 9
    in_train = {photo.content_hash for photo in dataset.part("train")}
    assert in_train >= {photo.content_hash for photo in dataset.part("test")}


def test_the_deduplicated_split_takes_leaked_photos_out_of_training(folder):
    dataset = apply_split(load_dataset("published"), "deduplicated")
    assert dataset.split_name == "deduplicated"
    assert len(dataset.part("train")) == 6
    assert len(dataset.part("test")) == 3
    in_train = {photo.content_hash for photo in dataset.part("train")}
    assert not in_train & {photo.content_hash for photo in dataset.part("test")}


def test_a_copy_under_another_name_and_label_is_taken_out_too():
    dataset = made_dataset(
        MadePhoto("one", "beetles", "train", 1),
        MadePhoto("copy", "cockroach", "test", 1),
        MadePhoto("two", "beetles", "train", 2),
    )
    names = [photo.name for photo in apply_split(dataset, "deduplicated").photos]
    assert names == ["copy", "two"]


def test_a_dataset_without_copies_is_left_as_it_is():
    dataset = load_dataset("drawn")
    assert apply_split(dataset, "deduplicated").photos == dataset.photos


def test_splitting_leaves_the_dataset_it_was_given_alone(folder):
    dataset = load_dataset("published")
    apply_split(dataset, "deduplicated")
    assert len(dataset.photos) == 12
    assert dataset.split_name == "published"


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="'random'") as caught:
        apply_split(made_dataset(), "random")
    assert "deduplicated" in str(caught.value)


# Labels and fingerprints


def test_labels_are_places_in_the_names_of_the_classes():
    photos = [MadePhoto("x", label, "train") for label in ("dragonflies", "beetles", "cockroach")]
    dataset = made_dataset(*photos)
    assert dataset.labels(dataset.photos).tolist() == [2, 0, 1]


def test_the_fingerprint_does_not_depend_on_order_or_names():
    one, two = MadePhoto("a", "beetles", "train", 1), MadePhoto("b", "cockroach", "test", 2)
    renamed = MadePhoto("c", "beetles", "train", 1)
    expected = made_dataset(one, two).fingerprint
    assert made_dataset(two, one).fingerprint == expected
    assert made_dataset(two, renamed).fingerprint == expected


@pytest.mark.parametrize(
    "other",
    [
        MadePhoto("a", "beetles", "train", 9),
        MadePhoto("a", "cockroach", "train", 1),
        MadePhoto("a", "beetles", "test", 1),
    ],
    ids=["content", "label", "part"],
)
def test_the_fingerprint_changes_with(other):
    photo = MadePhoto("a", "beetles", "train", 1)
    assert made_dataset(photo).fingerprint != made_dataset(other).fingerprint


def test_the_fingerprint_tells_one_photo_from_the_same_photo_twice():
    photo = MadePhoto("a", "beetles", "train", 1)
    assert made_dataset(photo).fingerprint != made_dataset(photo, photo).fingerprint


def test_the_fingerprint_of_a_folder_changes_with_a_single_byte_in_a_file(folder):
    before = load_dataset("published").fingerprint
    path = folder / "train" / "beetles" / "1.jpg"
    path.write_bytes(path.read_bytes() + b"\0")
    assert load_dataset("published").fingerprint != before
