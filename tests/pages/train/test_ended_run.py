"""The Train page of a run that has ended: its scores, its mistakes, and what can be done."""

import json
import shutil
from dataclasses import replace

from made_runs import DRAWN, made_run
from opening import text
from train_view import MINE, OTHER, answer, choose, labels, press

from insects.datasets import load_dataset
from insects.errors import RunError
from insects.networks import NETWORKS
from insects.runs import Run, runs_folder
from insects.ui import runs


def test_a_finished_run_can_be_used_kept_and_removed(visit, own_runs_folder):
    made_run(own_runs_folder, settings=MINE)
    assert {"Explain with it", "Download", "Delete"} <= labels(visit())


def test_another_visitors_finished_run_can_be_used_alone(visit, own_runs_folder):
    made_run(own_runs_folder, settings=MINE)
    page = visit(OTHER)
    assert {"Explain with it", "Download"} <= labels(page)
    assert not {"Delete", "Continue for as many epochs again"} & labels(page)


def test_the_score_comes_with_its_interval_beside_other_splits(visit, own_runs_folder):
    made_run(own_runs_folder, "a")
    made_run(own_runs_folder, "b", settings=replace(DRAWN, split="published"))
    page = visit(run="a")
    scores = next(table.value for table in page.dataframe if "split" in table.value.columns)
    assert set(scores["run"]) == {"a", "b"}
    assert set(scores["split"]) == {"deduplicated", "published"}
    (row,) = scores[scores["run"] == "a"].to_dict("records")
    assert row[""] == "▶"
    assert row["test photos right"] == "89 of 90"
    assert row["accuracy (95 % interval)"] == "98.9% (94%–100%)"


def test_a_cell_of_the_confusion_matrix_opens_its_photos(visit, own_runs_folder):
    page = visit(run=made_run(own_runs_folder).name)
    cells = {b.key: b.label for b in page.button if b.key and b.key.startswith("cell-run-")}
    counts = [int(cells[f"cell-run-{true}-{said}"]) for true in range(3) for said in range(3)]
    assert counts == [30, 0, 0, 0, 30, 0, 1, 0, 29]
    page.button(key="cell-run-2-0").click().run()
    assert "dragonflies, called beetles: 1" in text(page)


def test_the_surest_mistake_is_named(visit, own_runs_folder):
    made_run(own_runs_folder)
    wrong = load_dataset("drawn").part("test")[-1].full_name
    assert f"The surest: {wrong}, called beetles (91 %)" in text(visit())


def test_what_a_temperature_did_is_said_with_its_figures(visit, own_runs_folder):
    run = made_run(own_runs_folder)
    found = {"temperature": 1.5, "photos": 60, "ece_before": 0.08, "ece_after": 0.02}
    metrics = {**run.metrics, "calibration": found}
    (run.path / "metrics.json").write_text(json.dumps(metrics))
    said = text(visit())
    assert "8.0% before and 2.0% after its temperature" in said
    assert "The temperature of 1.50 was fitted on 60 training photos" in said


def test_a_temperature_from_few_photos_is_not_shown_and_the_page_says_why(visit, own_runs_folder):
    run = made_run(own_runs_folder)
    found = {"temperature": 1.5, "photos": 36, "ece_before": 0.41, "ece_after": 0.47}
    (run.path / "metrics.json").write_text(json.dumps({**run.metrics, "calibration": found}))
    said = text(visit())
    assert "fewer than 50 photos could be set aside" in said
    assert not any(odd in said for odd in ("1.50", "41.0%", "47.0%"))


def test_where_a_temperature_was_wanted_and_not_fitted_the_page_says_why(visit, own_runs_folder):
    made_run(own_runs_folder, "wanted", settings=replace(DRAWN, calibrate=True))
    made_run(own_runs_folder, "unwanted")
    assert "No temperature was fitted" in text(visit(run="wanted"))
    assert "temperature" not in text(visit(run="unwanted"))


