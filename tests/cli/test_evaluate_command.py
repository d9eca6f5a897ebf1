"""`evaluate`: how good a network is on photos from elsewhere."""

import json

import numpy as np
import pytest
from made_runs import made_run
from PIL import Image
from terminal import CLASS_NAMES, complaint


@pytest.fixture
def elsewhere(photos, tmp_path):
    """A folder of three photos of each class and a grey one of none, without their sources."""
    for i, labelled in enumerate(photos):
        path = tmp_path / "there" / labelled.label / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(labelled.pixels).save(path)
    (tmp_path / "there" / "other").mkdir()
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "there" / "other" / "grey.png")
    return tmp_path / "there"


def test_evaluate_tells_of_each_class_in_tables(cli, elsewhere):
    status, out, err = cli("evaluate", "--photos", elsewhere)
    assert (status, err) == (0, "")
    assert "of 9 photos right" in out.splitlines()[0]
    assert all(f"| {name} | " in out for name in CLASS_NAMES)


def test_evaluate_as_json_tells_classes_from_others(cli, elsewhere):
    status, out, err = cli("evaluate", "--photos", elsewhere, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["photos"], found["others"], found["part"]) == (9, 1, "all")
    assert list(found["classes"]) == CLASS_NAMES
    assert np.shape(found["confusion"]) == (3, 3)
    assert found["auroc_by_probability"]["others"] == 1


def test_evaluate_takes_one_part_by_source(cli, elsewhere):
    with_sources(elsewhere)
    for part, photos, others in (("choosing", 3, 0), ("reporting", 6, 1)):
        found = json.loads(cli("evaluate", "--photos", elsewhere, "--part", part, "--json")[1])
        assert (found["part"], found["photos"], found["others"]) == (part, photos, others)


def with_sources(elsewhere):
    """Say that the cockroaches are to choose with, and all others to report on."""
    files = sorted(path.relative_to(elsewhere).as_posix() for path in elsewhere.glob("*/*"))
    sources = ["AJV009/hytech" if "cockroach" in file else "somebody/else" for file in files]
    rows = [f"{file}\t{source}" for file, source in zip(files, sources, strict=True)]
    (elsewhere / "SOURCES.tsv").write_text("\n".join(["file\tsource", *rows]))


def test_to_calibrate_on_few_photos_is_refused_in_one_line_that_says_why(
    cli, elsewhere, own_runs_folder
):
    with_sources(elsewhere)
    run = made_run(own_runs_folder)
    before = (run.path / "metrics.json").read_bytes()
    outcome = cli("evaluate", "--network", run.name, "--photos", elsewhere, "--calibrate")
    assert "50 photos of the classes or more; there are 3" in complaint(outcome, 1)
    assert (run.path / "metrics.json").read_bytes() == before


def test_of_few_photos_no_calibration_error_is_told(cli, elsewhere):
    out = cli("evaluate", "--photos", elsewhere)[1]
    assert "calibration error" not in out
    assert "highest probability | photos" not in out
    assert out.endswith("cannot be told from these: that takes 50 photos of the classes.\n")


def test_evaluate_of_a_part_without_sources_is_one_line(cli, elsewhere):
    outcome = cli("evaluate", "--photos", elsewhere, "--part", "choosing")
    assert "SOURCES.tsv" in complaint(outcome, 1)


def test_evaluate_of_a_photo_that_cannot_be_read_is_one_line_that_names_it(cli, elsewhere):
    (elsewhere / "beetles" / "letter.jpg").write_text("Dear reader")
    assert "beetles/letter.jpg" in complaint(cli("evaluate", "--photos", elsewhere), 1)


def test_evaluate_of_a_folder_without_the_classes_is_one_line(cli, tmp_path):
    assert "Expected folders named" in complaint(cli("evaluate", "--photos", tmp_path), 1)


def test_tables_need_both_places_in_the_file(cli, tmp_path):
    (tmp_path / "README.md").write_text("<!-- results -->\n<!-- end of results -->\n")
    outcome = cli("evaluate", "--table", "--write", tmp_path / "README.md")
    assert "trust" in complaint(outcome, 1)
