"""The Train page, without a browser and without a training: what each choice and press leads to."""

import json
import os
import re
import shutil
from dataclasses import replace

import pytest
from made import DRAWN, made_run
from opening import text
from PIL import Image
from streamlit.testing.v1 import AppTest

from insects import bundle
from insects.bundle import export_run
from insects.bundle_checks import MAX_BYTES
from insects.datasets import load_dataset, uploads
from insects.datasets.splits import is_ready
from insects.networks import NETWORKS, Recipe
from insects.runs import Run, folder, list_runs
from insects.training import launch, limits
from insects.ui import datasets
from insects.ui import runs as runs_of_page

ME, OTHER = "a" * 32, "b" * 32
MINE = replace(DRAWN, owner=ME)
NOTHING_TRAINED = "Nothing has been trained here yet"


@pytest.fixture(autouse=True)
def new_server(monkeypatch):
    """Start each test with a server that nobody has visited, and without the published photos."""
    monkeypatch.delenv("INSECTS_PHOTOS", raising=False)
    datasets._dataset.clear()


@pytest.fixture(autouse=True)
def started(monkeypatch):
    """The runs for which a process would have been started; none is."""
    runs = []
    monkeypatch.setattr(launch, "_spawn", lambda run, owner: runs.append(run))
    return runs


@pytest.fixture
def visit(open_page):
    """Return a function that opens the page for a visitor, or another one."""

    def open_one(visitor=ME, **session) -> AppTest:
        return open_page("train", visitor=visitor, **session)

    return open_one


@pytest.fixture
def garden():
    """A visitor's own photos of two classes; one of the two test photos is a training photo too."""
    path = uploads.new_dataset_path(ME, "garden")
    photos = iter(load_dataset("drawn", seed=9).photos)
    for part in ("train", "test"):
        for label in ("ants", "bees"):
            (path / part / label).mkdir(parents=True)
            Image.fromarray(next(photos).load()).save(path / part / label / "0.png")
    shutil.copy(path / "train" / "ants" / "0.png", path / "test" / "ants" / "0.png")
    (path / uploads.LEFT_OUT).write_text("[]")
    yield str(path)
    shutil.rmtree(path, ignore_errors=True)


def state(page: AppTest) -> str:
    """Return how the run on show is, in the page's words."""
    return next(line for line in text(page).splitlines() if line.startswith(":material/"))


def labels(page: AppTest) -> set[str]:
    """Return what all buttons say, those to download with among them."""
    return {button.label for button in [*page.button, *page.get("download_button")]}


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def choose(page: AppTest, key: str, value) -> AppTest:
    kinds = (page.radio, page.selectbox, page.slider, page.select_slider, page.toggle)
    widgets = [*page.get("button_group"), *(widget for kind in kinds for widget in kind)]
    return next(widget for widget in widgets if widget.key == key).set_value(value).run()


def listed(page: AppTest) -> str:
    """Return the titles of the runs that can be chosen."""
    return "\n".join(page.selectbox(key="run").options)


def bars(page: AppTest) -> list[str]:
    """Return the words at the progress bars."""
    return [bar.proto.text for bar in page.get("progress")]


def ours() -> list[Run]:
    return [run for run in list_runs() if not run.is_shipped]


def stale(run: Run) -> Run:
    """The run as it is when its process was killed."""
    run.set_status("running")
    os.utime(run.path / "status", (0, 0))
    return run


# What can be chosen


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("efficientnet_lite0", "3,843"), ("zhang", "8,412,707"), ("tang", "5,611,083")],
)
def test_each_network_comes_with_its_sentence_and_how_many_numbers_it_learns(name, numbers, visit):
    captions = visit().radio(key="train-network").proto.captions
    (said,) = [caption for caption in captions if caption.startswith(NETWORKS[name].sentence)]
    assert said.endswith(f" {numbers} numbers to learn.")


def test_the_numbers_to_learn_are_for_as_many_classes_as_the_photos_have(visit, garden):
    page = choose(visit(), "train-dataset", garden)
    assert " 2,562 numbers to learn." in page.radio(key="train-network").proto.captions[0]


def test_a_split_is_explained_in_a_sentence(visit):
    page = visit()
    assert "Without those training photos that are also test photos." in text(page)
    choose(page, "train-split", "published")
    assert "Of five drawn photos four are for training and one is for testing." in text(page)


def test_choosing_a_network_sets_the_recipe_it_is_usually_trained_with(visit):
    page = choose(visit(), "train-network", "zhang")
    assert page.slider(key="epochs").value == 5
    assert page.select_slider(key="batch_size").value == 32
    assert page.select_slider(key="learning_rate").value == 1e-3


def test_the_layers_of_the_chosen_network_are_listed_with_their_sizes(visit, garden):
    page = choose(visit(), "train-network", "tang")
    assert "The layers of Tang's network" in [box.label for box in page.expander]
    choose(page, "train-dataset", garden)
    layers = page.dataframe[0].value
    assert layers["output_shape"].iloc[-1] == "(None, 2)"
    assert layers["parameters"].sum() > 5_000_000


