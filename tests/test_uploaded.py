"""Visitors' own datasets: whose they are, how long they stay, and how many."""

import json
import os
import threading
import time
from contextlib import contextmanager, nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insects.datasets import dataset_title, uploads
from insects.datasets.uploads import (
    DRAFT_SECONDS,
    KEPT_SECONDS,
    MAX_DATASETS,
    MAX_WAITING,
    datasets_of,
    is_private,
    kept_with,
    may_use,
    new_dataset_path,
    remove,
    remove_expired,
    visitor_folder,
    visitors_folder,
)
from insects.errors import DatasetError, SettingsError
from insects.runs import NAME, delete_run, install, runs_folder
from insects.storage import cache_folder
from insects.training.settings import Settings

ME, OTHER = "a" * 32, "0123456789abcdef" * 2
NOW = 2_000_000_000


@pytest.fixture(autouse=True)
def own_visitors(tmp_path, monkeypatch):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path))


def made(owner, name="bugs", age=0, size=10):
    """A dataset of a visitor, as it is after unpacking."""
    path = new_dataset_path(owner, name)
    (path / "ants").mkdir(parents=True)
    (path / "ants" / "1.jpg").write_bytes(bytes(size))
    (path / uploads.LEFT_OUT).write_text("[]")
    return aged(path, age)


def aged(path, age):
    for file in (path / uploads.LEFT_OUT, path):
        if file.exists():
            os.utime(file, (NOW - age, NOW - age))
    return path


# Whose they are


def test_a_visitor_has_a_folder_that_nobody_can_guess_from_it_the_token():
    folder = visitor_folder(ME)
    assert folder.parent == visitors_folder()
    assert ME not in str(folder)
    assert folder != visitor_folder(OTHER)
    assert folder == visitor_folder(ME)


@pytest.mark.parametrize(
    "token", ["", "..", "a" * 31, "A" * 32, "../" * 12, "a" * 129, "a" * 31 + "\n", "ä" * 32]
)
def test_what_is_no_token_is_refused(token):
    for function in (visitor_folder, lambda owner: new_dataset_path(owner, "bugs")):
        with pytest.raises(SettingsError, match="token"):
            function(token)
    assert not visitors_folder().exists()


def test_visitors_see_their_own_datasets_alone_the_newest_first():
    old, new, theirs = made(ME, age=9), made(ME), made(OTHER)
    assert datasets_of(ME) == [new, old]
    assert datasets_of(OTHER) == [theirs]
    assert datasets_of("") == []
    assert datasets_of("c" * 32) == []


def test_what_is_not_whole_is_no_dataset_yet():
    path = new_dataset_path(ME, "bugs")
    (path / "ants").mkdir(parents=True)
    path.with_name(f".{path.name}-draft").mkdir()
    path.with_name(f".{path.name}.zip").touch()
    assert datasets_of(ME) == []


def test_only_what_lies_in_the_visitors_folder_is_private(tmp_path):
    path = made(ME)
    assert is_private(path)
    assert is_private(str(path))
    assert is_private(path.parent / "nowhere" / ".." / path.name)
    for other in ("published", "drawn", tmp_path, visitors_folder(), "/", "", "a\0b", "x" * 9999):
        assert not is_private(other)
    assert not is_private(path / ".." / ".." / ".." / "elsewhere")


def test_a_way_around_leads_to_a_private_dataset_all_the_same(tmp_path):
    (tmp_path / "link").symlink_to(made(ME))
    assert is_private(tmp_path / "link")


def test_a_visitor_may_use_what_is_theirs_or_nobodys(tmp_path):
    path = made(ME)
    assert may_use(path, ME)
    assert not may_use(path, OTHER)
    assert not may_use(path, "")
    for nobodys in ("published", "drawn", str(tmp_path)):
        assert may_use(nobodys, OTHER)
        assert may_use(nobodys, "")


def test_nobody_else_on_the_machine_can_look_into_a_visitors_folder():
    assert made(ME).parent.stat().st_mode & 0o077 == 0


# Names


def test_a_dataset_is_called_as_its_visitor_calls_it():
    assert dataset_title(str(made(ME, "My bugs"))) == "My-bugs"
    assert dataset_title(str(made(ME, "My bugs"))) == "My-bugs-2"
    assert dataset_title(str(made(OTHER, "My bugs"))) == "My-bugs"


