"""Folders of one's own photos: classes, parts, and what is no photo."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from insects.datasets import dataset_title, load_dataset
from insects.datasets.folder import (
    FilePhoto,
    load_folder,
    odd_files,
    safe_name,
    split_for_testing,
)
from insects.datasets.splits import apply_split
from insects.errors import DatasetError, PhotoError, SettingsError
from insects.runs import NAME


def write_photo(path, seed=0):
    """Write a small photo; another seed makes another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def write_classes(folder, classes, count=5):
    for number, name in enumerate(classes):
        for i in range(count):
            write_photo(folder / name / f"{i}.jpg", 100 * number + i)
    return folder


@pytest.fixture
def parted(tmp_path):
    """Three photos to train and two to test on, of each of two classes."""
    for part, count in (("train", 3), ("test", 2)):
        for number, name in enumerate(("wasps", "ants")):
            for i in range(count):
                seed = 10 * number + i + (100 if part == "test" else 0)
                write_photo(tmp_path / "mine" / part / name / f"{part}{i}.jpg", seed)
    return tmp_path / "mine"


# Classes and parts


def test_a_folder_of_parts_gives_each_photo_its_part_and_class(parted):
    dataset = load_folder(parted)
    assert dataset.class_names == ("ants", "wasps")
    found = [(photo.split, photo.label, photo.name) for photo in dataset.photos]
    assert len(found) == 10
    assert ("train", "wasps", "train2") in found
    assert ("test", "ants", "test1") in found


def test_the_classes_are_those_of_both_parts_in_the_order_of_their_names(parted):
    write_photo(parted / "test" / "bees" / "1.jpg")
    assert load_folder(parted).class_names == ("ants", "bees", "wasps")


def test_a_folder_of_classes_is_split_for_its_owner(tmp_path):
    dataset = load_folder(write_classes(tmp_path, ("a", "b"), count=10))
    for part, count in (("train", 8), ("test", 2)):
        labels = [photo.label for photo in dataset.part(part)]
        assert labels.count("a") == labels.count("b") == count


def test_a_folder_around_it_all_is_looked_through(parted, tmp_path):
    assert load_folder(tmp_path).fingerprint == load_folder(parted).fingerprint


def test_a_dataset_of_a_folder_is_found_again_by_its_name(parted, monkeypatch):
    monkeypatch.chdir(parted.parent)
    for name in ("mine", parted, str(parted), "./mine/"):
        dataset = load_dataset(name)
        assert dataset.name == str(parted)
        assert dataset.folder == parted
        assert load_dataset(dataset.name).photos == dataset.photos


def test_a_folder_cannot_hide_a_dataset_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_classes(tmp_path / "drawn", ("a", "b"))
    assert load_dataset("drawn").folder is None
    assert load_dataset("./drawn").class_names == ("a", "b")


def test_people_call_a_dataset_by_a_title(parted):
    assert dataset_title("published") == "the articles' photos"
    assert dataset_title("drawn") == "drawn insects"
    assert dataset_title(str(parted)) == "mine"


def test_the_splits_work_on_a_folder(parted):
    copied = (parted / "train" / "ants" / "train0.jpg").read_bytes()
    (parted / "test" / "ants" / "copy.jpg").write_bytes(copied)
    dataset = load_folder(parted)
    assert len(apply_split(dataset, "published").part("train")) == 6
    assert len(apply_split(dataset, "deduplicated").part("train")) == 5


# What is refused


@pytest.mark.parametrize("count", [0, 1, 21])
def test_other_than_2_to_20_classes_are_refused_with_their_number(count, tmp_path):
    write_classes(tmp_path, [f"class{i:02}" for i in range(count)], count=1)
    with pytest.raises(DatasetError, match="2 to 20 classes") as caught:
        load_folder(tmp_path)
    assert f"has {count}" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("count", [2, 20])
def test_2_to_20_classes_are_accepted(count, tmp_path):
    write_classes(tmp_path, [f"class{i:02}" for i in range(count)], count=2)
    assert len(load_folder(tmp_path).class_names) == count


