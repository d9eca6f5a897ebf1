"""Squares of one colour in place of the published photos, and a server for them."""

import hashlib
import io
import threading

import pytest
from github_archive import CHUNK
from photo_server import Server
from PIL import Image

from insects.datasets.published import CLASS_NAMES


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
