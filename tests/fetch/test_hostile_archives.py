"""Archives that are damaged or hostile: no wrong photo is ever installed."""

import io
import random
import shutil
import stat
import zipfile

import pytest
from cache_folder import assert_all_installed, assert_nothing_installed, refused
from github_archive import TOP, member, packed, zipped
from PIL import Image

from insects.datasets.fetch import fetch_published
from insects.datasets.fetch.archive import choose_members
from insects.datasets.published import fetched_folder
from insects.errors import DatasetError


def test_a_flipped_byte_anywhere_never_installs_a_wrong_photo(server, squares):
    body = packed(squares)
    installed = 0
    for at in random.Random(0).sample(range(len(body)), 60):
        server.sends(body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1 :])
        try:
            fetch_published(url=server.url)
        except DatasetError:
            assert_nothing_installed()
        else:  # a date, a comment, a file that is not asked for
            assert_all_installed(squares)
            shutil.rmtree(fetched_folder())
            installed += 1
    assert installed < 40


def test_a_flipped_byte_in_packed_data_is_refused(server, squares):
    body = bytearray(packed(squares))
    name = b"train/cockroach/11.jpg"
    body[body.index(name) + len(name) + 100] ^= 0x55
    server.sends(bytes(body))
    refused(server, "11.jpg is damaged")


def test_a_flipped_byte_in_the_list_of_files_is_refused(server, squares):
    body = bytearray(packed(squares))
    body[body.rindex(b"train/cockroach/11.jpg") + 3] ^= 0x55
    server.sends(bytes(body))
    refused(server, "does not hold all of them")


def test_a_photo_that_was_saved_anew_is_refused_although_the_archive_is_whole(server, squares):
    file = io.BytesIO()
    name = "train/cockroach/11.jpg"
    Image.open(io.BytesIO(squares[name])).save(file, "JPEG", quality=50)
    server.sends(packed({**squares, name: file.getvalue()}))
    refused(server, f"{name} is not the photo")


def test_two_photos_under_each_others_names_are_refused(server, squares):
    one, two = "train/cockroach/11.jpg", "train/cockroach/12.jpg"
    server.sends(packed({**squares, one: squares[two], two: squares[one]}))
    refused(server, "is not the photo")


@pytest.mark.parametrize("name", ["test/beetles/0.jpg", "train/dragonflies/22.jpg"])
def test_an_archive_without_one_of_the_photos_is_refused(server, squares, name):
    del squares[name]
    server.sends(packed(squares))
    refused(server, "does not hold all of them")


@pytest.mark.parametrize("part", ["train/", "test/"])
def test_photos_that_lie_in_two_folders_are_not_put_together(server, squares, part):
    moved = {f"more/{name}" if name.startswith(part) else name: squares[name] for name in squares}
    server.sends(packed(moved))
    refused(server, "does not hold all of them")


@pytest.mark.parametrize("folder", ["../", "../../../", f"{TOP}../x/", "/", "/tmp/insects-test/"])
def test_photos_that_would_lie_outside_of_the_archive_are_refused(server, squares, folder):
    server.sends(packed(squares, folder))
    refused(server, "outside")


@pytest.mark.parametrize("name", ["../evil.jpg", "/tmp/evil.jpg", f"{TOP}train/../../evil.jpg"])
def test_any_file_that_would_lie_outside_of_the_archive_is_refused(server, squares, name, tmp_path):
    good = [(member(TOP + photo), data) for photo, data in squares.items()]
    server.sends(zipped(*good, (member(name), b"evil")))
    refused(server, "outside")
    assert not list(tmp_path.rglob("evil*"))


def test_a_link_in_place_of_a_photo_is_refused(server, squares):
    name = "train/beetles/0.jpg"
    link = (member(TOP + name, stat.S_IFLNK | 0o777), b"/etc/passwd")
    del squares[name]
    good = [(member(TOP + photo), data) for photo, data in squares.items()]
    server.sends(zipped(link, *good))
    refused(server, "no plain photo")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(server, squares):
    twice = [(member(TOP + name), data) for name, data in (*squares.items(), *squares.items())]
    server.sends(zipped(*twice))
    refused(server, "two files of one name")


def test_a_photo_that_is_locked_by_a_password_is_refused(server, squares):
    body = bytearray(packed(squares))
    at = body.rindex(b"PK\1\2")  # of the last photo in the list of files
    body[at + 8] |= 1
    server.sends(bytes(body))
    refused(server, "no plain photo")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 97])
def test_a_way_of_packing_that_has_no_limit_or_is_not_known_is_refused(server, squares, method):
    if method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        body = packed(squares, method=method)
    else:
        body = packed(squares)
        at = body.rindex(b"PK\1\2") + 10
        body = body[:at] + method.to_bytes(2, "little") + body[at + 2 :]
    server.sends(body)
    refused(server, "no plain photo")


def test_a_photo_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(server, squares):
    server.sends(packed({**squares, "train/beetles/0.jpg": bytes(50_000_000)}))
    refused(server, "0.jpg is no plain photo")


def test_a_photo_that_unpacks_to_more_than_it_says_is_refused(server, squares):
    body = bytearray(packed({**squares, "train/beetles/0.jpg": bytes(50_000_000)}))
    at = body.rindex(f"{TOP}train/beetles/0.jpg".encode()) - 46
    assert body[at : at + 4] == b"PK\1\2"
    body[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    server.sends(bytes(body))
    refused(server)


@pytest.mark.parametrize("body", [b"PK\5\6" + bytes(18), b"PK", b"PK\3\4" + bytes(500)])
def test_an_archive_of_nothing_is_refused(server, body):
    server.sends(body)
    refused(server)


def test_members_are_chosen_without_reading_a_byte_of_them(squares):
    listed = [member(f"a/{name}") for name in squares]
    chosen = choose_members(listed, squares, photo_bytes=10)
    assert [info.filename for info in chosen.values()] == [f"a/{name}" for name in squares]