def test_a_class_without_photos_is_refused_by_its_name(tmp_path):
    write_classes(tmp_path, ("a", "b"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no photo in empty"):
        load_folder(tmp_path)


def test_a_class_whose_name_cannot_be_shown_is_refused(tmp_path):
    write_classes(tmp_path, ("a", "b\u202e"))
    with pytest.raises(DatasetError, match="cannot be the name of a class"):
        load_folder(tmp_path)


def test_a_third_part_is_refused_by_its_name(parted):
    write_photo(parted / "val" / "ants" / "1.jpg")
    with pytest.raises(DatasetError, match="val"):
        load_folder(parted)


@pytest.mark.parametrize("name", ["nowhere", "a\0b", "x" * 5000, ""])
def test_a_name_that_is_no_folder_is_refused_with_the_known_ones(name):
    with pytest.raises(SettingsError, match="published, drawn"):
        load_dataset(name)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="nowhere"):
        load_folder(tmp_path / "nowhere")


def test_a_damaged_photo_is_named_when_it_is_loaded(parted):
    path = parted / "train" / "ants" / "train0.jpg"
    path.write_bytes(path.read_bytes()[:300])
    (photo,) = [p for p in load_folder(parted).photos if p.path == path]
    with pytest.raises(PhotoError, match=r"^ants/train0\.jpg: .*damaged"):
        photo.load()


def test_a_photo_that_has_gone_is_named_when_its_content_is_asked_for(parted):
    photo = load_folder(parted).photos[0]
    photo.path.unlink()
    with pytest.raises(PhotoError, match=photo.path.name):
        _ = photo.content_hash


# What is no photo


ODD = [".hidden.jpg", "Thumbs.db", "desktop.ini", "notes.txt", "labels.csv", "more/deep.jpg"]


@pytest.fixture
def untidy(tmp_path):
    """Two classes, and all sorts of other things beside their photos."""
    write_classes(tmp_path / "mine", ("a", "b"))
    for name in ODD:
        write_photo(tmp_path / "photo.jpg").rename(make_way(tmp_path / "mine" / "a" / name))
    (tmp_path / "mine" / "README.md").touch()
    for name in (".git", "__MACOSX"):
        write_photo(tmp_path / "mine" / name / "1.jpg")
    outside = write_photo(tmp_path / "outside" / "secret.jpg")
    (tmp_path / "mine" / "a" / "link.jpg").symlink_to(outside)
    (tmp_path / "mine" / "a" / "links").symlink_to(outside.parent)
    (tmp_path / "mine" / "c").symlink_to(outside.parent)
    return tmp_path / "mine"


def make_way(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_only_photos_in_class_folders_are_photos(untidy):
    dataset = load_folder(untidy)
    assert dataset.class_names == ("a", "b")
    assert len(dataset.photos) == 10


def test_what_is_no_photo_is_listed_and_links_are_not_followed(untidy):
    found = {path.relative_to(untidy / "a").as_posix() for path in odd_files(untidy)}
    assert found == {*ODD, "link.jpg", "links"}


def test_a_tidy_folder_has_no_odd_files(parted):
    assert odd_files(parted) == []


@pytest.mark.parametrize("ending", ["jpg", "JPEG", "png", "webp", "bmp", "tiff", "gif", "heic"])
def test_a_photo_is_known_by_its_ending(ending, tmp_path):
    write_classes(tmp_path, ("a", "b"), count=2)
    write_photo(tmp_path / "x.jpg").rename(tmp_path / "a" / f"x.{ending}")
    assert len(load_folder(tmp_path).photos) == 5


# The split for testing


def made(label, content, name="x"):
    """A photo of which only the content is known."""
    photo = FilePhoto(Path(f"{name}.jpg"), label, "")
    photo.__dict__["content_hash"] = hashlib.sha256(content.encode()).hexdigest()
    return photo


def sides(photos):
    """The contents on either side, by class."""
    split = split_for_testing(photos)
    assert [photo.path for photo in split] == [photo.path for photo in photos]
    found = {photo.label: {"train": set(), "test": set()} for photo in photos}
    for photo in split:
        found[photo.label][photo.split].add(photo.content_hash)
    return found


contents = st.lists(st.integers(0, 30).map(str), min_size=1, max_size=40)
classes = st.dictionaries(st.sampled_from("abcdef"), contents, min_size=2)


@given(classes)
def test_every_class_of_two_different_photos_has_one_in_five_to_test_on(of_class):
    photos = [made(label, label + c) for label, contents in of_class.items() for c in contents]
    for label, found in sides(photos).items():
        distinct = len(set(of_class[label]))
        expected = max(1, round(distinct / 5)) if distinct > 1 else 0
        assert len(found["test"]) == expected
        assert len(found["train"]) == distinct - expected


@given(classes)
def test_equal_photos_are_on_one_side_and_every_class_can_be_learned(of_class):
    """Whatever lies in several classes too."""
    photos = [made(label, content) for label, contents in of_class.items() for content in contents]
    found = sides(photos).values()
    train = set().union(*(of["train"] for of in found))
    test = set().union(*(of["test"] for of in found))
    assert not train & test
    assert all(of["train"] for of in found)


def test_two_classes_of_the_same_two_photos_have_both_sides():
    photos = [made(label, content) for label in "ab" for content in "xy"]
    for found in sides(photos).values():
        assert len(found["train"]) == len(found["test"]) == 1


@given(classes, st.randoms(use_true_random=False))
def test_neither_names_nor_order_matter_to_the_split(of_class, random):
    photos = [
        made(label, content, f"{label}{i}")
        for label, contents in of_class.items()
        for i, content in enumerate(contents)
    ]
    renamed = [made(f"z{p.label}", "", str(i)) for i, p in enumerate(photos)]
    for photo, other in zip(photos, renamed, strict=True):
        other.__dict__["content_hash"] = photo.content_hash
    random.shuffle(renamed)

    def to_test(photos):
        return {p.content_hash for p in split_for_testing(photos) if p.split == "test"}

    assert to_test(photos) == to_test(renamed)


def test_files_that_are_renamed_keep_their_parts(tmp_path):
    folder = write_classes(tmp_path / "mine", ("a", "b"), count=7)
    before = load_folder(folder).fingerprint
    for i, path in enumerate(sorted(folder.rglob("*.jpg"), reverse=True)):
        path.rename(path.with_name(f"renamed{i}.jpg"))
    assert load_folder(folder).fingerprint == before


def test_a_file_is_read_once_for_its_content(tmp_path, monkeypatch):
    folder = write_classes(tmp_path / "mine", ("a", "b"))
    read = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or real(path))
    assert load_folder(folder).fingerprint
    assert len(read) == len(set(read)) == 10


# Names for files


@given(st.text(max_size=200))
def test_any_text_becomes_a_name_that_runs_and_files_can_have(text):
    name = safe_name(text, "photos", 30)
    assert NAME.fullmatch(name)
    assert len(name) <= 30


def test_a_name_keeps_what_people_know_it_by():
    assert safe_name("IMG_2031 (Käfer)", "photo") == "IMG_2031-Kafer"
    assert safe_name("昆虫", "photo") == "photo"
