"""Fetches that are stopped or killed: nothing counts, and the next one works."""

import random

import pytest
from cache_folder import LOCK, assert_all_installed, assert_nothing_installed, kept, refused
from fetching_process import fetching, read_until
from github_archive import packed
from photo_server import PATIENCE

from insects.__main__ import main
from insects.datasets.fetch import fetch_published


@pytest.mark.parametrize("seed", range(20))
def test_a_download_that_broke_off_leaves_nothing_and_the_next_one_works(server, squares, seed):
    body = packed(squares)
    stop_at = random.Random(seed).randrange(len(body))
    server.sends(body[:stop_at], length=len(body))
    refused(server)
    server.sends(body)
    fetch_published(url=server.url)
    assert_all_installed(squares)


class Stop(BaseException):
    """Ends the work from within, as Ctrl-C does."""


def stop_at(stage, done):
    """Return what raises at a step of the work, as whoever is shown the progress may do."""

    def on_progress(*step):
        if step[:2] == (stage, done) or (step[0] == stage and done is None):
            raise Stop

    return on_progress


@pytest.mark.parametrize("done", range(13))
def test_stopping_while_photos_are_checked_leaves_nothing_and_the_next_fetch_works(
    server, squares, done
):
    server.sends(packed(squares))
    with pytest.raises(Stop):
        fetch_published(stop_at("checking photos", done), url=server.url)
    assert_nothing_installed()
    assert kept() == {LOCK}
    fetch_published(url=server.url)
    assert_all_installed(squares)


@pytest.mark.parametrize("stage", ["connecting", "downloading (KB)"])
def test_stopping_while_the_server_is_silent_takes_no_time_and_leaves_nothing(
    server, squares, stage
):
    server.sends(packed(squares), hold_at=0 if stage == "connecting" else 1000)
    with pytest.raises(Stop):
        fetch_published(stop_at(stage, None), url=server.url)
    assert not server.let_go.is_set()
    assert_nothing_installed()
    assert kept() == {LOCK}


def test_ctrl_c_leaves_nothing(server, squares, capfd, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS_URL", server.url)
    server.sends(packed(squares))

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    assert main(["data", "fetch"]) == 1
    assert capfd.readouterr().err == "error: Interrupted.\n"
    assert_nothing_installed()
    assert kept() == {LOCK}


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.999])
def test_a_process_killed_while_it_downloads_leaves_nothing_that_counts(
    server, squares, tmp_path, part
):
    body = packed(squares)
    server.sends(body, hold_at=int(part * len(body)))
    with fetching(server, tmp_path) as process:
        read_until(process, "downloading (KB)" if part else "connecting")
        assert server.holding.wait(PATIENCE)
    assert process.wait() == -9
    assert_nothing_installed()
    assert any(name.startswith(".published.draft.") for name in kept())
    server.sends(body)
    fetch_published(url=server.url)
    assert_all_installed(squares)


@pytest.mark.parametrize("done", [0, 5, 12])
def test_a_process_killed_while_it_checks_leaves_nothing_that_counts(
    server, squares, tmp_path, done
):
    server.sends(packed(squares))
    with fetching(server, tmp_path, wait_at=f"checking photos {done}") as process:
        read_until(process, f"checking photos {done}\n")
    assert process.wait() == -9
    assert_nothing_installed()
    fetch_published(url=server.url)
    assert_all_installed(squares)
