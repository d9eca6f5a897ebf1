"""Run directories: found by name, read as they are, written whole or not at all."""

import json

import pytest

from insects.datasets import uploads
from insects.errors import RunError
from insects.runs import NAME, SHIPPED, Run, delete_run, find_run, list_runs, runs_folder

ME, OTHER = "a" * 32, "b" * 32


def make_run(path, status="finished", config=None):
    path.mkdir(parents=True)
    (path / "config.json").write_text(json.dumps(config or {"network": "tang"}))
    (path / "status").write_text(status + "\n")
    return Run(path)


# Finding


def test_the_shipped_network_is_a_finished_run():
    run = find_run("efficientnet_lite0")
    assert run.is_shipped
    assert run.status == ("finished", "")
    assert run.config["class_names"] == ["beetles", "cockroach", "dragonflies"]
    assert run.metrics["test"]["photos"] == sum(map(sum, run.metrics["test"]["confusion"]))


def test_runs_are_listed_shipped_ones_first_and_then_by_name(own_runs_folder):
    make_run(own_runs_folder / "b")
    make_run(own_runs_folder / "a")
    runs = list_runs()
    assert [run.name for run in runs if not run.is_shipped] == ["a", "b"]
    assert [run.is_shipped for run in runs] == sorted((r.is_shipped for r in runs), reverse=True)


def test_a_folder_without_a_configuration_is_no_run(own_runs_folder):
    (own_runs_folder / "half-made").mkdir(parents=True)
    assert "half-made" not in [run.name for run in list_runs()]
    with pytest.raises(RunError):
        find_run("half-made")


def test_without_a_runs_folder_the_shipped_runs_are_listed(own_runs_folder):
    assert not own_runs_folder.exists()
    assert "efficientnet_lite0" in [run.name for run in list_runs()]


def test_the_environment_names_the_runs_folder(own_runs_folder):
    assert runs_folder() == own_runs_folder


def test_without_the_environment_runs_lie_in_the_cache_folder_of_the_user(monkeypatch):
    monkeypatch.delenv("INSECTS_RUNS")
    monkeypatch.delenv("INSECTS_CACHE")
    assert runs_folder().name == "runs"
    assert "insects" in str(runs_folder())


def test_a_shipped_run_wins_over_one_of_the_same_name(own_runs_folder):
    make_run(own_runs_folder / "efficientnet_lite0")
    assert find_run("efficientnet_lite0").is_shipped


def test_a_run_is_found_by_its_path(tmp_path):
    run = make_run(tmp_path / "some" / "run")
    assert find_run(run.path) == find_run(str(run.path)) == run


def test_an_unknown_name_is_refused_with_all_known_ones(own_runs_folder):
    make_run(own_runs_folder / "mine")
    with pytest.raises(RunError, match="'yours'") as caught:
        find_run("yours")
    assert "mine" in str(caught.value)
    assert "efficientnet_lite0" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["..", ".", "", ".hidden", "a/b", "../a", "a\\b", "a b", "é", "-x", "x" * 81, "a\n"]
)
def test_what_is_no_plain_folder_name_is_no_name_of_a_run(name):
    assert not NAME.fullmatch(name)


@pytest.mark.parametrize("name", ["a", "tang-deduplicated-seed0", "Run_2.1", "x" * 80])
def test_a_plain_folder_name_is_a_name_of_a_run(name):
    assert NAME.fullmatch(name)


# Whose they are


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A dataset of a visitor."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    path = uploads.new_dataset_path(ME, "bugs")
    path.mkdir()
    (path / uploads.LEFT_OUT).write_text("[]")
    return path


@pytest.fixture
def run_on(own_runs_folder):
    """Make a run on a dataset."""

    def make(name, dataset, owner=""):
        config = {"network": "tang", "dataset": str(dataset)}
        if owner:
            config["owner"] = uploads.owner_key(owner)
        return make_run(own_runs_folder / name, config=config)

    return make


def seen_by(owner):
    return [run.name for run in list_runs(owner) if not run.is_shipped]


def test_a_run_on_a_visitors_photos_is_seen_by_them_and_by_the_host_alone(run_on, mine):
    run_on("private", mine, ME)
    assert seen_by(ME) == seen_by(None) == ["private"]
    assert seen_by(OTHER) == seen_by("") == seen_by("no token") == []


def test_a_run_on_anybodys_photos_is_seen_by_all(run_on, mine, tmp_path):
    for i, dataset in enumerate(("published", "drawn", tmp_path)):
        run_on(f"run{i}", dataset)
    run_on("run3", "drawn", ME)
    for owner in (None, ME, OTHER, ""):
        assert seen_by(owner) == ["run0", "run1", "run2", "run3"]


def test_the_shipped_runs_are_seen_by_all():
    for owner in (ME, ""):
        assert "efficientnet_lite0" in [run.name for run in list_runs(owner)]


def test_a_visitors_run_stays_theirs_when_photos_are_gone_and_kept_elsewhere(
    run_on, mine, tmp_path, monkeypatch
):
    run_on("private", mine, ME)
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "another"))
    assert seen_by(ME) == ["private"]
    assert seen_by(OTHER) == seen_by("") == []


def test_a_run_of_nobody_on_a_visitors_photos_is_seen_by_no_visitor(run_on, mine):
    run_on("private", mine)
    assert seen_by(ME) == seen_by("") == []
    assert seen_by(None) == ["private"]


