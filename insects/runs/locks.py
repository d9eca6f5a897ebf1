"""Locks that the system itself opens when their process ends, however it ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE_SECONDS = 2.0
POLL_SECONDS = 0.02


def try_lock(file: int, shared: bool = False) -> bool:
    """Lock an open file until it is closed, and tell whether that worked.

    Args:
        shared: let others lock it so too; Windows knows no such locks.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def is_locked(path: Path) -> bool:
    """Return whether a process holds a lock for itself; one that has none is not locked."""
    try:
        with path.open("r+b") as file:
            # Shared, so that two who ask at once do not take each other for the holder.
            return not try_lock(file.fileno(), shared=True)
    except OSError:
        return False


@contextmanager
def held(path: Path, shared: bool = False) -> Iterator[bool]:
    """Hold a lock while the block runs, and tell the block whether it could be had.

    Whoever asks whether it is held, holds it for a moment; so it is tried for a while.

    Args:
        shared: as of `try_lock`.
    """
    with path.open("ab") as file:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (got := try_lock(file.fileno(), shared)) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        yield got
