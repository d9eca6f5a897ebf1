"""What a zip says about the files in it: checked before any of them is read.

Whatever no honest zip has gets the whole of it refused, in a sentence that shows names cut short
and without odd characters.
"""

import contextlib
import re
import stat
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from zipfile import ZipInfo

from insects.errors import DatasetError
from insects.photos import MAX_BYTES

MAX_ENTRIES = 10_000  # files, their folders, and what systems add to each
MAX_FILE_BYTES = MAX_BYTES
MAX_TOTAL_BYTES = 400_000_000
MAX_NAME = 150
# Photos hardly shrink; a drawing in BMP may a lot, but only a bomb is nothing but zeros.
MAX_RATIO = 200
MAX_RATIO_FROM_BYTES = 1_000_000
LOCAL_HEADER_BYTES = 30
# bzip2 and LZMA take any amount of memory before they can be stopped.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UTF_8 = 0x800
ENCRYPTED = 0x01 | 0x40


@dataclass(frozen=True)
class Member:
    """A file in a zip.

    Args:
        path: its folders and its name.
    """

    path: tuple[str, ...]
    info: ZipInfo

    @property
    def name(self) -> str:
        """The path in one piece."""
        return "/".join(self.path)


def checked_members(entries: Sequence[ZipInfo], end: int) -> list[Member]:
    """Return a zip's files sorted by path, folders' own entries left out.

    Args:
        end: where the list of files begins, and the files end.

    Raises:
        DatasetError: no honest zip has such files, or there is too much of them.
    """
    if len(entries) > MAX_ENTRIES:
        raise DatasetError(f"This zip has {len(entries):,} entries; far fewer are expected.")
    members = [Member(_checked_path(info), info) for info in entries]
    files = [member for member in members if not member.info.filename.endswith("/")]
    for member in members:
        _check_kind(member)
    _check_sizes(files)
    _check_names_differ(files)
    _check_places(members, end)
    return sorted(files, key=lambda member: member.path)


def printable(name: str, most: int = 60) -> str:
    """Return a stranger's name for a file, printable and cut in its middle."""
    text = "".join(c if c.isprintable() else "?" for c in name)
    return text if len(text) <= most else f"{text[: most // 2]}…{text[1 - most // 2 :]}"


def shown(name: str) -> str:
    """Return a stranger's name for a file in quotes, as part of a sentence."""
    return f"‘{printable(name)}’"


def folded(name: str) -> str:
    """Return what names have in common that some systems take for the same."""
    return unicodedata.normalize("NFC", name.casefold())


def _refusal(name: str, why: str) -> DatasetError:
    return DatasetError(f"This zip was refused: {shown(name)} {why}.")


def _checked_path(info: ZipInfo) -> tuple[str, ...]:
    """Return an entry's folders and name, in one Unicode form.

    Raises:
        DatasetError: the name could mean a place outside, or could not be written everywhere.
    """
    name = _decoded(info)
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise _refusal(name, "has a name with control characters")
    if "\\" in name:
        raise _refusal(name, "has \\ in its name, where / is expected between folders")
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        raise _refusal(name, "is named by a place on a disk, not in the zip")
    parts = name.removesuffix("/").split("/")
    if parts[0] == "." and len(parts) > 1:
        del parts[0]
    if parts != ["."] and any(part.strip(". ") == "" for part in parts):
        raise _refusal(name, "is not named by a plain path")
    if max(map(len, parts)) > MAX_NAME:
        raise _refusal(name, f"has a name of more than {MAX_NAME} characters")
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def _decoded(info: ZipInfo) -> str:
    """Return an entry's name as it is in the zip; `info.filename` ends at a zero byte."""
    name = info.orig_filename
    if not info.flag_bits & UTF_8:
        with contextlib.suppress(UnicodeError):  # macOS writes UTF-8 and does not say so
            name = name.encode("cp437").decode()
    return name


def _check_kind(member: Member) -> None:
    """Raise DatasetError unless the member is a plain file or folder that can be read in pieces."""
    info = member.info
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refusal(member.name, "is a link or a device, not a file")
    if info.filename.endswith("/") and info.file_size:
        raise _refusal(member.name, "is a folder and a file at once")
    if info.flag_bits & ENCRYPTED:
        raise _refusal(member.name, "is encrypted; please make a zip without a password")
    if info.compress_type not in METHODS:
        raise _refusal(member.name, "is packed by another method than Deflate")


def _check_sizes(files: list[Member]) -> None:
    """Raise DatasetError where more would come out than is accepted."""
    for member in files:
        size, packed = member.info.file_size, member.info.compress_size
        if size > MAX_FILE_BYTES:
            raise _refusal(
                member.name,
                f"has {size / 1e6:,.0f} MB; at most {MAX_FILE_BYTES / 1e6:.0f} are possible",
            )
        if size > MAX_RATIO_FROM_BYTES and size > MAX_RATIO * packed:
            raise _refusal(member.name, "is almost empty inside, as only a zip bomb is")
    total = sum(member.info.file_size for member in files)
    if total > MAX_TOTAL_BYTES:
        raise DatasetError(
            f"This zip has {total / 1e6:,.0f} MB unpacked; at most {MAX_TOTAL_BYTES / 1e6:.0f} "
            "are possible."
        )


def _check_names_differ(files: list[Member]) -> None:
    """Raise DatasetError where two files would be one on a system that ignores capitals."""
    seen: set[str] = set()
    for member in files:
        if folded(member.name) in seen:
            raise _refusal(member.name, "is in it twice, perhaps with other capitals")
        seen.add(folded(member.name))


def _check_places(members: list[Member], end: int) -> None:
    """Raise DatasetError where entries share bytes, by which a few of them seem to be many.

    Args:
        end: where the list of files begins.
    """
    for member in sorted(members, key=lambda member: -member.info.header_offset):
        info = member.info
        size = LOCAL_HEADER_BYTES + info.compress_size
        if info.header_offset < 0 or info.header_offset + size > end:
            raise _refusal(member.name, "overlaps another file in it, as only a zip bomb does")
        end = info.header_offset
