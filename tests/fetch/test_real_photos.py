"""The real published photos: their manifest, their sizes, and a fetch of them all."""

import zipfile
from pathlib import Path

import pytest
from github_archive import TOP

from insects.datasets import load_dataset
from insects.datasets.fetch import LIMITS, fetch_published
from insects.datasets.published import manifest_of, read_manifest

ROOT = Path(__file__).parents[2]


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