def test_no_more_epochs_can_be_chosen_than_the_host_allows(visit, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", "3")
    slider = visit().slider(key="epochs")
    assert (slider.max, slider.value) == (3, 3)


def test_a_host_may_allow_a_single_epoch(visit, monkeypatch, started):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", "1")
    page = press(visit(), "Start")
    assert not page.slider
    assert started[0].config["recipe"]["epochs"] == 1


# Starting


def test_start_makes_a_run_of_this_visitors_that_waits_and_is_shown(visit, started):
    page = press(visit(), "Start")
    (run,) = ours()
    assert started == [run]
    assert run.status[0] == "queued"
    assert run.is_owned_by(ME)
    assert run.config["dataset"] == "drawn"
    assert page.selectbox(key="run").value == run.name
    assert "waiting" in state(page)


def test_a_run_is_trained_as_was_chosen(visit, started):
    page = choose(visit(), "train-network", "zhang")
    choose(page, "train-split", "published")
    choose(page, "epochs", 7)
    choose(page, "learning_rate", 3e-4)
    choose(page, "augment", True)
    press(page, "Start")
    config = started[0].config
    assert (config["network"], config["split"], config["augment"]) == ("zhang", "published", True)
    assert config["recipe"] == Recipe(7, 32, "adam", 3e-4).to_dict()


def test_photos_cannot_be_varied_before_a_backbone(visit, started):
    page = choose(choose(visit(), "train-network", "tang"), "augment", True)
    choose(page, "train-network", "efficientnet_lite0")
    assert page.toggle(key="augment").disabled
    press(page, "Start")
    assert started[0].config["augment"] is False


def test_who_starts_a_training_for_the_first_time_is_known_from_then_on(visit, started):
    page = press(visit(visitor=""), "Start")
    token = page.session_state.visitor
    assert started[0].is_owned_by(token)
    assert any(f"={token};" in element.proto.body for element in page.get("html"))


def refused(page: AppTest, words: str, started: list[Run]) -> None:
    press(page, "Start")
    (error,) = page.error
    assert re.search(words, error.value)
    assert not started


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("PHOTOS", "20", "at most 20 photos; these are 450"),
        ("MINUTES", "0.01", r"about \d+ minutes; 0.01 are possible here"),
        ("EPOCHS", "201", "epochs must be from 1 to 200, not 201"),
    ],
)
def test_a_training_that_is_too_much_for_the_host_is_refused_in_words(
    variable, value, words, visit, monkeypatch, started
):
    monkeypatch.setenv(f"INSECTS_MAX_{variable}", value)
    page = visit()
    if variable == "EPOCHS":
        choose(page, "epochs", int(value))
    refused(page, words, started)
    assert not ours()


def test_a_training_that_needs_more_memory_than_is_free_is_refused_with_both(
    visit, monkeypatch, started
):
    monkeypatch.setattr(limits, "megabytes_free", lambda: 700.0)
    refused(visit(), r"would need about [\d,]+ MB of memory; 700 MB are free", started)
    assert not ours()


def test_who_has_enough_trainings_that_wait_can_start_no_more(visit, own_runs_folder, started):
    for name in "ab":
        made_run(own_runs_folder, name, "queued", MINE)
    refused(visit(), "2 of your trainings wait already", started)


# Watching


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
    alts = [chart.proto.alt for chart in visit().get("vega_lite_chart")]
    assert "run, accuracy, 0.410 on test photos after 2 epochs" in alts
    assert "run, loss, 1.100 on test photos after 2 epochs" in alts


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


# When it has ended


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
    said = "8.0% before and 2.0% after a temperature of 1.50, fitted on 60 training photos"
    assert said in text(visit())


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


def test_a_deleted_run_is_gone_and_another_is_shown(visit, own_runs_folder):
    run = made_run(own_runs_folder, settings=MINE)
    page = press(visit(run=run.name), "Delete")
    assert not run.path.exists()
    assert page.selectbox(key="run").value in NETWORKS


def test_a_run_that_somebody_removed_meanwhile_gives_way_to_another(visit, own_runs_folder):
    run = made_run(own_runs_folder)
    page = visit(run=run.name, compared=[run.name, "tang"])
    shutil.rmtree(run.path)
    assert page.run().selectbox(key="run").value in NETWORKS


# Which runs there are


def test_before_anything_was_trained_the_page_says_so_and_shows_what_came_with_it(visit):
    page = visit()
    assert NOTHING_TRAINED in text(page)
    assert "comes with the app" in text(page)


def test_where_there_is_no_run_at_all_the_page_says_what_to_do(visit, monkeypatch, tmp_path):
    monkeypatch.setattr(folder, "SHIPPED", tmp_path / "none")
    page = visit()
    assert NOTHING_TRAINED in page.info[0].value
    assert "press **Start**" in page.info[0].value
    assert not page.warning