@given(st.text(max_size=100))
def test_any_name_gives_a_new_folder_right_in_the_visitors_and_a_name_for_runs(name):
    one, other = (new_dataset_path(ME, name) for _ in range(2))
    assert one != other
    for path in (one, other):
        assert path.parent == visitor_folder(ME)
        assert not path.exists()
        assert NAME.fullmatch(path.name)
        name_of_run = Settings(
            "efficientnet_lite0", dataset=str(path), split="by_series_10_of_10", seed=2**32 - 1
        ).run_name
        assert NAME.fullmatch(name_of_run)
        assert path.name in name_of_run


def test_too_many_zips_of_one_visitor_at_once_are_refused():
    for i in range(MAX_WAITING):
        path = new_dataset_path(ME, f"bugs{i}")
        path.with_name(f".{path.name}.zip").touch()
    with pytest.raises(DatasetError, match="still being unpacked"):
        new_dataset_path(ME, "more")
    assert new_dataset_path(OTHER, "bugs")


def test_zips_that_fill_the_disk_are_refused(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 100)
    path = new_dataset_path(OTHER, "bugs")
    path.with_name(f".{path.name}.zip").write_bytes(bytes(101))
    with pytest.raises(DatasetError, match="some minutes"):
        new_dataset_path(ME, "bugs")


# What is kept with them


def test_what_is_made_from_a_visitors_photos_goes_with_them(tmp_path):
    path = made(ME)
    assert kept_with(path).is_relative_to(path)
    assert kept_with(None) == kept_with(tmp_path) == cache_folder()
    kept_with(path).mkdir()
    remove(path, ME)
    assert not path.exists()


def test_what_is_kept_with_a_dataset_is_no_part_of_it():
    from insects.datasets.folder import is_hidden

    assert is_hidden(kept_with(made(ME)).name)


# How long they stay


def test_datasets_stay_for_a_day():
    stays, goes = made(ME, age=KEPT_SECONDS - 1), made(OTHER, age=KEPT_SECONDS + 1)
    remove_expired(NOW)
    assert stays.is_dir()
    assert not goes.exists()


def test_a_look_at_a_dataset_does_not_make_it_stay_longer():
    path = made(ME, age=KEPT_SECONDS + 1)
    kept_with(path).mkdir()  # changes the time of the folder itself
    remove_expired(NOW)
    assert not path.exists()


def test_drafts_go_when_they_are_given_up():
    folder = made(ME).parent
    drafts = {name: folder / name for name in (".bugs.zip", ".bugs-draft", ".removed-1", "half")}
    drafts[".bugs.zip"].touch()
    for path in drafts.values():
        if not path.exists():
            (path / "ants").mkdir(parents=True)
        aged(path, DRAFT_SECONDS - 1)
    remove_expired(NOW)
    assert all(path.exists() for path in drafts.values())
    remove_expired(NOW + 2)
    assert not any(path.exists() for path in drafts.values())
    assert len(datasets_of(ME)) == 1


def test_a_visitor_who_has_nothing_any_more_leaves_no_folder():
    made(ME, age=KEPT_SECONDS + 1)
    remove_expired(NOW)
    assert list(visitors_folder().iterdir()) == []


def test_a_folder_that_was_just_given_to_a_visitor_stays():
    path = new_dataset_path(ME, "bugs")
    remove_expired()
    assert path.parent.is_dir()


def test_the_oldest_of_too_many_datasets_of_a_visitor_goes():
    paths = [made(ME, age=age) for age in range(MAX_DATASETS + 2)]
    theirs = made(OTHER, age=99)
    remove_expired(NOW)
    assert datasets_of(ME) == paths[:MAX_DATASETS]
    assert theirs.is_dir()


def test_the_oldest_of_all_go_when_there_is_too_much(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 25_000)
    paths = [made(owner, age=i, size=7000) for i, owner in enumerate((ME, OTHER, ME))]
    remove_expired(NOW)
    assert [path.is_dir() for path in paths] == [True, True, False]


def test_without_visitors_there_is_nothing_to_remove():
    remove_expired(NOW)
    assert not visitors_folder().exists()


def test_what_cannot_be_removed_does_not_stop_the_rest(monkeypatch):
    gone = [made(owner, age=KEPT_SECONDS + 1) for owner in (ME, OTHER)]
    real = type(gone[0]).rename

    def rename(path, target):
        if path == min(gone):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, target)

    monkeypatch.setattr(type(gone[0]), "rename", rename)
    remove_expired(NOW)
    assert [path.exists() for path in sorted(gone)] == [True, False]


