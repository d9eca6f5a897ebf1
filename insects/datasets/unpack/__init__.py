"""A visitor's zip becomes a dataset: each photo decoded once and stored anew, or nothing at all.

Only pixels pass: what is stored are small JPEGs made here, under names made here, without what
was hidden in the files, such as the place where a photo was taken.
"""

import itertools
import json
import os
import shutil
import tempfile
from collections import Counter, defaultdict
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from insects.datasets import uploads
from insects.datasets.folder import safe_name
from insects.datasets.unpack.archive import MAX_ARCHIVE_BYTES, Archive, open_archive
from insects.datasets.unpack.entries import shown
from insects.datasets.unpack.layout import MAX_PHOTOS, Planned, plan
from insects.errors import DatasetError, PhotoError
from insects.photos import MIN_SIDE, load_photo
from insects.storage import Progress, make_below, write_atomically

__all__ = ["MAX_ARCHIVE_BYTES", "MAX_PHOTOS", "Unpacked", "unpack"]

MIN_PER_CLASS = 2
# More than any of the networks looks at, and small enough for a disk that many share.
SIDE = 512
QUALITY = 92


@dataclass(frozen=True)
class Unpacked:
    """A dataset that was made of a zip.

    Args:
        folder: where it is.
        photos: how many there are.
        left_out: the files that are not in it, each with why, those that should be photos first.
    """

    folder: Path
    class_names: tuple[str, ...]
    photos: int
    left_out: tuple[tuple[str, str], ...]

    @property
    def sentence(self) -> str:
        """What was done, in words."""
        files = "1 file" if len(self.left_out) == 1 else f"{len(self.left_out):,} files"
        left = f"; {files} left out" if self.left_out else ""
        return f"Unpacked {self.photos:,} photos of {len(self.class_names)} classes{left}."

    def to_dict(self) -> dict:
        """Return all of it, ready for JSON."""
        return {
            "folder": str(self.folder),
            "class_names": list(self.class_names),
            "photos": self.photos,
            "left_out": _as_dicts(self.left_out),
            "sentence": self.sentence,
        }


def unpack(archive: Path, target: Path, on_progress: Progress = lambda *_: None) -> Unpacked:
    """Make a dataset of a zip of photos in class-named folders.

    Args:
        archive: has `train/CLASS/*` and `test/CLASS/*`, or `CLASS/*`, perhaps in one folder.
        target: the folder to make; it must not exist, its parent must.
        on_progress: called with what is being done, the photos done and the photos in all.

    Raises:
        DatasetError: the zip is refused, or cannot be written; nothing is left behind.
    """
    if os.path.lexists(target):
        raise DatasetError(f"There is something at {shown(target.name)} already; name another.")
    if not target.parent.is_dir():
        raise DatasetError(f"There is no folder in which to make {shown(target.name)}.")
    try:
        with _nobody_tidies(target), open_archive(archive) as opened:
            photos, others = plan(opened.members)
            unpacked = _install(opened, photos, others, target, on_progress)
    except OSError as error:
        why = error.strerror or "an error of the system"
        raise DatasetError(f"The zip's photos could not be kept: {why}.") from None
    if uploads.is_private(target):
        _make_room_for(target)
    return unpacked


def _nobody_tidies(target: Path) -> AbstractContextManager[None]:
    """Keep what is half made beside the target from being taken for given up."""
    return uploads.unpacking() if uploads.is_private(target) else nullcontext()


def _make_room_for(target: Path) -> None:
    """Remove what is more than visitors' datasets may take.

    Raises:
        DatasetError: the new one itself had to go, because trainings keep all the others.
    """
    uploads.remove_expired()
    if not target.exists():
        raise DatasetError("The server has no room for these photos now. Please try again later.")


def _install(
    archive: Archive,
    photos: list[Planned],
    others: list[tuple[str, str]],
    target: Path,
    on_progress: Progress,
) -> Unpacked:
    """Write all into a draft beside the target, which takes its place at the very end."""
    prefix = f".{safe_name(target.name, 'photos')}-"
    draft = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        kept, unreadable = _write_photos(archive, photos, draft, on_progress)
        _check_classes(photos, kept)
        left_out = (*unreadable, *others)
        text = json.dumps(_as_dicts(left_out), indent=1)
        write_atomically(draft / uploads.LEFT_OUT, text + "\n")
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    class_names = tuple(sorted({photo.label for photo in kept}))
    return Unpacked(target.resolve(), class_names, len(kept), left_out)


def _write_photos(
    archive: Archive, photos: list[Planned], draft: Path, on_progress: Progress
) -> tuple[list[Planned], list[tuple[str, str]]]:
    """Write the photos; return those that are written, and the names of the others with why.

    Raises:
        DatasetError: more than half of them cannot be read.
    """
    kept: list[Planned] = []
    unreadable: list[tuple[str, str]] = []
    taken: dict[Path, set[str]] = defaultdict(set)
    for done, photo in enumerate(photos):
        on_progress("checking photos", done, len(photos))
        try:
            picture = _shrunk(load_photo(archive.read(photo.member)))
        except PhotoError as error:
            unreadable.append((photo.shown, str(error)))
            if 2 * len(unreadable) > len(photos):
                name = shown(photo.member.name)
                raise DatasetError(
                    f"More than half of the photos cannot be read, {name} among them."
                ) from None
            continue
        make_below(draft, draft / photo.folder)
        name = _free_name(photo, taken[photo.folder])
        picture.save(draft / photo.folder / name, "JPEG", quality=QUALITY)
        kept.append(photo)
    on_progress("checking photos", len(photos), len(photos))
    return kept, unreadable


def _shrunk(pixels: np.ndarray) -> Image.Image:
    """Return the photo with at most `SIDE` px on its long side.

    Raises:
        PhotoError: it is so narrow that it would be no photo any more.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    if min(picture.size) < MIN_SIDE:
        raise PhotoError(f"This photo is more than {SIDE // MIN_SIDE} times as long as wide.")
    return picture


def _free_name(photo: Planned, taken: set[str]) -> str:
    """Return a file name of plain letters that none in the folder has, and take it."""
    stem = safe_name(os.path.splitext(photo.member.path[-1])[0], "photo")
    stems = itertools.chain([stem], (f"{stem}-{i}" for i in itertools.count(2)))
    free = next(stem for stem in stems if stem.casefold() not in taken)
    taken.add(free.casefold())
    return f"{free}.jpg"


def _check_classes(planned: list[Planned], kept: list[Planned]) -> None:
    """Raise DatasetError where a class has too few photos left to learn and to test."""
    given = Counter(photo.label for photo in planned)
    readable = Counter(photo.label for photo in kept)
    to_learn = {photo.label for photo in kept if photo.part != "test"}
    for name in sorted(given):
        if readable[name] < MIN_PER_CLASS:
            raise DatasetError(
                f"Of the class {shown(name)} {readable[name]} of {given[name]} photos can be read; "
                f"each class needs at least {MIN_PER_CLASS}."
            )
        if name not in to_learn:
            raise DatasetError(f"The class {shown(name)} has no photo in train/ to learn from.")


def _as_dicts(left_out: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"file": file, "why": why} for file, why in left_out]
