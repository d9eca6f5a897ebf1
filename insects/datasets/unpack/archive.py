"""Zips from strangers, opened and read with care.

Nothing is extracted here: a file of a zip is bytes in memory, of bounded size.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

from insects.datasets.unpack.entries import Member, checked_members, shown
from insects.errors import DatasetError

MAX_ARCHIVE_BYTES = 100_000_000
# An honest list of files has less; zipfile makes an object of every 46 bytes.
MAX_LIST_BYTES = 4_000_000
MAX_END_BYTES = 22 + 2**16  # the last lines, with a comment
MORE_THAN_16_BITS = 0xFFFF
CHUNK_BYTES = 64 * 1024
NO_ZIP = "This is no zip, or one that is damaged or cut off. Please make it again."


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
        data = bytearray()
        try:
            with self._zip.open(member.info) as file:
                while len(data) <= member.info.file_size and (chunk := file.read(CHUNK_BYTES)):
                    data += chunk
        except Exception:  # zipfile may raise anything on hostile bytes: all means the same
            raise _damaged(member) from None
        if len(data) != member.info.file_size:
            raise _damaged(member)
        return bytes(data)


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
    with _CarefulFile(path) as file:
        said, zip_file = _number_of_entries(file), _opened(file)
        if said not in (len(zip_file.infolist()), MORE_THAN_16_BITS):
            raise DatasetError(NO_ZIP)
        yield Archive(zip_file)


def _number_of_entries(file: io.FileIO) -> int:
    """Return how many entries the zip's last lines speak of; zipfile does not compare."""
    file.seek(-min(MAX_END_BYTES, file.seek(0, io.SEEK_END)), io.SEEK_END)
    _, mark, end = file.read().rpartition(b"PK\5\6")
    return int.from_bytes(end[6:8], "little") if mark else 0


def _opened(file: io.FileIO) -> ZipFile:
    """Return the zip with its list of files read."""
    try:
        return ZipFile(file)
    except DatasetError:
        raise
    except Exception:  # see `Archive.read`
        raise DatasetError(NO_ZIP) from None


class _CarefulFile(io.FileIO):
    """A file that zipfile cannot be made to read in one piece, as it reads the list of files."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_LIST_BYTES:
            raise DatasetError("This zip has a list of files that is far too long.")
        return super().read(MAX_LIST_BYTES if size is None or size < 0 else size)


def _damaged(member: Member) -> DatasetError:
    return DatasetError(f"{shown(member.name)} in this zip is damaged. Please make the zip again.")
