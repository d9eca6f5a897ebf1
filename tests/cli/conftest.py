"""Commands in this process, and files to run them on."""

import pytest
from PIL import Image

from insects.__main__ import main


@pytest.fixture
def cli(capfd):
    """Return a function that runs a command in this process: (exit status, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            status = exit_.code
        return status, *capfd.readouterr()

    return run


@pytest.fixture
def photo(photos, tmp_path):
    """One photo as a file."""
    path = tmp_path / "bug.png"
    Image.fromarray(photos[0].pixels).save(path)
    return path


@pytest.fixture
def no_photo(tmp_path):
    """A text in the clothes of a photo."""
    path = tmp_path / "letter.jpg"
    path.write_text("Dear reader, this is no photo at all.")
    return path
