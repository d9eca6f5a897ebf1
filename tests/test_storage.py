"""The cache folder, and files that are written whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from insects.runs import runs_folder
from insects.storage import cache_folder, write_atomically


def test_the_cache_folder_is_the_one_that_the_environment_names(monkeypatch, tmp_path):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


def test_runs_lie_in_the_cache_folder_unless_another_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path))
    monkeypatch.delenv("INSECTS_RUNS")
    assert runs_folder() == tmp_path / "runs"
    monkeypatch.setenv("INSECTS_RUNS", "/elsewhere")
    assert runs_folder() == Path("/elsewhere")


def test_writing_replaces_a_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "progress.json"
    write_atomically(path, "one")
    write_atomically(path, "two")
    assert path.read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["progress.json"]


def test_a_reader_who_has_the_old_file_open_still_reads_all_of_it(tmp_path):
    path = tmp_path / "progress.json"
    write_atomically(path, "old " * 10_000)
    with path.open() as file:
        beginning = file.read(4)
        write_atomically(path, "new")
        assert beginning + file.read() == "old " * 10_000
    assert path.read_text() == "new"


def test_writing_that_fails_leaves_the_old_text(tmp_path, monkeypatch):
    path = tmp_path / "status"
    write_atomically(path, "running")
    with pytest.raises(TypeError):
        write_atomically(path, None)
    assert path.read_text() == "running"


def test_threads_that_write_one_file_at_once_leave_a_whole_one_and_no_drafts(tmp_path):
    path = tmp_path / "report.json"
    texts = [f"{n} " * 1000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write_atomically, path, text) for text in texts * 20]:
            done.result()
    assert path.read_text() in texts
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_bytes_are_written_as_they_are(tmp_path):
    write_atomically(tmp_path / "a", b"\xff\x00")
    assert (tmp_path / "a").read_bytes() == b"\xff\x00"
