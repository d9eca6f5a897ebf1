"""Which files of a zip are photos of which class: decided by their names, before any is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from insects.datasets.folder import (
    LAYOUT,
    MAX_CLASSES,
    MIN_CLASSES,
    PARTS,
    is_hidden,
    is_photo_name,
)
from insects.datasets.unpack.entries import Member, folded, printable, shown
from insects.errors import DatasetError

MAX_PHOTOS = 3000
MAX_CLASS_NAME = 60
NOT_IN_FOLDER_NAMES = frozenset('<>:"|?*')  # on some systems
MAX_SHOWN = 120


@dataclass(frozen=True)
class Planned:
    """A file that is to become a photo.

    Args:
        part: "train", "test" or nothing.
        label: its class.
    """

    member: Member
    part: str
    label: str

    @property
    def folder(self) -> Path:
        """Where it goes in the dataset's folder."""
        return Path(self.part, self.label)

    @property
    def shown(self) -> str:
        """Its name in the zip, as it can be shown."""
        return printable(self.member.name, MAX_SHOWN)


def plan(members: Iterable[Member]) -> tuple[list[Planned], list[tuple[str, str]]]:
    """Return what is to become a photo, and the names of all other files with why not.

    Raises:
        DatasetError: these are not the folders of a dataset.
    """
    photos, others, hidden = [], [], []
    for member in members:
        if any(map(is_hidden, member.path)):
            hidden.append((printable(member.name, MAX_SHOWN), "a hidden file"))
        elif is_photo_name(member.path[-1]):
            photos.append(member)
        else:
            others.append((printable(member.name, MAX_SHOWN), "its ending is not a photo's"))
    if not photos:
        raise DatasetError(f"This zip has no photos in it. Expected {LAYOUT}.")
    if len(photos) + len(others) > MAX_PHOTOS:
        count = len(photos) + len(others)
        raise DatasetError(f"This zip has {count:,} files; at most {MAX_PHOTOS:,} are possible.")
    planned = _in_folders(photos)
    _check_class_names({photo.label for photo in planned})
    return planned, others + hidden


def _in_folders(members: list[Member]) -> list[Planned]:
    """Return the photos with their part and class.

    Raises:
        DatasetError: one lies in no class folder, or in one too many.
    """
    paths = [member.path for member in members]
    if len({path[0] for path in paths}) == 1 and all(len(path) > 2 for path in paths):
        paths = [path[1:] for path in paths]  # a folder around it all
    has_parts = {path[0].casefold() for path in paths} >= set(PARTS)
    planned = []
    for member, path in zip(members, paths, strict=True):
        part = path[0].casefold() if has_parts else ""
        if len(path) != 2 + has_parts or part not in ("", *PARTS):
            raise DatasetError(f"Expected {LAYOUT}. This zip has {shown(member.name)}.")
        planned.append(Planned(member, part, path[-2]))
    return planned


def _check_class_names(names: set[str]) -> None:
    """Raise DatasetError unless these can be classes, on every system and in every chart."""
    if not MIN_CLASSES <= len(names) <= MAX_CLASSES:
        raise DatasetError(
            f"Expected photos of {MIN_CLASSES} to {MAX_CLASSES} classes, as {LAYOUT}. This zip "
            f"has {len(names)}, {shown(min(names))} among them."
        )
    seen: dict[str, str] = {}
    for name in sorted(names):
        plain = name.isprintable() and not NOT_IN_FOLDER_NAMES & set(name)
        if not plain or name != name.strip(" .") or len(name) > MAX_CLASS_NAME:
            raise DatasetError(
                f"{shown(name)} cannot be the name of a class; "
                f"please use at most {MAX_CLASS_NAME} plain characters."
            )
        other = seen.setdefault(folded(name), name)
        if other != name:
            raise DatasetError(f"The classes {shown(other)} and {shown(name)} look the same.")
