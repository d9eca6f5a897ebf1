"""An examination as a whole: what is clean is not accused, and nothing is read twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from made_photos import made_dataset

from insects.datasets.drawn import DrawnPhoto, load_drawn
from insects.datasets.folder import load_folder
from insects.datasets.health import Report, examine

ROOT = Path(__file__).parents[2]


def test_nothing_is_found_among_clean_drawn_photos(folder):
    report = examine(load_folder(folder))
    assert [finding.check for finding in report.findings] == ["too few"]
    assert "Every photo can be read." in report.passed
    assert "No photo is tiny or blank." in report.passed
    assert len(report.passed) == 9


def test_nothing_is_found_in_the_drawn_dataset():
    assert examine(load_drawn(per_class=60)).findings == ()


def test_no_photos_at_all_are_examined_too():
    assert examine(made_dataset()).counts == {"train": {}, "test": {}}


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
