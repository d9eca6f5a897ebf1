"""The health of the published photos."""

import pytest
from findings import found, names
from made_photos import CHANGES, made, made_dataset

from insects.datasets import load_dataset
from insects.datasets.health import examine
from insects.datasets.splits import apply_split


def test_of_the_published_photos_all_180_test_photos_are_found_in_training(real_photos):
    dataset = load_dataset("published")
    leak = found(dataset, "leak")
    assert leak.title == "All 180 test photos are also in the training photos."
    assert len(leak.groups) == 180
    for test, train in leak.groups:
        assert dataset.photos[test].split == "test"
        assert dataset.photos[train].split == "train"
        paths = (dataset.photos[i].path for i in (test, train))
        assert len({path.read_bytes() for path in paths}) == 1
        assert dataset.photos[test].name == dataset.photos[train].name


def test_of_the_published_photos_none_is_falsely_called_a_copy(real_photos):
    report = examine(load_dataset("published"))
    assert not {finding.check for finding in report.findings} & {"copies", "contradiction"}
    assert {"No photo is twice in one part.", "No photo lies in two classes."} <= {*report.passed}


def test_without_the_leak_no_copies_are_found_but_four_of_the_same_picture(real_photos):
    dataset = apply_split(load_dataset("published"), "deduplicated")
    report = examine(dataset)
    assert "No test photo is also a training photo, byte for byte." in report.passed
    same = next(f for f in report.findings if f.check == "same picture across parts")
    assert sorted(dataset.photos[test].name for test, _ in same.groups) == [
        "5364299",
        "5364300",
        "5364301",
        "5364303",
    ]


def test_split_by_series_the_published_photos_share_nothing_across_the_parts(real_photos):
    report = examine(apply_split(load_dataset("published"), "by_series"))
    across = {"leak", "contradiction", "same picture across parts", "series"}
    assert not across & {finding.check for finding in report.findings}
    assert "No series has photos in both parts." in report.passed


def test_most_published_test_photos_have_siblings_in_training(real_photos):
    series = found(load_dataset("published"), "series").figures
    assert series["test_photos"] == 180
    assert series["test_photos_with_siblings"] > 90


def test_the_edges_of_the_published_photos_betray_the_class(real_photos):
    figures = found(load_dataset("published"), "ring").figures
    assert figures["commonest"] == pytest.approx(460 / 1019)
    assert figures["right"] > 0.7
    assert figures["chance"] == pytest.approx(1 / 3)
    assert figures["balanced"] > 0.6


def test_chewed_leaves_and_termites_are_among_the_doubtful_labels(real_photos):
    dataset = load_dataset("published")
    doubtful = found(dataset, "labels")
    named = {dataset.photos[i].name for (i,) in doubtful.groups}
    leaves, termites = {"5561819", "5561820"}, {"5558532"}
    assert leaves | termites <= named
    assert len(named) < 30


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_copy_of_a_published_photo_is_found(change, real_photos):
    whole = load_dataset("published")
    few = [made(photo) for photo in whole.part("train")[::60]]
    copy = made(few[5], name="copy", split="test", pixels=change(few[5].pixels))
    dataset = made_dataset(*few, copy)
    same = found(dataset, "same picture across parts")
    assert names(dataset, same) == [[copy.full_name, few[5].full_name]]
