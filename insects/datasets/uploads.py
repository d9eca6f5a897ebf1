"""Where visitors' own datasets are kept: each visitor's in a folder that nobody else knows.

A visitor is a random token that only their browser holds. What is written here, and into runs, is
a digest of it, from which nobody can make the token. Several processes work in these folders at
once; all that is removed is renamed first, so that no one ever meets half a dataset.
"""

import contextlib
import hashlib
import itertools
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from insects.datasets.folder import safe_name
from insects.errors import DatasetError, SettingsError
from insects.storage import cache_folder, make_below

TOKEN = re.compile(r"[0-9a-f]{32,128}")
KEPT_SECONDS = 24 * 3600
# A zip may wait for others before it is unpacked; what is still there then, was given up.
DRAFT_SECONDS = 6 * 3600
EMPTY_SECONDS = 3600
MAX_DATASETS = 3
MAX_WAITING = 3
MAX_TOTAL_BYTES = 1_000_000_000
LEFT_OUT = "left-out.json"  # written by `unpack`; a folder without it is none of ours
SUFFIX = re.compile(r"-[0-9a-f]{6}$")
MAX_SLUG = 16  # with a number and the suffix it fits into the name of a run


def owner_key(owner: str) -> str:
    """Return what stands for a visitor on disk, 64 hex digits.

    Args:
        owner: the visitor's token, 32 hex digits or more.

    Raises:
        SettingsError: it is no such token.
    """
    if not TOKEN.fullmatch(owner):
        raise SettingsError("An owner must be given as a token of 32 to 128 hex digits.")
    return hashlib.sha256(owner.encode()).hexdigest()


def visitors_folder() -> Path:
    """Return the folder of all visitors' datasets; it need not exist yet."""
    return cache_folder() / "visitors"


def visitor_folder(owner: str) -> Path:
    """Return the folder of one visitor's datasets; it need not exist yet.

    Raises:
        SettingsError: `owner` is no token.
    """
    return visitors_folder() / owner_key(owner)[:32]


