"""Two fetches at a time: one fetches, the other waits, and both have the photos."""

import threading

import pytest
from cache_folder import assert_all_installed, kept
from fetching_process import fetching, read_until
from github_archive import packed
from photo_server import PATIENCE

from insects.datasets.fetch import fetch_published
from insects.datasets.fetch.limits import Limits
from insects.datasets.published import fetched_folder
from insects.errors import DatasetError


def test_of_two_processes_one_fetches_and_both_have_the_photos(server, squares, tmp_path):
    server.sends(packed(squares), hold_at=1000)
    with fetching(server, tmp_path) as one:
        assert server.holding.wait(PATIENCE)
        with fetching(server, tmp_path) as two:
            read_until(two, "waiting for another fetch 0")
            server.let_go.set()
            for process in (one, two):
                read_until(process, str(fetched_folder()))
                assert process.wait(PATIENCE) == 0
    assert server.asked == 1
    assert_all_installed(squares)


def test_who_waits_for_a_fetch_that_fails_fetches_instead(server, squares, tmp_path):
    server.sends(packed(squares), hold_at=1000)
    with fetching(server, tmp_path) as one:
        assert server.holding.wait(PATIENCE)
        with fetching(server, tmp_path) as two:
            read_until(two, "waiting for another fetch 0")
            server.sends(packed(squares))
            one.kill()
            read_until(two, str(fetched_folder()))
    assert server.asked == 2
    assert_all_installed(squares)


def test_who_waits_for_another_fetch_does_not_wait_for_ever(server, squares, tmp_path):
    server.sends(packed(squares), hold_at=1000)
    with fetching(server, tmp_path):
        assert server.holding.wait(PATIENCE)
        with pytest.raises(DatasetError, match="another fetch is still under way"):
            fetch_published(url=server.url, limits=Limits(seconds=0.1))
        assert any(name.startswith(".published.draft.") for name in kept())


def test_threads_of_one_process_take_turns_too(server, squares):
    server.sends(packed(squares))
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch_published(url=server.url)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert found == [fetched_folder()] * 4
    assert server.asked == 1
    assert_all_installed(squares)
