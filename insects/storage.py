"""Where files are kept between runs of the program, and how they are written whole."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

ENVIRONMENT = "INSECTS_CACHE"

Progress = Callable[[str, int, int], None]  # what is being done, steps done, steps in all


def cache_folder() -> Path:
    """Return the folder of all that can be made or fetched again; it need not exist yet."""
    return Path(os.environ.get(ENVIRONMENT) or user_cache_path("insects"))


def make_below(root: Path, folder: Path) -> None:
    """Make a folder and those between it and `root`, which somebody else may have removed.

    Raises:
        FileNotFoundError: `root` is not there; it is never made anew.
    """
    for part in folder.relative_to(root).parts:
        root = root / part
        root.mkdir(exist_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace a file so that a reader sees the old content or the new one, never half of it.

    Processes and threads may do so at once: each has a draft of its own.
    """
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