def test_once_something_was_trained_nobody_says_that_nothing_was(visit, own_runs_folder):
    made_run(own_runs_folder)
    assert NOTHING_TRAINED not in text(visit())


def test_at_first_the_latest_run_of_ones_own_is_shown(visit, own_runs_folder):
    for age, (name, owner) in enumerate({"theirs": OTHER, "new": ME, "ancient": ME}.items()):
        run = made_run(own_runs_folder, name, settings=replace(DRAWN, owner=owner))
        os.utime(run.path / "config.json", (1e9 - age, 1e9 - age))
    assert visit().selectbox(key="run").value == "new"


def test_a_run_that_goes_on_is_listed_before_those_that_have_ended(visit, own_runs_folder):
    made_run(own_runs_folder, "alive", "queued")
    made_run(own_runs_folder, "ended")
    os.utime(own_runs_folder / "alive" / "config.json", (0, 0))
    assert [title.rpartition(" · ")[2] for title in listed(visit()).splitlines()[:2]] == [
        "alive",
        "ended",
    ]


def test_no_page_looks_for_series_of_photos_only_to_show_a_run(
    visit, own_runs_folder, monkeypatch, tmp_path
):
    run = made_run(own_runs_folder)
    (run.path / "config.json").write_text(json.dumps({**run.config, "split": "by_series"}))
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    assert "by series" in listed(visit())
    assert not is_ready(load_dataset("drawn"), "by_series")


def test_a_run_on_a_visitors_own_photos_is_seen_by_them_alone(visit, own_runs_folder, garden):
    made_run(own_runs_folder, "secret", settings=replace(MINE, dataset=garden))
    assert "on garden" in listed(visit(ME))
    page = visit(OTHER, run="secret", compared=["secret"])
    assert not re.search("garden|secret", listed(page) + text(page))
    assert "secret" not in page.multiselect(key="compared").value


BROKEN = {
    "cut": "{",
    "list": "[]",
    "empty": "{}",
    "unknown network": '{"network": "resnet"}',
    "no recipe": json.dumps({**DRAWN.to_config(), "class_names": ["a", "b"], "recipe": None}),
    "odd split": json.dumps({**DRAWN.to_config(), "class_names": ["a", "b"], "split": 3}),
    "no classes": json.dumps(DRAWN.to_config()),
}


@pytest.mark.parametrize("config", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_config_costs_nobody_the_other_runs(config, visit, own_runs_folder):
    made_run(own_runs_folder, "good")
    (made_run(own_runs_folder, "broken").path / "config.json").write_text(config)
    page = visit(run="broken")
    assert "· good" in listed(page)
    assert "broken" not in listed(page)
    assert "How good it is" in text(page)


@pytest.mark.parametrize("metrics", ["{", "{}", '{"test": {}}', '{"test": 3}'])
def test_broken_metrics_cost_nobody_the_other_scores(metrics, visit, own_runs_folder):
    made_run(own_runs_folder, "good")
    (made_run(own_runs_folder, "broken").path / "metrics.json").write_text(metrics)
    page = visit(run="good")
    assert "How good it is" in text(page)
    choose(page, "run", "broken")
    assert "How good it is" not in text(page)
    assert "Explain with it" not in labels(page)


# Comparing


def test_runs_are_compared_with_their_settings_side_by_side(visit, own_runs_folder):
    made_run(own_runs_folder, "a")
    tang = replace(DRAWN, network="tang", seed=3, recipe=Recipe(4, 8, "sgd", 0.01), augment=True)
    made_run(own_runs_folder, "b", settings=tang)
    page = visit(compared=["a", "b"])
    table = page.dataframe[-1].value
    assert list(table.columns) == ["a", "b"]
    assert table.loc["network"].tolist() == ["efficientnet_lite0", "tang"]
    assert table.loc["seed"].tolist() == ["0", "3"]
    assert table.loc["batch_size"].tolist() == ["32", "8"]
    assert table.loc["augmentation"].tolist() == ["no", "yes"]
    assert table.loc["test accuracy"].tolist() == ["41.0%", "43.0%"]
    alts = [chart.proto.alt for chart in page.get("vega_lite_chart")]
    assert any("a, accuracy" in alt and "b, accuracy" in alt for alt in alts)


def test_a_run_that_has_no_epoch_yet_cannot_be_compared(visit, own_runs_folder):
    made_run(own_runs_folder, "fresh", "queued", MINE)
    assert not any("fresh" in title for title in visit().multiselect(key="compared").options)


# Bringing one back


@pytest.fixture
def unchecked(monkeypatch):
    """Take each network in a zip for a good one: to look takes a process of its own."""
    monkeypatch.setattr(bundle, "_check_export", lambda export, config: None)


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
    press(page, "Delete")
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
        {"calibration": {"photos": 2}},
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