def new_dataset_path(owner: str, wanted_name: str) -> Path:
    """Return where a new dataset can be written; no path is ever given out twice.

    Args:
        wanted_name: what the visitor calls it, such as the name of the zip.

    Raises:
        SettingsError: `owner` is no token.
        DatasetError: too many zips wait to be unpacked.
    """
    folder = visitor_folder(owner)
    _require_room(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.utime(folder)  # so that it is not removed as an empty one before it is written to
    slug = safe_name(wanted_name, "photos", MAX_SLUG)
    # Zips that wait and drafts count too; theirs begin with a dot.
    taken = {
        title(path.with_name(path.name.lstrip(".").removesuffix(".zip")))
        for path in _entries(folder)
    }
    names = itertools.chain([slug], (f"{slug}-{i}" for i in itertools.count(2)))
    free = next(name for name in names if name not in taken)
    return folder / f"{free}-{secrets.token_hex(3)}"


def datasets_of(owner: str) -> list[Path]:
    """Return a visitor's datasets, the newest first; one that is being made is none yet."""
    return _datasets_in(visitor_folder(owner)) if owner else []


def is_private(name: str | Path) -> bool:
    """Return whether a dataset of that name or path is a visitor's own."""
    try:
        path = Path(name).resolve()
    except (OSError, ValueError):  # no such path can be
        return False
    folder = visitors_folder().resolve()
    return path != folder and path.is_relative_to(folder)


def may_use(name: str | Path, owner: str) -> bool:
    """Return whether a visitor may see a dataset; all may see what is nobody's own."""
    if not is_private(name):
        return True
    return bool(owner) and Path(name).resolve().parent == visitor_folder(owner).resolve()


def title(path: Path) -> str:
    """Return what a visitor calls their dataset, of other folders the name."""
    return SUFFIX.sub("", path.name) if is_private(path) else path.resolve().name


def kept_with(folder: Path | None) -> Path:
    """Return where to keep what is made from a dataset: it goes when a visitor's dataset goes."""
    return folder / ".kept" if folder and is_private(folder) else cache_folder()


@contextmanager
def keeping(file: Path) -> Iterator[None]:
    """Make the folder of a file below `kept_with`, for the block that writes it.

    A visitor's dataset that was removed, before or meanwhile, is not made anew by that.

    Raises:
        DatasetError: it was.
    """
    dataset = _dataset_around(file)
    try:
        if dataset:
            make_below(dataset, file.resolve().parent)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
        yield
    except FileNotFoundError:
        if not dataset or dataset.is_dir():
            raise
        raise DatasetError("These photos have been removed meanwhile.") from None


def _dataset_around(file: Path) -> Path | None:
    """Return the visitor's dataset that a file lies in, if it does."""
    if not is_private(file):
        return None
    folder = visitors_folder().resolve()
    return folder.joinpath(*file.resolve().relative_to(folder).parts[:2])


def remove(name: str | Path, owner: str) -> None:
    """Remove a visitor's own dataset, at their wish; leave all others alone.

    Raises:
        DatasetError: a training on it goes on or waits.
    """
    if not (is_private(name) and may_use(name, owner)):
        return
    path = Path(name).resolve()
    if path in _in_use():
        raise DatasetError("A training on these photos goes on or waits; stop it first.")
    _remove(path)


@contextmanager
def unpacking() -> Iterator[None]:
    """Keep zips that wait and half-made datasets from being taken for given up, by any process.

    Any number of processes may do so at once; when one dies, the system lets go for it.
    """
    from insects.runs.locks import held

    with held(_unpacking_lock(), shared=True):
        yield


def remove_drafts() -> None:
    """Remove zips and half-made datasets that are left of servers that died.

    Nothing is removed while any server or command is `unpacking`.
    """
    from insects.runs.locks import held

    with held(_unpacking_lock()) as nobody_works:
        if not nobody_works:
            return
        drafts = [path for folder in _entries(visitors_folder()) for path in _entries(folder)]
        gone = [_set_aside(path) for path in drafts if path.name.startswith(".")]
    for path in gone:  # whoever wants to begin need not wait for this
        _delete(path)


def _unpacking_lock() -> Path:
    """Return the file that whoever unpacks holds a lock on, with the others."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    return cache_folder() / ".unpacking-lock"


def remove_expired(now: float | None = None) -> None:
    """Remove what is older than a day, what was given up, and what is more than the limits allow.

    A dataset on which a training goes on or waits stays, whatever its age and the limits; when the
    training has ended, the next call decides. That a run was deleted changes nothing.

    Args:
        now: seconds since 1970, by default the clock's.
    """
    now = time.time() if now is None else now
    used = _in_use()
    left: list[Path] = []
    for folder in _entries(visitors_folder()):
        for path in _entries(folder):
            age = now - _made(path)
            if age > (KEPT_SECONDS if _is_dataset(path) else DRAFT_SECONDS):
                _remove_unless(used, path)
        for path in _datasets_in(folder)[MAX_DATASETS:]:
            _remove_unless(used, path)
        left += _datasets_in(folder)
        _remove_empty(folder, now)
    _make_room(left, used)


def _make_room(datasets: list[Path], used: set[Path]) -> None:
    """Remove the oldest datasets until all take no more disk than they may."""
    total = 0
    for path in sorted(datasets, key=lambda path: (path.resolve() in used, _made(path)))[::-1]:
        total += _size(path)
        if total > MAX_TOTAL_BYTES:
            _remove_unless(used, path)


def _in_use() -> set[Path]:
    """Return the visitors' datasets on which a training goes on or waits."""
    from insects.runs import list_runs

    on_private = (run for run in list_runs() if is_private(run.dataset))
    return {Path(run.dataset).resolve() for run in on_private if run.is_alive}


def _remove_unless(used: set[Path], path: Path) -> None:
    if path.resolve() not in used:
        _remove(path)


def _require_room(folder: Path) -> None:
    """Raise DatasetError where so many zips wait that one more could fill the disk."""
    waiting = [path for path in _waiting() if path.exists()]
    if sum(path.parent == folder for path in waiting) >= MAX_WAITING:
        raise DatasetError("Your last zips are still being unpacked; please wait for them.")
    if sum(_bytes_of(path) for path in waiting) > MAX_TOTAL_BYTES:
        raise DatasetError("Too many zips wait to be unpacked; please try again in some minutes.")


def _waiting() -> Iterator[Path]:
    for folder in _entries(visitors_folder()):
        yield from (p for p in _entries(folder) if p.name.startswith(".") and p.suffix == ".zip")


def _datasets_in(folder: Path) -> list[Path]:
    """Return the whole datasets of a visitor's folder, the newest first."""
    return sorted(filter(_is_dataset, _entries(folder)), key=_made, reverse=True)


def _is_dataset(path: Path) -> bool:
    return not path.name.startswith(".") and (path / LEFT_OUT).is_file()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # none yet, or somebody else has just removed it
        return []


def _made(path: Path) -> float:
    """Return when a dataset or a draft was made; what has just gone was made now."""
    for file in (path / LEFT_OUT, path):
        with contextlib.suppress(OSError):
            return file.lstat().st_mtime
    return time.time()


def _size(path: Path) -> int:
    """Return the bytes of a dataset, with what was made from it."""
    return sum(_bytes_of(file) for file in path.rglob("*"))


def _bytes_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _remove(path: Path) -> None:
    """Remove a file or a folder; whoever looks finds it whole or not at all."""
    _delete(_set_aside(path))


def _set_aside(path: Path) -> Path:
    """Give a file or a folder, in one step, a name under which nobody looks for it."""
    gone = path.with_name(f".removed-{secrets.token_hex(8)}")
    with contextlib.suppress(OSError):  # somebody else was faster
        path.rename(gone)
    return gone


def _delete(gone: Path) -> None:
    """Delete what was set aside, if it was."""
    with contextlib.suppress(OSError):
        if gone.is_dir():
            shutil.rmtree(gone, ignore_errors=True)
        else:
            gone.unlink()


def _remove_empty(folder: Path, now: float) -> None:
    """Remove a visitor's folder that has been empty for a while."""
    with contextlib.suppress(OSError):  # it is not empty
        if now - folder.stat().st_mtime > EMPTY_SECONDS:
            folder.rmdir()