def test_a_run_that_cannot_be_read_is_seen_by_no_visitor(run_on):
    (run_on("odd", "drawn").path / "config.json").write_text("{")
    assert seen_by(ME) == []
    assert seen_by(None) == ["odd"]


def test_a_visitor_cannot_find_the_run_of_another_nor_read_its_name(run_on, mine):
    private = run_on("private", mine, ME)
    assert find_run("private", ME) == find_run("private") == private
    for name in ("private", private.path):
        with pytest.raises(RunError) as caught:
            find_run(name, OTHER)
        assert "private" not in str(caught.value).replace(str(name), "")


# Deleting


def test_a_deleted_run_is_gone_and_leaves_the_others(run_on, own_runs_folder):
    run_on("keep", "drawn")
    delete_run(run_on("drop", "drawn"))
    assert [path.name for path in own_runs_folder.iterdir()] == ["keep"]


def test_a_shipped_run_is_never_deleted():
    run = find_run("efficientnet_lite0")
    with pytest.raises(RunError, match="stays"):
        delete_run(run)
    assert (run.path / "model.tflite").is_file()


def test_a_run_cannot_be_deleted_twice(run_on):
    run = run_on("once", "drawn")
    delete_run(run)
    with pytest.raises(RunError, match="cannot be deleted"):
        delete_run(Run(run.path))


def test_a_visitors_photos_stay_when_the_last_run_on_them_is_deleted(run_on, mine):
    delete_run(run_on("first", mine, ME))
    delete_run(run_on("last", mine, ME))
    assert uploads.datasets_of(ME) == [mine]


def test_photos_that_are_no_visitors_stay_when_a_run_on_them_is_deleted(run_on, mine, tmp_path):
    folder = tmp_path / "the hosts"
    folder.mkdir()
    delete_run(run_on("run", folder))
    assert folder.is_dir()


def test_a_run_that_is_being_deleted_is_in_no_list(run_on, monkeypatch):
    run = run_on("drop", "drawn")
    listed = []
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: listed.append(seen_by(None)))
    delete_run(run)
    assert listed == [[]]
    assert seen_by(None) == []


# Reading


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("finished", ("finished", "")),
        ("stopped after 3 minutes\n", ("stopped", "after 3 minutes")),
        ("failed the disk is full\n", ("failed", "the disk is full")),
    ],
)
def test_the_status_is_a_state_and_why(text, status, tmp_path):
    assert make_run(tmp_path / "run", text).status == status


def test_a_run_without_a_status_has_failed(tmp_path):
    run = make_run(tmp_path / "run")
    (run.path / "status").unlink()
    assert run.status[0] == "failed"


def test_a_run_with_an_unknown_status_has_failed_and_says_what_it_was(tmp_path):
    state, why = make_run(tmp_path / "run", "exploded").status
    assert state == "failed"
    assert "exploded" in why


def test_a_status_that_was_set_is_read_back(tmp_path):
    run = make_run(tmp_path / "run", "queued")
    run.set_status("failed", "it was\ninterrupted")
    assert Run(run.path).status == ("failed", "it was interrupted")


@pytest.mark.parametrize("state", ["queued", "failed no memory left"])
def test_an_unfinished_run_is_refused_with_its_state_and_why(state, tmp_path):
    with pytest.raises(RunError, match=state.replace(" ", ": ", 1)):
        make_run(tmp_path / "run", state).require_finished()


def test_a_finished_run_may_be_used(tmp_path):
    run = make_run(tmp_path / "run")
    assert run.require_finished() is run


@pytest.mark.parametrize("text", ["", "{", "\0\0", "[]", "1"])
def test_an_unreadable_file_is_refused_with_its_name(text, tmp_path):
    run = make_run(tmp_path / "run")
    (run.path / "config.json").write_text(text)
    (run.path / "metrics.json").write_text(text)
    with pytest.raises(RunError, match=r"config\.json"):
        _ = run.config
    with pytest.raises(RunError, match=r"metrics\.json"):
        _ = run.metrics


def test_the_history_has_a_row_of_numbers_an_epoch(tmp_path):
    run = make_run(tmp_path / "run")
    (run.path / "history.csv").write_text("epoch,accuracy,loss\n0,0.5,1.25\n1,0.75,0.5\n")
    assert run.history == [
        {"epoch": 0, "accuracy": 0.5, "loss": 1.25},
        {"epoch": 1, "accuracy": 0.75, "loss": 0.5},
    ]


def test_a_run_that_has_not_begun_has_an_empty_history(tmp_path):
    run = make_run(tmp_path / "run")
    assert run.history == []
    (run.path / "history.csv").touch()
    assert run.history == []


def test_a_row_of_history_that_is_half_written_is_left_out(tmp_path):
    """A training was killed, or is watched, in the middle of a row."""
    run = make_run(tmp_path / "run")
    (run.path / "history.csv").write_text("epoch,accuracy,loss\n0,0.5,1.25\n1,0.7")
    assert [row["epoch"] for row in run.history] == [0]


def test_the_shipped_history_has_an_epoch_for_each_of_the_recipe():
    run = find_run("efficientnet_lite0")
    epochs = run.config["recipe"]["epochs"]
    assert [row["epoch"] for row in run.history] == list(range(epochs))


def test_shipped_runs_hold_nothing_that_leads_into_the_makers_folders():
    for path in SHIPPED.rglob("*.json"):
        assert '"/' not in path.read_text(), "a string that begins as an absolute path does"
