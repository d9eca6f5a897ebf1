"""One photo, saved again in another format or size, is not like the classes now and unlike then."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import encode
from PIL import Image

from insects.__main__ import main
from insects.datasets.drawn import CLASS_NAMES, DrawnPhoto
from insects.inference import FAMILIAR, UNSURE, Verdict, verdict_of
from insects.photos import load_photo
from insects.saved_again import ANY, SAVINGS, figures, measure, report
from insects.wording import headline

LOSSLESS = ("PNG", "TIFF", "BMP")
WAYS = ("JPEG", "HEIF", "WEBP", *LOSSLESS)
# Of these the familiarity goes above the threshold and below, by how they are saved.
ON_THE_BORDER = (("dragonflies", 66), ("dragonflies", 71), ("cockroach", 65))


def said(model, photo):
    """What the network says of a photo that was saved in each way, and enlarged."""
    files = [encode(photo, file_format) for file_format in WAYS]
    large = Image.fromarray(photo).resize((640, 640), Image.Resampling.LANCZOS)
    return [model.predict(load_photo(data)) for data in (*files, encode(large, "PNG"))]


@given(st.floats(-30, 30), st.floats(-2 * UNSURE, 2 * UNSURE, exclude_min=True, exclude_max=True))
def test_a_move_that_saving_again_makes_never_turns_like_into_unlike(score, move):
    verdicts = {verdict_of(score), verdict_of(score + move)}
    assert verdicts != {Verdict.LIKE, Verdict.UNLIKE}


def test_of_drawn_insects_hardly_one_is_like_in_one_format_and_unlike_in_another(default_model):
    """Yes or no changes far more often. Of photos it is 0 of 222 and 1 of 221 (see the README)."""
    drawn = [DrawnPhoto(label, 1, seed) for label in CLASS_NAMES for seed in range(200, 220)]
    found = [said(default_model, photo.load()) for photo in drawn]
    verdicts = [{one.familiarity_verdict for one in saved} for saved in found]
    sides = [{one.is_familiar for one in saved} for saved in found]
    change_sides = sum(len(one) == 2 for one in sides)
    assert sum({Verdict.LIKE, Verdict.UNLIKE} <= one for one in verdicts) <= 1 < change_sides


@pytest.mark.parametrize(("label", "seed"), ON_THE_BORDER)
def test_where_saving_again_changes_sides_the_answer_is_unsure(default_model, label, seed):
    photo = DrawnPhoto(label, 1, seed).load()
    saved = [photo, *(saving(photo) for saving in SAVINGS)]
    found = [default_model.predict(pixels) for pixels in saved]
    assert {prediction.is_familiar for prediction in found} == {True, False}
    verdicts = [prediction.familiarity_verdict for prediction in found]
    assert Verdict.UNSURE in verdicts
    assert not {Verdict.LIKE, Verdict.UNLIKE} <= set(verdicts)
    unsure = found[verdicts.index(Verdict.UNSURE)]
    assert headline(unsure).startswith("Perhaps a ")


def test_formats_that_keep_every_pixel_keep_the_answer(default_model):
    photo = DrawnPhoto("beetles", 1).load()
    scores = {
        default_model.predict(load_photo(encode(photo, file_format))).familiarity
        for file_format in LOSSLESS
    }
    assert scores == {default_model.predict(photo).familiarity}


# What is measured


def test_each_saving_gives_a_photo_of_its_size():
    photo = np.random.default_rng(0).integers(0, 256, (80, 120, 3), dtype=np.uint8)
    for saving in SAVINGS:
        saved = saving(photo)
        assert saved.shape == (80 * saving.scale, 120 * saving.scale, 3)
        assert not np.array_equal(saved, photo)


def scores(*of_photos):
    """Scores of photos from the threshold on: as the photo is, and in each way but the first."""
    table = [[first, *[first] * (len(SAVINGS) - 1), last] for first, last in of_photos]
    return FAMILIAR + np.array(table)


def test_figures_count_the_photos_whose_answer_changes():
    found = figures(scores((0.5, -0.2), (3, 2), (UNSURE + 1, -UNSURE - 1), (-5, -5)))
    assert (found["photos"], found["unsure"]) == (4, 1)
    rows = found["savings"]
    assert list(rows) == [*(saving.title for saving in SAVINGS), ANY]
    for title in (SAVINGS[-1].title, ANY):
        assert (rows[title]["change_sides"], rows[title]["like_and_unlike"]) == (2, 1)
        assert rows[title]["largest"] == pytest.approx(2 * UNSURE + 2)
        assert rows[title]["median"] == pytest.approx((1 + 0.7) / 2)
    assert rows[SAVINGS[0].title] == dict.fromkeys(rows[ANY], 0)


def test_of_95_percent_of_the_photos_the_half_range_is_not_larger():
    found = figures(scores(*((0, i) for i in range(101))))
    assert found["half_of_range"] == pytest.approx(95 / 2)


# The command


@pytest.fixture
def folder(tmp_path):
    for label in CLASS_NAMES:
        (tmp_path / label).mkdir()
        Image.fromarray(DrawnPhoto(label, 1).load()).save(tmp_path / label / "1.png")
    rows = [f"{label}/1.png\tAJV009/hytech" for label in CLASS_NAMES]
    (tmp_path / "SOURCES.tsv").write_text("\n".join(["file\tsource", *rows]))
    return tmp_path


def test_the_command_writes_its_table_into_a_file(folder, capfd):
    path = folder / "table.md"
    path.write_text("<!-- saved again, choosing -->\n<!-- end of saved again, choosing -->\n")
    command = ["evaluate", "--photos", str(folder), "--part", "choosing", "--saved-again"]
    assert main([*command, "--write", str(path)]) == 0
    printed = capfd.readouterr().out
    assert printed.strip() in path.read_text()
    assert "3 photos (choosing part)" in printed
    assert all(f"| {saving.title} | " in printed for saving in SAVINGS)
    assert main([*command, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert report(found) == printed.strip()
    assert found == measure("zhang", folder, lambda *_: None)


def test_the_command_needs_photos(capfd):
    assert main(["evaluate", "--saved-again"]) == 2
    assert "--saved-again is for --photos" in capfd.readouterr().err
