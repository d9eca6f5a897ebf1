"""Runs that a visitor brings back to the Train page as a zip."""

import json
from dataclasses import replace

import pytest
from made_runs import DRAWN, made_run
from opening import text
from streamlit.testing.v1 import AppTest
from train_view import ME, OTHER, answer, labels, ours, press

from insects import bundle
from insects.bundle import export_run
from insects.bundle_checks import MAX_BYTES
from insects.ui import runs as runs_of_page


@pytest.fixture
def unchecked(monkeypatch):
    """Take each network in a zip for a good one: to look takes a process of its own."""
    monkeypatch.setattr(bundle, "_rebuilt", lambda export, config: export)


@pytest.fixture
def zipped(tmp_path):
    """The zip of a run that has gone since, as the page gives it out."""
    return export_run(made_run(tmp_path, "gone", settings=replace(DRAWN, owner=OTHER)))


def bring(page: AppTest, data: bytes, name: str = "my run.zip") -> AppTest:
    (uploader,) = page.file_uploader
    return uploader.set_value((name, data, "application/zip")).run()


def test_a_zip_comes_back_as_a_run_of_whoever_brings_it(visit, zipped):
    page = bring(visit(), zipped)
    (run,) = ours()
    assert run.is_owned_by(ME)
    assert page.selectbox(key="run").value == run.name == "my-run"
    assert "89 of 90" in str(page.dataframe[1].value.to_dict())
    assert "Delete" in labels(page)


def test_a_run_that_was_brought_shows_its_confusion_matrix_and_cannot_go_on(
    visit, zipped, unchecked
):
    page = bring(visit(), zipped)
    matrix = [[30, 0, 0], [0, 30, 0], [1, 0, 29]]
    assert any(table.value.values.tolist() == matrix for table in page.dataframe)
    assert not {"Resume", "Continue for as many epochs again"} & labels(page)


def test_a_zip_is_taken_once_however_often_the_page_runs(visit, zipped, unchecked):
    page = bring(visit(), zipped)
    page.run().run()
    assert len(ours()) == 1
    assert page.file_uploader[0].value is None


def test_who_brings_a_run_for_the_first_time_is_known_from_then_on(visit, zipped, unchecked):
    page = bring(visit(visitor=""), zipped)
    assert ours()[0].is_owned_by(page.session_state.visitor)


def test_what_is_no_zip_of_a_run_is_refused_in_a_sentence_and_another_can_be_tried(
    visit, zipped, unchecked
):
    page = bring(visit(), b"hello")
    (error,) = page.error
    assert error.value.startswith("This is not a bundle of a run")
    assert not ours()
    bring(page, zipped)
    assert not page.error
    assert len(ours()) == 1


def test_the_limit_of_the_uploader_fits_what_a_zip_of_a_run_may_have(visit):
    (uploader,) = visit().file_uploader
    assert uploader.proto.max_upload_size_mb * 1_000_000 <= MAX_BYTES


def test_a_visitor_can_bring_a_few_runs_and_then_has_to_delete_one(
    visit, zipped, unchecked, monkeypatch
):
    monkeypatch.setattr(runs_of_page, "MAX_BROUGHT", 1)
    page = bring(bring(visit(), zipped), zipped)
    assert "delete one first" in page.error[0].value
    answer(press(page, "Delete"), "yes")
    bring(page, zipped)
    assert len(ours()) == 1


def test_a_run_that_is_brought_makes_room_as_a_training_does(
    visit, own_runs_folder, zipped, unchecked, monkeypatch
):
    old = made_run(own_runs_folder, "old")
    (old.path / "model.keras").write_bytes(bytes(1_100_000))
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "1")
    bring(visit(), zipped)
    assert not old.path.exists()
    assert [run.name for run in ours()] == ["my-run"]


def test_while_one_zip_is_looked_at_another_is_asked_to_wait(visit, zipped, unchecked):
    page = visit()
    with runs_of_page._one_at_a_time:
        bring(page, zipped)
    assert "try again in a moment" in page.error[0].value
    assert not ours()


@pytest.mark.parametrize(
    "odd",
    [
        {"test": {"reliability": 3}},
        {"test": {"reliability": [1, 2]}},
        {"test": {"ece": [1]}},
        {"calibration": {"photos": 200}},
        {"calibration": [1]},
    ],
    ids=str,
)
def test_odd_figures_in_a_zip_break_no_page(odd, visit, own_runs_folder):
    run = made_run(own_runs_folder)
    test = {**run.metrics["test"], **odd.get("test", {})}
    (run.path / "metrics.json").write_text(json.dumps({**run.metrics, **odd, "test": test}))
    page = visit()
    assert "How good it is" in text(page)
    assert "right as often as it says" not in text(page)
