"""Health: what is planted is found, what is clean is not accused, and a report says all of it."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from made import CHANGES, MadePhoto, drawn_photos, made, made_dataset
from PIL import Image

from insects.datasets import load_dataset
from insects.datasets.drawn import DrawnPhoto, load_drawn
from insects.datasets.folder import load_folder
from insects.datasets.health import Finding, Report, examine
from insects.datasets.health.labels import confident_disagreements
from insects.datasets.splits import apply_split

ROOT = Path(__file__).parent.parent


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


def first(folder, part="train", label="beetles"):
    return min((folder / part / label).iterdir())


def found(dataset, check):
    """The one finding of a check."""
    (finding,) = [finding for finding in examine(dataset).findings if finding.check == check]
    return finding


def checks(dataset):
    """What is found, but that there are too few photos for guesses, which most tests have."""
    return {finding.check for finding in examine(dataset).findings} - {"too few"}


def names(report_or_dataset, finding):
    return [[report_or_dataset.photos[i].full_name for i in group] for group in finding.groups]


# What is clean is not accused


def test_nothing_is_found_among_clean_drawn_photos(folder):
    report = examine(load_folder(folder))
    assert [finding.check for finding in report.findings] == ["too few"]
    assert "Every photo can be read." in report.passed
    assert "No photo is tiny or blank." in report.passed
    assert len(report.passed) == 9


def test_nothing_is_found_in_the_drawn_dataset():
    assert examine(load_drawn(per_class=60)).findings == ()


# Copies


def test_a_planted_leak_is_found(folder):
    copied = first(folder)
    (folder / "test" / "beetles" / "other.jpg").write_bytes(copied.read_bytes())
    dataset = load_folder(folder)
    leak = found(dataset, "leak")
    assert leak.severity == "serious"
    assert names(dataset, leak) == [["test/beetles/other", f"train/beetles/{copied.stem}"]]
    n_test = len(dataset.part("test"))
    assert leak.title == f"1 of {n_test} test photos is also in the training photos."
    assert leak.figures == {"leaked_test_photos": 1, "test_photos": n_test}
    assert checks(dataset) == {"leak"}


def test_a_leak_of_all_test_photos_says_all(drawn):
    train = [photo for photo in drawn if photo.split == "train"]
    leaked = [made(photo, split="test") for photo in train]
    leak = found(made_dataset(*train, *leaked), "leak")
    assert leak.title == f"All {len(train)} test photos are also in the training photos."


def test_a_copy_in_the_same_part_is_found(folder):
    copied = first(folder)
    copied.with_name("again.jpg").write_bytes(copied.read_bytes())
    dataset = load_folder(folder)
    assert checks(dataset) == {"copies"}
    assert names(dataset, found(dataset, "copies")) == [
        ["train/beetles/again", f"train/beetles/{copied.stem}"]
    ]


def test_a_copy_in_another_class_is_found(folder):
    copied = first(folder)
    (folder / "train" / "cockroach" / "again.jpg").write_bytes(copied.read_bytes())
    contradiction = found(load_folder(folder), "contradiction")
    assert contradiction.severity == "serious"
    assert contradiction.title == "1 photo lies in two classes."


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_copy_in_the_other_part_is_found(change, folder, drawn):
    pixels = change(drawn[0].pixels)
    Image.fromarray(pixels).save(folder / "test" / "beetles" / "other.jpg", quality=95)
    dataset = load_folder(folder)
    same = found(dataset, "same picture across parts")
    assert same.severity == "serious"
    assert names(dataset, same) == [["test/beetles/other", drawn[0].full_name]]
    assert checks(dataset) == {"same picture across parts"}


def test_a_changed_copy_in_the_same_part_is_a_note(drawn):
    copy = made(drawn[0], name="copy", pixels=CHANGES[0](drawn[0].pixels))
    dataset = made_dataset(*drawn, copy)
    assert checks(dataset) == {"same picture within a part"}
    assert found(dataset, "same picture within a part").severity == "note"


def test_neighbouring_numbers_in_both_parts_are_found(drawn):
    siblings = [made(drawn[0], name="101"), made(drawn[4], name="103", split="test")]
    dataset = made_dataset(*siblings, *drawn[1:4], *drawn[5:])
    series = found(dataset, "series")
    assert names(dataset, series) == [["train/beetles/101", "test/beetles/103"]]
    assert series.figures["test_photos_with_siblings"] == 1
    assert not checks(apply_split(dataset, "by_series")) & {"series", "leak"}


def test_numbers_that_merely_count_are_mentioned(drawn):
    counted = [made(photo, name=str(i)) for i, photo in enumerate(drawn)]
    note = found(made_dataset(*counted), "numbers")
    assert note.severity == "note"
    assert "beetles, cockroach and dragonflies" in note.title


# Files


def test_a_planted_broken_file_is_found_and_everything_else_goes_on(folder):
    broken = first(folder)
    broken.write_bytes(broken.read_bytes()[:400])
    dataset = load_folder(folder)
    unreadable = found(dataset, "unreadable")
    assert unreadable.severity == "serious"
    assert names(dataset, unreadable) == [[f"train/beetles/{broken.stem}"]]
    assert broken.name in unreadable.files[0]
    assert checks(dataset) == {"unreadable"}


def test_a_dataset_that_cannot_be_read_at_all_is_examined_too():
    photos = [
        MadePhoto(f"{label}-{i}", label, part, None)
        for label in ("beetles", "moths")
        for part in ("train", "test")
        for i in range(2)
    ]
    assert found(made_dataset(*photos), "unreadable").figures == {"photos": 8}


@pytest.mark.parametrize("name", [".DS_Store", "._0001.jpg", "notes.txt", "more/0001.jpg"])
def test_a_planted_file_that_is_no_photo_is_found(name, folder):
    path = folder / "train" / "beetles" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no photo")
    dataset = load_folder(folder)
    odd = found(dataset, "odd files")
    assert odd.files == (f"train/beetles/{name}",)
    assert odd.title == "1 file in the folders of the classes is no photo and not counted."
    assert "1,021" in odd.meaning
    assert checks(dataset) == {"odd files"}


def test_a_file_of_another_kind_than_its_name_says_is_found(folder):
    path = first(folder)
    Image.open(path).save(path.with_suffix(".png"))
    path.with_suffix(".png").rename(path)
    dataset = load_folder(folder)
    assert names(dataset, found(dataset, "other kind")) == [[f"train/beetles/{path.stem}"]]
    assert checks(dataset) == {"other kind"}


def test_what_was_left_out_of_an_archive_is_told(folder):
    left_out = [{"file": "bugs/film.mp4", "why": "no photo"}]
    (folder / "left-out.json").write_text(json.dumps(left_out))
    assert found(load_folder(folder), "left out").files == ("bugs/film.mp4: no photo",)


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1]", '[{"file": "x"}]'])
def test_a_list_of_files_left_out_that_says_nothing_is_no_finding(text, folder):
    (folder / "left-out.json").write_text(text)
    assert checks(load_folder(folder)) == set()


def test_tiny_and_blank_photos_are_found(drawn):
    blank = MadePhoto("blank", "beetles", "train", np.full((200, 200, 3), 90, np.uint8))
    tiny = made(drawn[0], name="tiny", pixels=drawn[0].pixels[::4, ::4].copy())
    dataset = made_dataset(*drawn[1:], blank, tiny)
    finding = found(dataset, "tiny or blank")
    assert names(dataset, finding) == [["train/beetles/blank"], ["train/beetles/tiny"]]
    assert finding.figures == {"tiny": 1, "blank": 1}


# Balance


def test_uneven_classes_are_a_note_and_very_uneven_ones_worth_knowing(drawn):
    def without(n):
        beetles = [p for p in drawn if p.label == "beetles" and p.split == "train"]
        return made_dataset(*(photo for photo in drawn if photo not in beetles[:n]))

    note, worse = found(without(4), "balance"), found(without(7), "balance")
    assert (note.severity, worse.severity) == ("note", "worth knowing")
    assert note.figures["most"] == 9
    assert note.figures["least"] == 5
    assert note.figures["always_the_commonest"] == pytest.approx(9 / 23)


def test_a_class_that_one_part_lacks_is_serious(drawn):
    kept = [p for p in drawn if (p.label, p.split) != ("cockroach", "test")]
    missing = found(made_dataset(*kept), "classes")
    assert missing.severity == "serious"
    assert missing.title == "Among the test photos there is none of cockroach."


# Labels


@pytest.fixture(scope="module")
def many():
    """Thirty drawn photos of each class."""
    return drawn_photos(30)


@pytest.mark.parametrize(
    ("place", "label"), [(3, "dragonflies"), (40, "beetles"), (70, "cockroach")]
)
def test_a_planted_swapped_label_is_found(place, label, many):
    photos = [made(p, label=label) if i == place else p for i, p in enumerate(many)]
    dataset = made_dataset(*photos)
    doubtful = found(dataset, "labels")
    assert (place,) in doubtful.groups
    assert len(doubtful.groups) <= 3
    assert checks(dataset) == {"labels"}


def test_only_confident_disagreements_count_and_the_worst_comes_first():
    probabilities = np.array(
        [
            [0.9, 0.1],  # as labelled
            [0.7, 0.3],  # as labelled
            [0.4, 0.6],  # rather the other class, but less than its photos have on average, 0.7
            [0.1, 0.9],  # confidently the other class
            [0.1, 0.9],  # as labelled
            [0.05, 0.95],  # as labelled
            [0.75, 0.25],  # confidently the other class: its photos have 0.525 on average
        ]
    )
    labels = np.array([0, 0, 0, 0, 1, 1, 1])
    assert confident_disagreements(probabilities, labels).tolist() == [3, 6]


# Shortcuts


def test_grounds_that_betray_the_class_are_serious():
    report = examine(load_drawn(background_bias=1.0, per_class=60))
    severities = {finding.check: finding.severity for finding in report.findings}
    assert severities == {"ring": "serious", "outer colours": "serious"}
    for finding in report.findings:
        assert finding.figures["right"] > 0.9
        assert finding.figures["commonest"] == pytest.approx(1 / 3)
        assert "(always the commonest class: 33 %)" in finding.title
        assert len(finding.groups) == 6


def test_random_grounds_betray_little():
    report = examine(load_drawn(background_bias=0.0, per_class=60))
    said = [sentence for sentence in report.passed if "hardly tells the class" in sentence]
    assert len(said) == 2


def test_a_sign_in_the_margin_that_only_one_class_has_is_found(many):
    def signed(photo):
        pixels = photo.pixels.copy()
        pixels[-16:, -80:] = 0
        return made(photo, pixels=pixels)

    dataset = made_dataset(*(signed(p) if p.label == "beetles" else p for p in many))
    assert found(dataset, "ring").figures["right_beetles"] == 1


# Few photos


def test_two_classes_of_five_photos_are_too_few_for_guesses_and_that_is_said():
    dataset = made_dataset(*drawn_photos(5)[:10])
    few = found(dataset, "too few")
    assert few.severity == "note"
    assert "beetles has 5" in few.meaning
    assert checks(dataset) == set()


def test_classes_of_two_series_are_too_few_for_guesses(many):
    photos = [made(p, name=str(i % 30 // 15 * 100 + i % 15)) for i, p in enumerate(many)]
    assert "series" in found(made_dataset(*photos), "too few").meaning


def test_no_photos_at_all_are_examined_too():
    assert examine(made_dataset()).counts == {"train": {}, "test": {}}


# The report


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


def test_a_second_examination_reads_no_photo(monkeypatch):
    dataset = load_drawn(per_class=12)
    before = examine(dataset)
    monkeypatch.setattr(DrawnPhoto, "load", None)
    assert examine(dataset) == before


def test_progress_is_told(drawn):
    stages = []
    examine(made_dataset(*drawn), lambda stage, done, of: stages.append((stage, done <= of)))
    assert ("checking", True) in stages
    assert all(fine for _, fine in stages)


def test_reading_a_report_imports_no_scikit_learn():
    code = "import sys, insects.datasets.health\nprint('sklearn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_the_command_exits_with_0_also_when_something_is_found(option, folder):
    (folder / "train" / "beetles" / ".DS_Store").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "insects", "data", "health", str(folder), *option],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ".DS_Store" in done.stdout
    if option:
        assert Report.from_dict(json.loads(done.stdout)).findings


# The published photos


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