def test_many_can_tidy_up_at_once():
    """Each removes what it finds, whatever the others have just removed."""
    for owner in (f"{i:032x}" for i in range(20)):
        made(owner, age=KEPT_SECONDS + 1)
    kept = made(ME)
    errors = []

    def tidy():
        try:
            remove_expired(NOW)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=tidy) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [path for path in visitors_folder().glob("*/*") if path.is_dir()] == [kept]


def test_the_clock_is_asked_where_no_time_is_given():
    path = aged(made(ME), NOW - time.time())
    remove_expired()
    assert path.is_dir()


# Trainings on them


STATES = ("queued", "running", "stale", "finished", "stopped", "failed", "deleted")
ALIVE = ("queued", "running")


@contextmanager
def run_on(dataset, state, name="run"):
    """A run on a dataset: while the block runs it is in that state, as a process would have it."""
    config = {"network": "tang", "dataset": str(dataset), "owner": uploads.owner_key(ME)}
    run = install(runs_folder() / name, {"config.json": json.dumps(config)})
    run.set_status("running" if state == "stale" else state if state != "deleted" else "failed")
    if state == "deleted":
        delete_run(run)
    with run.hold() if state == "running" else nullcontext():
        yield run


@pytest.mark.parametrize("reason", ["a day", "a fourth zip", "no room", "none"])
@pytest.mark.parametrize("state", STATES)
def test_a_dataset_goes_by_its_age_and_the_limits_unless_a_training_needs_it(
    state, reason, monkeypatch
):
    path = made(ME, age=KEPT_SECONDS + 1 if reason == "a day" else 100, size=5000)
    newer = [made(ME, "newer") for _ in range(MAX_DATASETS if reason == "a fourth zip" else 1)]
    if reason == "no room":
        monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 5000)
    with run_on(path, state):
        remove_expired(NOW)
        assert path.is_dir() == (state in ALIVE or reason == "none")
    if reason != "no room":  # there the newer one had to go for the one in use
        assert all(one.is_dir() for one in newer)


@pytest.mark.parametrize("reason", ["a day", "a fourth zip", "no room"])
def test_when_the_training_has_ended_the_next_tidying_decides(reason, monkeypatch):
    path = made(ME, age=KEPT_SECONDS + 1 if reason == "a day" else 100, size=5000)
    with run_on(path, "running") as run:
        if reason == "a fourth zip":
            for _ in range(MAX_DATASETS):
                made(ME, "newer")
        if reason == "no room":
            monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 5000)
        remove_expired(NOW)
        assert path.is_dir()
        run.set_status("finished")
    remove_expired(NOW)
    assert not path.exists()


def test_a_zip_that_was_just_brought_outlives_the_runs_on_it():
    path = made(ME)
    for state in ("finished", "failed"):
        with run_on(path, state, f"run-{state}") as run:
            delete_run(run)
    remove_expired(NOW)
    assert path.is_dir()


def test_of_many_runs_one_that_waits_is_enough():
    path = made(ME, age=KEPT_SECONDS + 1)
    with run_on(path, "finished", "a"), run_on(path, "queued", "b"), run_on(path, "failed", "c"):
        remove_expired(NOW)
    assert path.is_dir()


def test_a_training_keeps_its_own_photos_and_no_others():
    used, other, theirs = (made(o, age=KEPT_SECONDS + 1) for o in (ME, ME, OTHER))
    with run_on(used, "running"), run_on("drawn", "running", "drawn"):
        remove_expired(NOW)
    assert [path.exists() for path in (used, other, theirs)] == [True, False, False]


def test_photos_that_trainings_keep_count_first_for_the_room(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 29_000)  # two, with their folders
    paths = [made(owner, age=i, size=10_000) for i, owner in enumerate((ME, OTHER, ME, OTHER))]
    with run_on(paths[3], "running"):
        remove_expired(NOW)
    assert [path.is_dir() for path in paths] == [True, False, False, True]


def test_a_visitor_removes_their_own_photos_unless_a_training_needs_them():
    path = made(ME)
    with run_on(path, "running") as run:
        with pytest.raises(DatasetError, match="stop it first"):
            remove(path, ME)
        assert path.is_dir()
        run.set_status("stopped")
    remove(path, OTHER)
    remove(path, "")
    assert path.is_dir()
    remove(path, ME)
    assert not path.exists()


def test_what_is_nobodys_is_never_removed_at_a_visitors_wish(tmp_path):
    folder = tmp_path / "the hosts"
    folder.mkdir()
    for name in (folder, "published", visitors_folder(), tmp_path):
        remove(name, ME)
    assert folder.is_dir()
