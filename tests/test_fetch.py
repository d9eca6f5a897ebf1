"""Fetching the published photos: whatever a server sends, all photos are there, or none."""

import errno
import hashlib
import io
import os
import random
import resource
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from insects.__main__ import main
from insects.datasets import load_dataset
from insects.datasets.fetch import LIMITS, fetch_published
from insects.datasets.fetch.archive import choose_members
from insects.datasets.fetch.limits import Limits
from insects.datasets.published import (
    CLASS_NAMES,
    fetched_folder,
    manifest_of,
    photos_folder,
    read_manifest,
)
from insects.errors import DatasetError

ROOT = Path(__file__).parents[1]
TOP = "SimpleCNN-with-SHAP-feb51718/insects/"
QUICK = Limits(silence=0.3)
CHUNK = 256  # so that a small archive comes in many pieces too
PATIENCE = 60  # seconds after which a test that waits for another process has failed
LOCK = ".published.lock"


# What is served: squares of one colour, packed as GitHub packs a repository


@pytest.fixture
def squares():
    """The bytes of twelve photos by their paths: three a class to train on, one of them to test."""
    photos = {}
    for number, label in enumerate(CLASS_NAMES):
        for i in range(3):
            file = io.BytesIO()
            Image.new("RGB", (40, 40), (60 * i, 80 * number, 90)).save(file, "JPEG")
            photos[f"train/{label}/{10 * number + i}.jpg"] = file.getvalue()
        photos[f"test/{label}/{10 * number}.jpg"] = photos[f"train/{label}/{10 * number}.jpg"]
    return photos


def member(name, mode=stat.S_IFREG | 0o644, method=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, (2021, 4, 20, 0, 0, 0))
    info.external_attr = mode << 16
    info.compress_type = method
    return info


def packed(photos, folder=TOP, **options):
    """Return the archive of these photos and, as in the repository, of some other files."""
    return zipped(
        (member("SimpleCNN-with-SHAP-feb51718/README.md"), b"# SHAP"),
        (member("SimpleCNN-with-SHAP-feb51718/latest", stat.S_IFLNK | 0o777), b"README.md"),
        *[(member(folder + name, **options), data) for name, data in photos.items()],
    )


def zipped(*members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"feb51718af55cc546e74eebec688281a3cf5efed"
        for info, data in members:
            archive.writestr(info, data)
    return file.getvalue()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch, squares):
    """An empty cache folder, and the squares as what has been published."""
    for name in ("INSECTS_PHOTOS", "INSECTS_PHOTOS_URL", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in squares.items()]
    (tmp_path / "squares.sha256").write_text("".join(lines))
    monkeypatch.setattr("insects.datasets.published.MANIFEST", tmp_path / "squares.sha256")
    monkeypatch.setattr("insects.datasets.fetch.downloader.CHUNK_BYTES", CHUNK)
    return tmp_path / "cache"


# Who serves it