def test_few_test_photos_have_no_calibration_error_and_no_chart_of_it(visit, garden):
    run = made_run(runs_folder(), settings=replace(MINE, dataset=garden))
    page = visit(run=run.name)
    said = text(page)
    assert "cannot be told from 2 test photos; that takes 50" in said
    assert "calibration error" not in said
    assert not [c for c in page.get("vega_lite_chart") if c.proto.alt.startswith("Reliability")]


def test_the_default_network_says_that_its_temperature_is_from_photos_from_elsewhere(visit):
    assert "fitted on 154 photos from elsewhere" in text(visit(run="efficientnet_lite0"))


def test_a_leaky_split_carries_its_warning_and_an_honest_one_none(visit, own_runs_folder, garden):
    of_garden = replace(MINE, dataset=garden)
    made_run(own_runs_folder, "leaky", settings=replace(of_garden, split="published"))
    made_run(own_runs_folder, "honest", settings=of_garden)
    page = visit(run="leaky")
    (warning,) = page.warning
    assert "1 of the 2 test photos are also training photos" in warning.value
    choose(page, "run", "honest")
    assert not page.warning


def test_a_finished_run_can_have_as_many_epochs_again(visit, own_runs_folder, started):
    run = made_run(own_runs_folder, settings=MINE)
    press(visit(), "Continue for as many epochs again")
    assert started == [run]
    assert Run(run.path).config["recipe"]["epochs"] == 4


def test_a_run_is_deleted_only_when_its_owner_says_yes(visit, own_runs_folder):
    run = made_run(own_runs_folder, settings=MINE)
    page = press(visit(run=run.name), "Delete")
    assert "The run **run** cannot be brought back, unless you have downloaded its zip" in text(
        page
    )
    assert run.path.exists()
    answer(page, "no")
    assert run.path.exists()
    assert not {"Keep"} & labels(page)
    assert page.selectbox(key="run").value == run.name
    assert not page.toast


def test_a_deleted_run_is_gone_and_the_page_says_so_and_shows_another(visit, own_runs_folder):
    run = made_run(own_runs_folder, settings=MINE)
    page = answer(press(visit(run=run.name), "Delete"), "yes")
    assert not run.path.exists()
    assert page.selectbox(key="run").value in NETWORKS
    assert [toast.value for toast in page.toast] == [
        "The run **run** has been deleted. It is gone from this server."
    ]
    assert not {"Keep"} & labels(page)


def test_of_a_run_without_a_network_there_is_no_zip_to_keep(visit, own_runs_folder):
    run = made_run(own_runs_folder, state="failed", settings=MINE)
    page = press(visit(run=run.name), "Delete")
    assert "The run **run** cannot be brought back." in text(page)


def test_where_a_run_cannot_be_deleted_the_question_says_why(visit, own_runs_folder, monkeypatch):
    def refuse(run):
        raise RunError("The run is being trained; stop it first.")

    monkeypatch.setattr(runs, "delete", refuse)
    run = made_run(own_runs_folder, settings=MINE)
    page = answer(press(visit(run=run.name), "Delete"), "yes")
    assert [error.value for error in page.error] == ["The run is being trained; stop it first."]
    assert run.path.exists()
    assert not page.toast


def test_who_does_not_own_a_run_any_more_is_not_asked(visit, own_runs_folder):
    run = made_run(own_runs_folder, settings=MINE)
    page = visit(OTHER, run=run.name, asked_whether=f"delete-{run.name}")
    assert not {"Delete", "Keep"} & labels(page)


def test_a_run_that_somebody_removed_meanwhile_gives_way_to_another(visit, own_runs_folder):
    run = made_run(own_runs_folder)
    page = visit(run=run.name, compared=[run.name, "tang"])
    shutil.rmtree(run.path)
    assert page.run().selectbox(key="run").value in NETWORKS
