"""A second server tidies up: what the first one unpacks stays, what a dead one left goes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from zips import GOOD, zipped

from insects.datasets import load_dataset, uploads
from insects.datasets.unpack import unpack
from insects.errors import DatasetError
from insects.ui import datasets

ROOT = Path(__file__).parents[2]
ME = "a" * 32
UNPACKING = """
import sys
from pathlib import Path
from insects.datasets.unpack import unpack

def wait(stage, done, of):
    if done == 2:
        print("half done", flush=True)
        sys.stdin.readline()

unpack(Path(sys.argv[1]), Path(sys.argv[2]), wait)
"""


@pytest.fixture
def target(tmp_path, monkeypatch):
    """Where a visitor's zip is unpacked, with the zip beside it."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    target = uploads.new_dataset_path(ME, "garden")
    target.with_name(f".{target.name}.zip").write_bytes(zipped(GOOD))
    return target


@pytest.fixture
def half_done(target):
    """Another process that unpacks, and waits with half the photos in its draft."""
    archive = target.with_name(f".{target.name}.zip")
    process = subprocess.Popen(
        [sys.executable, "-c", UNPACKING, archive, target],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "half done\n"
        yield process
        process.kill()


def test_what_another_process_unpacks_is_left_alone(target, half_done):
    before = sorted(target.parent.iterdir())
    uploads.remove_drafts()
    assert sorted(target.parent.iterdir()) == before
    half_done.communicate("go on\n")
    assert half_done.returncode == 0
    assert len(load_dataset(target).photos) == len(GOOD)


def test_what_a_killed_process_left_is_removed(target, half_done):
    os.kill(half_done.pid, signal.SIGKILL)
    half_done.wait()
    assert len(list(target.parent.iterdir())) == 2  # the zip and half a dataset
    uploads.remove_drafts()
    assert list(target.parent.iterdir()) == []


def test_a_zip_that_waits_for_its_turn_is_left_alone_until_its_work_is_done(tmp_path, monkeypatch):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.visitor, "token", lambda: ME)
    waiting = []
    monkeypatch.setattr(datasets.unpacker(), "start", lambda *job: waiting.append(job))
    targets = [Path(datasets.unpack(zipped(GOOD), f"garden{i}.zip")) for i in range(2)]
    archives = [Path(arguments[2]) for _, arguments, _ in waiting]
    uploads.remove_drafts()
    assert [path.read_bytes() for path in archives] == [zipped(GOOD)] * 2
    for _, _, then in waiting:
        uploads.remove_drafts()
        then()
    assert not any(path.exists() for path in (*archives, *targets))
    left = archives[0]
    left.touch()  # as of a server that died
    uploads.remove_drafts()
    assert not left.exists()


def test_a_zip_that_cannot_be_kept_holds_nothing_up(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.visitor, "token", lambda: ME)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(DatasetError, match="No space left"):
        datasets.unpack(zipped(GOOD), "garden.zip")
    left = uploads.visitor_folder(ME) / ".left.zip"
    left.touch()
    uploads.remove_drafts()
    assert not left.exists()


def test_where_a_draft_is_removed_all_the_same_no_half_dataset_is_made(target):
    def remove_drafts(stage, done, of):
        if done == 2:
            for draft in target.parent.glob(f".{target.name}-*"):
                uploads._remove(draft)

    with pytest.raises(DatasetError, match="could not be kept"):
        unpack(target.with_name(f".{target.name}.zip"), target, remove_drafts)
    assert [path.name for path in target.parent.iterdir()] == [f".{target.name}.zip"]
