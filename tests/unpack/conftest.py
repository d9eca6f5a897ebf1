"""A place to unpack into."""

import pytest


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for the target, among other files."""
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "neighbour").write_text("precious")
    (tmp_path / "etc").mkdir()
    return tmp_path / "place"
