"""The Train page while a run waits, goes on, stops or fails."""

import json
import os
from dataclasses import replace

from made_runs import DRAWN, made_run
from opening import text
from streamlit.testing.v1 import AppTest
from train_view import ME, MINE, OTHER, labels, press, state

from insects.runs import Run


def bars(page: AppTest) -> list[str]:
    """Return the words at the progress bars."""
    return [bar.proto.text for bar in page.get("progress")]


def stale(run: Run) -> Run:
    """The run as it is when its process was killed."""
    run.set_status("running")
    os.utime(run.path / "status", (0, 0))
    return run


def test_who_waits_is_told_for_how_many(visit, own_runs_folder):
    made_run(own_runs_folder, "first", "queued", replace(DRAWN, owner=OTHER))
    made_run(own_runs_folder, "second", "queued", MINE)
    assert bars(visit(run="second")) == ["Waiting for 1 training before it"]


def test_a_run_that_goes_on_says_how_far_and_how_fast_it_is(visit, own_runs_folder):
    run = made_run(own_runs_folder, state="running", epochs_done=1)
    facts = {"epoch": 1, "epochs": 2, "photos_per_second": 1234.5, "seconds_left": 100.0}
    note = {"stage": "learning", "step": 15, "of": 20, **facts}
    (run.path / "progress.json").write_text(json.dumps(note))
    with run.hold():
        page = visit()
    assert "training" in state(page)
    (bar,) = page.get("progress")
    assert bar.proto.value == 75
    words = "Learning · epoch 2 of 2 · 1,234 photos per second · about 2 min left"
    assert bar.proto.text == words


def test_the_confusion_matrix_of_the_latest_epoch_is_shown_while_a_run_goes_on(
    visit, own_runs_folder
):
    run = made_run(own_runs_folder, state="running", epochs_done=1)
    (run.path / "confusion").mkdir()
    (run.path / "confusion" / "000.csv").write_text("7,0,1\n0,8,0\n2,0,6\n")
    with run.hold():
        page = visit()
    assert "Test photos after epoch 1" in text(page)
    assert any(
        table.value.values.tolist() == [[7, 0, 1], [0, 8, 0], [2, 0, 6]] for table in page.dataframe
    )


def test_curves_are_told_in_words_too(visit, own_runs_folder):
    made_run(own_runs_folder, epochs_done=2)
    accuracy, loss = (chart.proto.alt for chart in visit().get("vega_lite_chart")[:2])
    assert "accuracy: 0.510 on training photos after 2 epochs, 0.410 on test photos" in accuracy
    assert "loss: 0.900 on training photos after 2 epochs, 1.100 on test photos" in loss


def test_only_whoever_started_a_run_can_stop_it(visit, own_runs_folder):
    run = made_run(own_runs_folder, state="queued", settings=MINE)
    assert "Stop" not in labels(visit(OTHER))
    assert not run.wants_to_stop
    press(visit(ME), "Stop")
    assert run.wants_to_stop


def test_a_run_whose_process_died_says_so_and_goes_on_from_its_last_epoch(
    visit, own_runs_folder, started
):
    run = stale(made_run(own_runs_folder, settings=MINE, state="running", epochs_done=1))
    page = visit()
    assert "failed: its process ended unexpectedly; it can be resumed" in state(page)
    assert "Stop" not in labels(page)
    press(page, "Resume")
    assert started == [run]
    assert "waiting" in state(page)
    assert run.epochs_done == 1


def test_nobody_else_can_resume_or_delete_a_run(visit, own_runs_folder):
    stale(made_run(own_runs_folder, settings=MINE, state="running", epochs_done=1))
    assert not {"Resume", "Delete"} & labels(visit(OTHER))


def test_a_run_that_was_stopped_is_of_use_and_can_go_on(visit, own_runs_folder):
    made_run(own_runs_folder, state="stopped", settings=MINE, epochs_done=1)
    page = visit()
    assert "stopped; what it learned until then is kept" in state(page)
    assert {"Resume", "Explain with it", "Download", "Delete"} <= labels(page)


def test_why_a_run_failed_is_said_without_markdown_of_its_own(visit, own_runs_folder):
    made_run(own_runs_folder).set_status("failed", "no **room** left")
    assert r"failed: no \*\*room\*\* left" in state(visit())