class Server(ThreadingHTTPServer):
    """Answers every request as its `answer` does, which a test replaces.

    Events, so that nothing depends on time: `holding` is set by an answer that waits for `let_go`.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = None
        self.asked = 0
        self.holding = threading.Event()
        self.let_go = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/archive.zip"

    def handle_error(self, request, client_address):
        pass  # a client that goes away is what is tested

    def sends(self, body, **how):
        self.answer = lambda handler: handler.send(body, **how)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.server.answer(self)

    def log_message(self, *_):
        pass

    def head(self, status=200, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, body, status=200, length=None, stop_at=None, hold_at=None):
        """Send a body: with a length or without one (-1), up to some byte, with a pause at one."""
        length = len(body) if length is None else length
        self.head(status, **({"Content_Length": str(length)} if length >= 0 else {}))
        self.wfile.write(body[:hold_at])
        if hold_at is not None:
            self.hold()
            self.wfile.write(body[hold_at:stop_at])

    def hold(self):
        self.server.holding.set()
        self.server.let_go.wait(PATIENCE)


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.let_go.set()
    server.shutdown()
    server.server_close()
    thread.join()


# What must hold afterwards


def refused(server, match=None, **options):
    """Fetch in vain; nothing may be installed or left behind, and one sentence or two be said."""
    with pytest.raises(DatasetError, match=match) as caught:
        fetch_published(url=server if isinstance(server, str) else server.url, **options)
    assert_nothing_installed()
    assert kept() <= {LOCK}
    text = str(caught.value)
    assert "\n" not in text
    assert "http" not in text
    return text


def assert_nothing_installed():
    assert photos_folder() is None
    assert not fetched_folder().exists()


def assert_all_installed(squares):
    folder = photos_folder()
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found == squares
    assert kept() == {"published", LOCK}


def kept():
    """The names of all that lies in the cache folder."""
    folder = fetched_folder().parent
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


# It works


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


# Servers that fail


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_server_that_refuses_is_named_with_its_answer(server, status):
    server.sends(b"<h1>No</h1>", status=status)
    assert f"127.0.0.1 answered {status}" in refused(server)


def test_without_a_connection_the_error_says_what_was_tried_and_what_can_be_done(server):
    server.shutdown()
    server.server_close()
    text = refused(server, "the connection to 127.0.0.1 failed")
    assert "later" in text
    assert "INSECTS_PHOTOS" in text
    assert "drawn" in text


@pytest.mark.parametrize(
    "url",
    [
        "http://someone:secret@127.0.0.1:1/a.zip?token=secret",
        "https://127.0.0.1:1/a.zip#secret",
        "secret.zip",
        "file:///secret.zip",
        "http://[secret",
        "http://127.0.0.1:secret/",
        "ftp://127.0.0.1:1/secret.zip",
    ],
)
def test_nothing_that_may_be_secret_in_an_address_is_shown(url):
    assert "secret" not in refused(url)


def test_a_server_that_does_not_answer_is_given_up(server):
    server.answer = lambda handler: handler.hold()
    refused(server, "127.0.0.1 did not answer in time", limits=QUICK)


@pytest.mark.parametrize("length", [None, -1], ids=["known length", "unknown length"])
def test_a_server_that_stops_half_way_and_hangs_is_given_up(server, squares, length):
    body = packed(squares)
    server.sends(body, length=length, hold_at=len(body) // 2)
    refused(server, "the connection to 127.0.0.1 failed or broke off", limits=QUICK)


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(server, where):
    def answer(handler):
        if where == "body":
            handler.head()
        for _ in range(500):
            handler.wfile.write(b"x")
            if server.let_go.wait(0.02):
                return

    server.answer = answer
    refused(server, "took longer than", limits=Limits(silence=PATIENCE, seconds=0.5))


@pytest.mark.parametrize("length", [None, -1], ids=["known length", "unknown length"])
@pytest.mark.parametrize("part", [0, 0.001, 0.5, 0.99])
def test_a_body_that_is_cut_off_is_refused(server, squares, part, length):
    body = packed(squares)
    length = len(body) if length is None else length
    server.sends(body[: int(part * len(body))], length=length)
    refused(server)


def test_a_body_that_goes_on_and_on_is_cut_off_at_the_limit(server):
    sent = []

    def answer(handler):
        handler.head()
        for _ in range(500):
            handler.wfile.write(bytes(100_000))
            sent.append(100_000)

    server.answer = answer
    refused(server, "more than 1 MB would have come", limits=Limits(archive_bytes=1_000_000))
    assert sum(sent) < 50_000_000  # what fits into the buffers between the two


def test_a_body_that_is_announced_as_too_long_is_not_waited_for(server):
    server.sends(bytes(100_000), length=400_000_000, hold_at=100_000)
    refused(server, "more than 300 MB would have come")


def test_a_length_that_is_no_number_is_refused(server, squares):
    server.answer = lambda handler: handler.head(Content_Length="many")
    refused(server)


def test_redirects_in_a_circle_are_refused(server):
    server.answer = lambda handler: handler.head(302, Location="/archive.zip")
    refused(server)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://[/", "ftp://127.0.0.1:1/x"])
def test_a_redirect_out_of_the_web_is_refused(server, location):
    server.answer = lambda handler: handler.head(302, Location=location)
    refused(server)


def test_a_page_in_place_of_the_archive_is_refused(server):
    server.sends(b"<!doctype html><title>Sign in to the conference network</title>")
    refused(server, "no zip archive")


# Archives that are damaged or hostile


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


def test_a_list_of_files_that_is_too_long_is_refused_before_it_is_read(server):
    entry = b"PK\1\2" + bytes(42)
    body = entry * 100_000
    end = b"PK\5\6" + bytes(4) + b"\xff" * 4 + len(body).to_bytes(4, "little") + bytes(6)
    server.sends(body + end)
    refused(server, "no zip archive")


@pytest.mark.parametrize("body", [b"PK\5\6" + bytes(18), b"PK", b"PK\3\4" + bytes(500)])
def test_an_archive_of_nothing_is_refused(server, body):
    server.sends(body)
    refused(server)


def test_members_are_chosen_without_reading_a_byte_of_them(squares):
    listed = [member(f"a/{name}") for name in squares]
    chosen = choose_members(listed, squares, photo_bytes=10)
    assert [info.filename for info in chosen.values()] == [f"a/{name}" for name in squares]


# Disks that fail


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


# Interruptions


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


FETCHING = """
import sys
from pathlib import Path
from insects.datasets import fetch, published
from insects.datasets.fetch import downloader

