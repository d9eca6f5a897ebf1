"""The command that fetches the photos: one line, whatever happens."""

import subprocess
import sys
from pathlib import Path

import pytest
from cache_folder import assert_nothing_installed
from github_archive import packed

from insects.__main__ import main
from insects.datasets.published import fetched_folder

ROOT = Path(__file__).parents[2]


def test_the_command_says_where_the_photos_are(server, squares, capfd, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS_URL", server.url)
    server.sends(packed(squares))
    for _ in range(2):
        assert main(["data", "fetch"]) == 0
        out, err = capfd.readouterr()
        assert out == f"The published photos are in {fetched_folder()}\n"
        assert err == ""
    assert server.asked == 1


@pytest.mark.parametrize("failure", ["offline", "damaged", "404", "stopped"])
def test_a_command_that_fails_says_so_in_one_line(server, squares, capfd, monkeypatch, failure):
    monkeypatch.setenv("INSECTS_PHOTOS_URL", server.url)
    body = packed(squares)
    server.sends(body[:2000], length=len(body))
    if failure == "offline":
        monkeypatch.setenv("INSECTS_PHOTOS_URL", "http://127.0.0.1:1/archive.zip")
    if failure == "damaged":
        server.sends(body[:2000])
    if failure == "404":
        server.sends(b"", status=404)
    assert main(["data", "fetch"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("error: The photos could not be fetched: ")
    assert err.count("\n") == 1
    assert_nothing_installed()


def test_nobody_but_who_fetches_imports_what_fetching_needs():
    code = (
        "import sys, insects, insects.datasets.published\n"
        "print({'pooch', 'requests', 'insects.datasets.fetch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "set()\n"
