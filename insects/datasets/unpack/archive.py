"""Zips from strangers, opened and read with care.

Nothing is extracted here: a file of a zip is bytes in memory, of bounded size.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

from insects.datasets.unpack.entries import MAX_ENTRIES, Member, checked_members, shown
from insects.errors import DatasetError
from insects.zips import ZipError, open_zip, read_member

MAX_ARCHIVE_BYTES = 100_000_000


class Archive:
    """An open zip whose list of files has been checked.

    Args:
        members: its files, folders' own entries left out, sorted by path.
    """

    def __init__(self, zip_file: ZipFile) -> None:
        self._zip = zip_file
        self.members = checked_members(zip_file.infolist(), zip_file.start_dir)

    def read(self, member: Member) -> bytes:
        """Return a file's bytes, never more than the list of files says.

        Raises:
            DatasetError: it is damaged, or not as long as said.
        """
        try:
            return read_member(self._zip, member.info)
        except ZipError as error:
            raise DatasetError(
                f"{shown(member.name)} in this zip {error}. Please make the zip again."
            ) from None


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a zip and check what it says about itself.

    Raises:
        DatasetError: it is no zip, or not one that is accepted.
    """
    if not path.is_file():
        raise DatasetError(f"Expected a zip at {shown(path.name)}; there is none.")
    if path.stat().st_size > MAX_ARCHIVE_BYTES:
        raise DatasetError(f"This zip is larger than {MAX_ARCHIVE_BYTES // 1_000_000} MB.")
    try:
        with open_zip(path, MAX_ENTRIES) as zip_file:
            yield Archive(zip_file)
    except ZipError as error:
        raise DatasetError(f"This file {error}. Please make the zip again.") from None
