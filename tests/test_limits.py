"""What the host allows to trainings: how many, how large, how long, and how much disk."""

import os
from dataclasses import replace

import pytest
from small_training import ME, OTHER, SETTINGS, create, photos_folder, small_dataset  # noqa: F401

from insects.errors import RunError, SettingsError
from insects.networks import NETWORKS
from insects.runs import Run, find_run
from insects.training import launch, limits
from insects.training.limits import Limits, check_fit, tidy_runs

# What the host allows


def test_a_visitor_has_at_most_so_many_waiting(not_spawned):
    for _ in range(Limits().queued_per_owner):
        launch.start(SETTINGS)
    with pytest.raises(RunError, match="2 of your trainings wait"):
        launch.start(SETTINGS)
    launch.start(replace(SETTINGS, owner=OTHER))


def test_all_together_have_at_most_so_many_waiting(not_spawned, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_QUEUED", "1")
    launch.start(SETTINGS)
    with pytest.raises(RunError, match="1 trainings wait"):
        launch.start(replace(SETTINGS, owner=OTHER))


def test_a_training_gets_no_more_minutes_than_the_host_allows(not_spawned):
    assert launch.start(SETTINGS).config["minutes"] == Limits().minutes
    assert launch.start(replace(SETTINGS, minutes=2)).config["minutes"] == 2


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("EPOCHS", "1", "At most 1 epochs are possible here, not 2"),
        ("PHOTOS", "20", "at most 20 photos; these are 21"),
        ("MINUTES", "0.01", "minutes; 0.01 are possible here"),
    ],
)
def test_what_is_too_much_is_refused_with_the_figure(
    variable, value, said, monkeypatch, not_spawned, own_runs_folder
):
    monkeypatch.setenv(f"INSECTS_MAX_{variable}", value)
    with pytest.raises(SettingsError, match=said):
        launch.start(SETTINGS)
    assert not own_runs_folder.exists()
    assert not not_spawned


def test_a_training_that_needs_more_memory_than_is_free_is_refused_with_both(monkeypatch):
    monkeypatch.setattr(limits, "megabytes_free", lambda: 1100.0)
    check_fit("efficientnet_lite0", 1000, NETWORKS["efficientnet_lite0"].recipe)
    with pytest.raises(SettingsError, match=r"need about 1,\d+ MB of memory; 1,100 MB are free"):
        check_fit("zhang", 1000, NETWORKS["zhang"].recipe)


def test_the_quota_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000000000\n")
    (tmp_path / "memory.current").write_text("700000000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 100000000\n")
    assert limits.megabytes_free() == pytest.approx(400)
    (tmp_path / "memory.max").write_text("max\n")
    assert limits.megabytes_free() != pytest.approx(400)


def test_the_articles_recipes_fit_on_the_articles_photos(monkeypatch):
    monkeypatch.setattr(limits, "megabytes_free", lambda: 2700.0)
    for name, network in NETWORKS.items():
        check_fit(name, 1199, network.recipe)


@pytest.mark.parametrize("text", ["many", "-1", "0", "nan", "inf"])
def test_a_limit_that_is_no_number_is_refused_by_its_name(text, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_EPOCHS", text)
    with pytest.raises(SettingsError, match="INSECTS_MAX_EPOCHS"):
        limits.limits()


def test_more_epochs_than_allowed_are_refused_when_a_visitor_goes_on(not_spawned):
    run = launch.start(SETTINGS)
    run.set_status("failed")
    with pytest.raises(SettingsError, match="At most 60 epochs"):
        launch.resume(run, ME, epochs=61)
    launch.resume(run, ME, epochs=60)
    assert Run(run.path).config["recipe"]["epochs"] == 60


# Disk


@pytest.fixture
def aged(own_runs_folder):
    """Runs of a megabyte each, the first one the oldest."""
    runs = []
    for age, name in enumerate("abcd"):
        run = create(name, folder=own_runs_folder)
        (run.path / "model.keras").write_bytes(bytes(1_000_000))
        run.set_status("finished")
        os.utime(run.path / "status", (1e9 + age, 1e9 + age))
        runs.append(run)
    return runs


def test_the_oldest_runs_go_first_when_all_take_too_much(aged, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "3")
    assert tidy_runs() == ["a", "b"]
    assert tidy_runs() == []
    assert find_run("tang").is_shipped


def test_pinned_runs_and_those_that_go_on_stay(aged, monkeypatch):
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "3")
    (aged[0].path / "pinned").touch()
    assert aged[0].is_pinned
    aged[1].set_status("running")
    os.utime(aged[1].path / "status", (1e9, 1e9))
    with aged[1].hold():
        assert tidy_runs() == ["c", "d"]


def test_a_start_tidies_up(aged, monkeypatch, not_spawned):
    monkeypatch.setenv("INSECTS_MAX_RUNS_MEGABYTES", "4")
    launch.start(SETTINGS)
    assert not aged[0].path.exists()
    assert aged[1].path.exists()
