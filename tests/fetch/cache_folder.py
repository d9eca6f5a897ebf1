"""The cache folder after a fetch: all photos are in it, or none."""

import pytest

from insects.datasets.fetch import fetch_published
from insects.datasets.published import fetched_folder, photos_folder
from insects.errors import DatasetError

LOCK = ".published.lock"


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
