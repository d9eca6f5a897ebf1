"""Where files are kept between runs of the program, and how they are written whole."""

import os
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

ENVIRONMENT = "INSECTS_CACHE"

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


def cache_folder() -> Path:
    """Return the folder of all that can be made or fetched again; it need not exist yet."""
    return Path(os.environ.get(ENVIRONMENT) or user_cache_path("insects"))


def write_atomically(path: Path, text: str) -> None:
    """Replace a file so that a reader sees the old text or the new one, never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    os.replace(draft, path)
