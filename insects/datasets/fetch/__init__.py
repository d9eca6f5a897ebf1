"""Fetch the published photos: one archive, each photo checked, all of them installed or none.

Nothing that comes is trusted: a photo counts when its SHA-256 is the one in the manifest. All is
made ready in a draft folder beside the target, and one rename puts it in its place.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from insects.datasets.fetch.archive import unpack
from insects.datasets.fetch.downloader import POLL_SECONDS, download
from insects.datasets.fetch.limits import Limits, fetch_failure
from insects.datasets.published import fetched_folder, read_manifest
from insects.errors import DatasetError
from insects.storage import Progress

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

URL_ENVIRONMENT = "INSECTS_PHOTOS_URL"  # a mirror of the archive
URL = (
    "https://github.com/MTang0728/SimpleCNN-with-SHAP/archive/"
    "feb51718af55cc546e74eebec688281a3cf5efed.zip"
)
LIMITS = Limits()


def fetch_published(
    on_progress: Progress = lambda *_: None, *, url: str | None = None, limits: Limits = LIMITS
) -> Path:
    """Return the folder of the fetched photos; fetch them first unless all are there.

    Args:
        on_progress: called with what is being done, steps done and steps in all.
        url: of the archive; by default what `INSECTS_PHOTOS_URL` names, else the public one.

    Raises:
        DatasetError: they could not be fetched, are not the right ones or could not be kept;
            then nothing is installed.
    """
    target, manifest = fetched_folder(), read_manifest()
    if _is_complete(target, manifest):
        return target
    url = url or os.environ.get(URL_ENVIRONMENT) or URL
    deadline = time.monotonic() + limits.seconds
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target, deadline, on_progress), _draft_folder(target) as draft:
            if not _is_complete(target, manifest):  # whoever was waited for may have fetched them
                download(url, draft / "archive.zip", deadline, limits, on_progress)
                unpack(draft, manifest, limits.photo_bytes, on_progress)
                _install(draft, target)
    except OSError as error:
        raise DatasetError(
            f"The photos could not be kept: {error.filename or target.parent}: "
            f"{error.strerror or error}. "
            "INSECTS_CACHE can name another folder to keep them in."
        ) from None
    return target


def _is_complete(folder: Path, names: Iterable[str]) -> bool:
    """Tell whether all photos are there: what tidies caches up may have taken some."""
    return all((folder / name).is_file() for name in names)


@contextmanager
def _alone(target: Path, deadline: float, on_progress: Progress) -> Iterator[None]:
    """Wait until nobody else fetches; the system itself unlocks what a dead process had locked."""
    with target.with_name(f".{target.name}.lock").open("a") as file:
        while not _lock(file.fileno()):
            on_progress("waiting for another fetch", 0, 1)
            if time.monotonic() > deadline:
                raise fetch_failure("another fetch is still under way")
            time.sleep(POLL_SECONDS)
        yield


def _lock(file: int) -> bool:
    """Lock a file until it is closed, and tell whether that worked."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def _draft_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside the target, gone afterwards; remove those that dead processes left."""
    prefix = f".{target.name}.draft."
    for left in target.parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _install(draft: Path, target: Path) -> None:
    """Put the draft's photos in the place of the target, in one step."""
    if target.exists():  # photos of which some are missing
        os.rename(target, draft / "incomplete")
    os.rename(draft / "photos", target)
