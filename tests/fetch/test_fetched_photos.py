"""Fetching the published photos: all that were published are there, and only once."""

import zipfile

import pytest
from cache_folder import LOCK, assert_all_installed, kept
from github_archive import packed

from insects.datasets import load_dataset
from insects.datasets.fetch import fetch_published
from insects.datasets.fetch.limits import Limits
from insects.datasets.published import fetched_folder, photos_folder
from insects.errors import DatasetError


def test_fetched_photos_are_those_that_were_published(server, squares):
    server.sends(packed(squares))
    folder = fetch_published(url=server.url)
    assert folder == fetched_folder() == photos_folder()
    assert_all_installed(squares)
    assert len(load_dataset("published").photos) == 12


def test_a_server_need_not_say_how_much_it_sends(server, squares):
    server.sends(packed(squares), length=-1)
    fetch_published(url=server.url)
    assert_all_installed(squares)


def test_an_archive_may_come_in_chunks_of_any_size(server, squares):
    def answer(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.head(Transfer_Encoding="chunked", Connection="close")
        body = packed(squares)
        for at in range(0, len(body), 7):
            piece = body[at : at + 7]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    server.answer = answer
    # Were each chunk counted as a full one, this limit would be passed.
    fetch_published(url=server.url, limits=Limits(archive_bytes=len(packed(squares))))
    assert_all_installed(squares)


@pytest.mark.parametrize("folder", ["", "insects/", "a/b/c/"])
def test_a_mirror_may_have_the_photos_in_any_folder(server, squares, folder):
    server.sends(packed(squares, folder))
    fetch_published(url=server.url)
    assert_all_installed(squares)


def test_a_stored_archive_is_as_good_as_a_packed_one(server, squares):
    server.sends(packed(squares, method=zipfile.ZIP_STORED))
    fetch_published(url=server.url)
    assert_all_installed(squares)


def test_other_files_of_the_archive_are_left_in_it(server, squares):
    extra = {f"train/beetles/{name}": b"other" for name in ("99.jpg", "notes.txt", "x/y.jpg")}
    server.sends(packed({**extra, **squares}))
    fetch_published(url=server.url)
    assert_all_installed(squares)


def test_a_redirect_is_followed(server, squares):
    def answer(handler):
        if handler.path == "/archive.zip":
            return handler.head(302, Location="/elsewhere.zip")
        handler.send(packed(squares))

    server.answer = answer
    fetch_published(url=server.url)
    assert_all_installed(squares)


def test_the_environment_can_name_a_mirror(server, squares, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS_URL", server.url)
    server.sends(packed(squares))
    fetch_published()
    assert_all_installed(squares)


@pytest.mark.parametrize("length", [None, -1], ids=["known length", "unknown length"])
def test_progress_reaches_the_end_of_each_stage_and_never_goes_back(server, squares, length):
    seen = {}
    server.sends(packed(squares), length=length)
    fetch_published(lambda *step: seen.setdefault(step[0], []).append(step[1:]), url=server.url)
    assert list(seen)[-2:] == ["downloading (KB)", "checking photos"]
    for stage in ("downloading (KB)", "checking photos"):
        done, of = seen[stage][-1]
        assert done == of > 0
        assert [step[0] for step in seen[stage]] == sorted(step[0] for step in seen[stage])
    assert seen["checking photos"][-1] == (12, 12)


def test_photos_that_are_there_are_not_asked_for_again(server, squares):
    server.sends(packed(squares))
    first = fetch_published(url=server.url)
    server.answer = None
    assert fetch_published(url=server.url) == first
    assert server.asked == 1


def test_photos_that_are_there_need_no_folder_that_can_be_written_to(server, squares):
    server.sends(packed(squares))
    fetch_published(url=server.url)
    (fetched_folder().parent / LOCK).unlink()
    fetch_published(url=server.url)
    assert kept() == {"published"}


def test_a_folder_that_has_lost_a_photo_is_replaced(server, squares):
    server.sends(packed(squares))
    folder = fetch_published(url=server.url)
    next(folder.rglob("*.jpg")).unlink()
    fetch_published(url=server.url)
    assert_all_installed(squares)


def test_a_folder_that_has_lost_a_photo_stays_when_no_other_can_be_had(server, squares):
    server.sends(packed(squares))
    folder = fetch_published(url=server.url)
    next(folder.rglob("*.jpg")).unlink()
    server.sends(b"", status=500)
    with pytest.raises(DatasetError):
        fetch_published(url=server.url)
    assert len(list(folder.rglob("*.jpg"))) == 11
