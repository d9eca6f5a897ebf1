"""Photos in folders named by their classes: `train/CLASS/*` and `test/CLASS/*`, or `CLASS/*`."""

import hashlib
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from insects.datasets.dataset import Dataset, Photo
from insects.errors import DatasetError, PhotoError
from insects.photos import FORMATS, load_photo

PARTS = ("train", "test")
MIN_CLASSES = 2
MAX_CLASSES = 20
TEST_SHARE = 1 / 5
LAYOUT = "train/CLASS/photo and test/CLASS/photo, or CLASS/photo"
ENDINGS = frozenset(e for e, name in Image.registered_extensions().items() if name in FORMATS)
# What operating systems leave in folders, beside files whose name begins with a dot.
LITTER = ("__macosx", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class FilePhoto(Photo):
    """A photo in a file."""

    path: Path
    label: str
    split: str
    source: str | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """The file's name without its ending."""
        return self.path.stem

    def load(self) -> np.ndarray:
        try:
            return load_photo(self._bytes())
        except PhotoError as error:  # which of a thousand?
            raise PhotoError(f"{self._short}: {error}") from None

    @cached_property
    def content_hash(self) -> str:  # type: ignore[override]
        return hashlib.sha256(self._bytes()).hexdigest()

    @property
    def _short(self) -> str:
        """What it is called in errors, which visitors read: nothing of where the folder lies."""
        return f"{self.path.parent.name}/{self.path.name}"

    def _bytes(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise PhotoError(f"{self._short} cannot be read: {error.strerror}.") from None


def photo_files(folder: Path) -> list[Path]:
    """Return the photos in a folder by their names' endings, sorted; hidden files are none.

    Raises:
        DatasetError: there is no such folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos at {folder}; there is none.")
    return sorted(p for p in folder.iterdir() if is_photo_name(p.name) and p.is_file())


def is_photo_name(name: str) -> bool:
    """Return whether a file of that name is taken for a photo."""
    return not is_hidden(name) and os.path.splitext(name)[1].lower() in ENDINGS


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of that name is nothing that a person put there."""
    return name.startswith(".") or name.casefold() in LITTER


def load_folder(path: str | Path) -> Dataset:
    """Return the photos of a folder of one's own; links in it are not followed.

    Photos in `CLASS/*` are split here: see `split_for_testing`.

    Args:
        path: has the folders `train` and `test` with a folder for each class, or only the latter;
            one folder around them all is looked through.

    Raises:
        DatasetError: not 2 to 20 classes, a class without photos, or no such folder.
    """
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise DatasetError(f"Expected a folder of photos at {folder}; there is none.")
    found = _class_folders(folder)
    photos = [
        FilePhoto(file, of_class.name, part)
        for part, of_class in found
        for file in _photos_in(of_class)
    ]
    class_names = tuple(sorted({of_class.name for _, of_class in found}))
    _check(class_names, {photo.label for photo in photos}, folder.name)
    if not photos[0].split:
        photos = split_for_testing(photos)
    return Dataset(str(folder), class_names, tuple(photos), folder=folder)


def split_for_testing(photos: Sequence[FilePhoto]) -> list[FilePhoto]:
    """Return the photos with about one in five of each class put aside for testing.

    Only what is in the files decides, not their names or order, and equal files stay together.
    Every class of at least two different photos has some on both sides, as far as photos that lie
    in several classes allow that.
    """
    by_class: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        by_class[photo.label].add(photo.content_hash)
    test = _contents_to_test_on(list(by_class.values()))
    return [p.in_part("test" if p.content_hash in test else "train") for p in photos]


def odd_files(folder: Path) -> list[Path]:
    """Return all below the class folders that is no photo of the dataset, sorted.

    These are hidden files, files of other kinds, what lies deeper, and links, never followed.
    """
    odd: list[Path] = []
    for _, of_class in _class_folders(folder):
        photos = set(_photos_in(of_class))
        odd += [path for path in _all_below(of_class) if path not in photos]
    return sorted(odd)


def safe_name(text: str, default: str, most: int = 60) -> str:
    """Return a text as a name for a file, of at most `most` letters, digits and . _ - alone."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._]+", "-", ascii_only)[:most].strip("-._") or default


def _contents_to_test_on(classes: list[set[str]]) -> set[str]:
    """Return which contents are for testing; no class loses its last one for training."""
    classes = sorted(classes, key=lambda contents: (len(contents), sorted(contents)))
    homes: dict[str, list[int]] = defaultdict(list)
    for i, contents in enumerate(classes):
        for content in contents:
            homes[content].append(i)
    chosen: set[str] = set()
    left = [len(contents) for contents in classes]
    for share in (0.0, TEST_SHARE):  # first one of each class, and those with few come first
        for i, contents in enumerate(classes):
            enough = len(contents) - max(1, round(share * len(contents)))
            for content in sorted(contents - chosen):  # digests, so the order is like drawn lots
                if left[i] <= enough:
                    break
                if all(left[j] > 1 for j in homes[content]):
                    chosen.add(content)
                    for j in homes[content]:
                        left[j] -= 1
    return chosen


def _check(class_names: Sequence[str], with_photos: set[str], folder: str) -> None:
    """Raise DatasetError unless a network can be trained to tell these classes apart."""
    expected = f"Expected {MIN_CLASSES} to {MAX_CLASSES} classes of photos, as {LAYOUT}"
    if not MIN_CLASSES <= len(class_names) <= MAX_CLASSES:
        named = f": {', '.join(map(repr, class_names[:5]))}" if class_names else ""
        more = " …" if len(class_names) > 5 else ""
        raise DatasetError(f"{expected}; {folder} has {len(class_names)}{named}{more}.")
    if odd := [name for name in class_names if not name.isprintable()]:
        raise DatasetError(f"{odd[0]!r} cannot be the name of a class; rename that folder.")
    if empty := [name for name in class_names if name not in with_photos]:
        raise DatasetError(f"{expected}; in {folder} there is no photo in {', '.join(empty)}.")


def _class_folders(folder: Path) -> list[tuple[str, Path]]:
    """Return each class folder with the part, "train" or "test", that it lies in, if any."""
    inside = _folders(folder)
    if len(inside) == 1 and _folders(inside[0]):
        inside = _folders(inside[0])
    if {path.name for path in inside} == set(PARTS):
        return [(path.name, of_class) for path in inside for of_class in _folders(path)]
    return [("", path) for path in inside]


def _folders(folder: Path) -> list[Path]:
    return sorted(
        p for p in folder.iterdir() if p.is_dir() and not p.is_symlink() and not is_hidden(p.name)
    )


def _photos_in(folder: Path) -> list[Path]:
    """Return the photos that lie in a folder themselves."""
    return [path for path in photo_files(folder) if not path.is_symlink()]


def _all_below(folder: Path) -> list[Path]:
    """Return all files and links below a folder."""
    return [
        Path(root) / name
        for root, folders, files in os.walk(folder)
        for name in [*files, *(f for f in folders if (Path(root) / f).is_symlink())]
    ]
