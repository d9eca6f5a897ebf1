"""A health report: in order, in JSON and in words."""

import json
from collections import Counter

import pytest
from made_photos import MadePhoto, drawn_photos, made, made_dataset

from insects.datasets.drawn import load_drawn
from insects.datasets.health import Finding, Report, examine


@pytest.fixture
def report():
    """A report with many findings."""
    photos = drawn_photos(3)
    leaked = [made(photo, split="test") for photo in photos]
    return examine(made_dataset(*photos, *leaked, MadePhoto("broken", "beetles", "train", None)))


def test_findings_come_with_the_serious_ones_first(report):
    order = ["serious", "worth knowing", "note"]
    severities = [finding.severity for finding in report.findings]
    assert len(set(severities)) > 1
    assert severities == sorted(severities, key=order.index)


def test_a_report_is_the_same_after_a_way_through_json(report):
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_a_written_report_names_each_photo(report):
    written = report.to_dict()
    (leak,) = [finding for finding in written["findings"] if finding["check"] == "leak"]
    assert ["test/beetles/beetles-0000", "train/beetles/beetles-0000"] in leak["photos"]
    assert written["thresholds"]


@pytest.mark.parametrize("change", [{"edition": "0"}, {"findings": [{}]}, {"surprise": 1}])
def test_what_is_no_report_of_this_edition_is_refused(change, report):
    with pytest.raises(ValueError, match="health report"):
        Report.from_dict(report.to_dict() | change)


@pytest.mark.parametrize("written", [{}, [], None])
def test_what_is_no_report_is_refused(written):
    with pytest.raises(ValueError, match="health report"):
        Report.from_dict(written)


def test_the_text_says_what_was_found_with_photos_and_shortens_long_lists(report):
    text = report.text()
    for finding in report.findings:
        assert f"{finding.severity.upper()}: {finding.title}" in text
        assert finding.advice in text
    assert "test/beetles/beetles-0000, train/beetles/beetles-0000" in text
    assert "and 2 more" in text
    assert "train/beetles/broken: This photo is damaged." in text
    assert "No photo lies in two classes." in text
    assert text.startswith("Drawn insects, split published: 7 training photos (3 beetles, ")


def test_the_text_of_a_clean_dataset_says_so():
    assert "Nothing was found" in examine(load_drawn(per_class=60)).text()


def test_the_report_tells_which_photos_it_is_about(drawn):
    dataset = made_dataset(*drawn)
    report = examine(dataset)
    assert report.fingerprint == dataset.fingerprint
    assert report.split_name == "published"
    assert report.counts["train"] == Counter(p.label for p in dataset.part("train"))


def test_every_finding_says_what_it_means_and_what_to_do(report):
    for finding in report.findings:
        assert isinstance(finding, Finding)
        assert finding.meaning.endswith(".")
        assert finding.advice.endswith(".")
