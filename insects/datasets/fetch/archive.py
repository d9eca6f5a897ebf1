"""Read the photos, and nothing else, from an archive that may be hostile."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from insects.datasets.fetch.limits import fetch_failure
from insects.storage import Progress
from insects.zips import ZipError, open_zip, read_member

MAX_ENTRIES = 10_000  # 1,199 photos and the rest of the repository


def choose_members(
    members: Iterable[ZipInfo], names: Iterable[str], photo_bytes: int
) -> dict[str, ZipInfo]:
    """Return the member of each photo, whatever folder of the archive the photos lie in.

    Raises:
        DatasetError: a photo is missing, or no honest archive looks like this.
    """
    listed = [(member.filename, member) for member in members]
    found = dict(listed)
    if len(found) < len(listed):
        raise fetch_failure("the archive holds two files of one name")
    if any(name.startswith("/") or ".." in name.split("/") for name in found):
        raise fetch_failure("the archive names files outside of itself")
    first, *_ = names = list(names)
    folders = (name.removesuffix(first) for name in found if f"/{name}".endswith(f"/{first}"))
    for folder in folders:
        if all(folder + name in found for name in names):
            return {name: _plain(found[folder + name], photo_bytes) for name in names}
    raise fetch_failure("the archive does not hold all of them")


def _plain(member: ZipInfo, photo_bytes: int) -> ZipInfo:
    """Return the member if it is a plain file that can be unpacked bit by bit."""
    encrypted = member.flag_bits & 1
    link = stat.S_ISLNK(member.external_attr >> 16)
    # No other method stops at a limit: a few KB of bzip2 become gigabytes in one go.
    unknown = member.compress_type not in (ZIP_STORED, ZIP_DEFLATED)
    if encrypted or link or unknown or member.file_size > photo_bytes:
        raise fetch_failure(f"{Path(member.filename).name} is no plain photo in the archive")
    return member


def unpack(draft: Path, manifest: dict[str, str], photo_bytes: int, on_progress: Progress) -> None:
    """Read each photo of the manifest, and nothing else, from the draft's archive to `photos`."""
    with _opened(draft / "archive.zip") as archive:
        members = choose_members(archive.infolist(), manifest, photo_bytes)
        for done, (name, member) in enumerate(members.items()):
            on_progress("checking photos", done, len(members))
            data = _read(archive, member)
            if hashlib.sha256(data).hexdigest() != manifest[name]:
                raise fetch_failure(f"{name} is not the photo that was published")
            _write(draft / "photos" / name, data)
        on_progress("checking photos", len(members), len(members))


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with open_zip(path, MAX_ENTRIES) as archive:
            yield archive
    except ZipError as error:
        raise fetch_failure(f"what came {error}") from None


def _read(archive: ZipFile, member: ZipInfo) -> bytes:
    try:
        return read_member(archive, member)
    except ZipError as error:
        raise fetch_failure(f"{Path(member.filename).name} {error} in the archive") from None


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is on the disk when the folder is renamed, whatever happens then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
