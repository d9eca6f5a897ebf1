"""Disks that are full or cannot be written to: one clear error, and nothing left behind."""

import errno
import os
import resource
from contextlib import contextmanager

from cache_folder import refused
from github_archive import packed


def test_a_full_disk_while_downloading_is_one_clear_error(server, squares):
    server.sends(packed(squares))
    with largest_file(1000):
        text = refused(server, "could not be kept")
    assert "File too large" in text


@contextmanager
def largest_file(size):
    """Let this process write no file that is larger."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_while_checking_is_one_clear_error(server, squares, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    server.sends(packed(squares))
    monkeypatch.setattr("os.fsync", full)
    text = refused(server, "could not be kept")
    assert "No space left on device" in text
    assert "INSECTS_CACHE" in text


def test_a_folder_that_cannot_be_made_is_named(server, squares, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "file" / "cache"))
    assert str(tmp_path / "file") in refused(server, "could not be kept")
    assert server.asked == 0


def test_photos_that_cannot_be_put_in_their_place_are_not_left_elsewhere(
    server, squares, monkeypatch
):
    def forbidden(source, target):
        raise PermissionError(errno.EACCES, "Permission denied", str(target))

    server.sends(packed(squares))
    monkeypatch.setattr("os.rename", forbidden)
    refused(server, "Permission denied")
