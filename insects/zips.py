"""Open zips from strangers: what `zipfile` reads at once is bounded, in bytes and in entries."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile, ZipInfo

# The list of files of a real zip has a few hundred bytes an entry; `zipfile` reads it in one piece.
MAX_LIST_BYTES = 4_000_000
# `zipfile` makes an object of each entry: 200,000 of them take 72 MB.
ENTRY, END = b"PK\1\2", b"PK\5\6"
MAX_END_BYTES = 22 + 2**16  # the last record, with a comment
MORE_THAN_16_BITS = 0xFFFF
CHUNK_BYTES = 64 * 1024


class ZipError(Exception):
    """Why a zip, or a file in it, is not read: part of a sentence with the zip as its subject."""


@contextmanager
def open_zip(path: Path, most_entries: int) -> Iterator[ZipFile]:
    """Open a zip whose list of files is neither too long nor at odds with what its end says.

    Args:
        most_entries: files and folders that it may list.

    Raises:
        ZipError: it lists more, or is no zip.
        OSError: the file cannot be opened.
    """
    with _CarefulFile(path, most_entries) as file:
        yield _opened(file)


def _opened(file: "_CarefulFile") -> ZipFile:
    try:
        said, archive = _number_of_entries(file), ZipFile(file)
    except ZipError:
        raise
    except Exception:  # zipfile may raise anything on hostile bytes: all means the same
        raise ZipError("is no zip, or is damaged or cut off") from None
    if said not in (len(archive.infolist()), MORE_THAN_16_BITS):
        raise ZipError("is no zip, or is damaged or cut off")
    return archive


def read_member(archive: ZipFile, info: ZipInfo) -> bytes:
    """Return the bytes of a file in a zip, never more than the list of files says.

    Raises:
        ZipError: it is damaged, or not as long as said.
    """
    data = bytearray()
    try:
        with archive.open(info) as file:
            while len(data) <= info.file_size and (chunk := file.read(CHUNK_BYTES)):
                data += chunk
    except Exception:  # as in `_opened`
        raise ZipError("is damaged") from None
    if len(data) != info.file_size:
        raise ZipError("is damaged")
    return bytes(data)


def _number_of_entries(file: io.FileIO) -> int:
    """Return how many entries a zip's last record speaks of; `zipfile` does not compare."""
    file.seek(-min(MAX_END_BYTES, file.seek(0, io.SEEK_END)), io.SEEK_END)
    _, mark, end = file.read().rpartition(END)
    return int.from_bytes(end[6:8], "little") if mark else 0


class _CarefulFile(io.FileIO):
    """A file that refuses to hand `zipfile` a list of files that is too long.

    Each entry begins with the same four bytes, so counting them bounds how many objects are made.
    """

    def __init__(self, path: Path, most_entries: int) -> None:
        super().__init__(path)
        self._most_entries = most_entries

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_LIST_BYTES:
            raise ZipError("has a list of files that is far too long")
        data = super().read(MAX_LIST_BYTES if size is None or size < 0 else size)
        if data.count(ENTRY) > self._most_entries:
            raise ZipError("has a list of files that is far too long")
        return data