manifest, chunk, url, wait_at = sys.argv[1:]
published.MANIFEST = Path(manifest)
downloader.CHUNK_BYTES = int(chunk)

def on_progress(stage, done, of):
    print(f"{stage} {done}", flush=True)
    if f"{stage} {done}" == wait_at:
        sys.stdin.read()

print(fetch.fetch_published(on_progress, url=url), flush=True)
"""


@contextmanager
def fetching(server, tmp_path, wait_at=""):
    """A process that fetches and tells each step; at one it waits until it is killed."""
    command = [sys.executable, "-c", FETCHING, tmp_path / "squares.sha256", str(CHUNK)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, server.url, wait_at], cwd=ROOT, text=True, stdin=pipe, stdout=pipe
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process, beginning):
    """Read what a process prints up to such a line; if there is none, the test has failed."""
    for line in process.stdout:
        if line.startswith(beginning):
            return
    pytest.fail(f"the process ended before {beginning!r}")


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


# Two at a time


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


# The command


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


# The real photos


@pytest.fixture
def real_manifest(monkeypatch):
    monkeypatch.setattr(
        "insects.datasets.published.MANIFEST", ROOT / "insects" / "datasets" / "published.sha256"
    )
    monkeypatch.setattr("insects.datasets.fetch.downloader.CHUNK_BYTES", 64 * 1024)


def test_the_manifest_names_every_published_photo_once(real_manifest):
    manifest = read_manifest()
    assert len(manifest) == 1199
    assert list(manifest) == sorted(manifest)
    test = {name.removeprefix("test/") for name in manifest if name.startswith("test/")}
    assert len(test) == 180
    assert all(manifest[f"test/{name}"] == manifest[f"train/{name}"] for name in test)


def test_the_manifest_is_that_of_the_real_photos(real_manifest, real_photos):
    lines = [f"{digest}  {name}\n" for name, digest in read_manifest().items()]
    assert manifest_of(real_photos) == "".join(lines)


def test_the_limits_have_room_for_the_real_photos(real_photos):
    sizes = [path.stat().st_size for path in real_photos.rglob("*.jpg")]
    assert max(sizes) < LIMITS.photo_bytes
    assert sum(sizes) < LIMITS.archive_bytes / 2


def test_all_the_real_photos_are_fetched_from_an_archive_like_github_s(
    server, real_manifest, real_photos, tmp_path
):
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(real_photos.glob("t*/*/*.jpg")):
            file.write(path, TOP + path.relative_to(real_photos).as_posix())
    server.sends(archive.read_bytes(), length=-1)
    folder = fetch_published(url=server.url)
    assert manifest_of(folder) == manifest_of(real_photos)
    assert len(load_dataset("published").photos) == 1199
