"""Files that are no photos, or none that a network can learn from."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from insects.datasets.folder import FilePhoto, odd_files
from insects.datasets.health.evidence import Evidence
from insects.datasets.health.report import Finding, Group
from insects.datasets.health.words import agree, counted
from insects.datasets.uploads import LEFT_OUT

TINY = 96  # px of the shorter side; the networks look at 224 and 256 px
BLANK = 4.0  # standard deviation of the grey values, 0 to 127; in a photo it is ten times that
# How the files of each kind begin, and what their names may end in.
BEGINNINGS = {
    b"\xff\xd8\xff": (".jpg", ".jpeg", ".jpe", ".jfif"),
    b"\x89PNG\r\n\x1a\n": (".png", ".apng"),
    b"GIF8": (".gif",),
    b"BM": (".bmp", ".dib"),
    b"II*\0": (".tif", ".tiff"),
    b"MM\0*": (".tif", ".tiff"),
}


def unreadable(evidence: Evidence) -> Iterator[Finding | str]:
    """Find photos that cannot be read."""
    looks = evidence.looks
    groups: list[Group] = []
    why: list[str] = []
    for row in np.flatnonzero(~looks.readable):
        indices = evidence.indices[str(looks.contents[row])]
        groups += [(i,) for i in indices]
        why += [f"{evidence.dataset.photos[i].full_name}: {looks.errors[row]}" for i in indices]
    if not groups:
        yield "Every photo can be read."
        return
    yield Finding(
        "unreadable",
        "serious",
        f"{counted(len(groups), 'photo')} cannot be read.",
        "No network can be trained or tested on them; the training would stop there.",
        'Replace or remove them. The split "by_series" leaves them out.',
        tuple(groups),
        tuple(why),
        {"photos": len(groups)},
    )


def odd(evidence: Evidence) -> Iterator[Finding | str]:
    """Find files between the photos that are none."""
    folder = evidence.dataset.folder
    if folder is None:
        return
    files = tuple(path.relative_to(folder).as_posix() for path in odd_files(folder))
    if not files:
        yield "There is nothing but photos in the folders of the classes."
        return
    yield Finding(
        "odd files",
        "note",
        f"{counted(len(files), 'file')} in the folders of the classes "
        f"{agree(len(files), 'is no photo', 'are no photos')} and not counted.",
        "Code that counts files counts them too: the second article writes of 1,021 and 187 "
        "photos where there are 1,019 and 180.",
        "Remove them, hidden files as well.",
        files=files,
        figures={"files": len(files)},
    )


def left_out(evidence: Evidence) -> Iterator[Finding | str]:
    """Tell what was left out when an archive was unpacked."""
    folder = evidence.dataset.folder
    files = _left_out(folder / LEFT_OUT) if folder else ()
    if files:
        yield Finding(
            "left out",
            "note",
            f"{counted(len(files), 'file')} of the archive {agree(len(files), 'was', 'were')} left "
            "out.",
            "They could not be read, or were no photos.",
            "Look whether there is a photo among them that should be here.",
            files=files,
            figures={"files": len(files)},
        )


def other_kinds(evidence: Evidence) -> Iterator[Finding | str]:
    """Find photos of another kind than their names say."""
    lies = []
    for i, photo in enumerate(evidence.dataset.photos):
        if isinstance(photo, FilePhoto) and _is_other_kind(photo.path):
            lies.append(i)
    if lies:
        yield Finding(
            "other kind",
            "note",
            f"{counted(len(lies), 'photo')} {agree(len(lies), 'is', 'are')} of another kind than "
            "the name of the file says.",
            "They are read all the same here; other programs may refuse them.",
            "Rename them, or save them anew.",
            tuple((i,) for i in lies),
            figures={"photos": len(lies)},
        )


def tiny_or_blank(evidence: Evidence) -> Iterator[Finding | str]:
    """Find photos with too few pixels, and photos of nothing."""
    looks = evidence.looks
    tiny = looks.readable & (looks.sizes.min(axis=1) < TINY)
    blank = looks.readable & (looks.greys.std(axis=(1, 2)) < BLANK)
    groups = [
        (i,)
        for row in np.flatnonzero(tiny | blank)
        for i in evidence.indices[str(looks.contents[row])]
    ]
    if not groups:
        yield "No photo is tiny or blank."
        return
    yield Finding(
        "tiny or blank",
        "worth knowing",
        f"{counted(len(groups), 'photo')} {agree(len(groups), 'is', 'are')} blank, or smaller than "
        f"{TINY} px.",
        "There is hardly an insect to be seen on them, so a network learns something else there.",
        "Look at them, and replace them.",
        tuple(sorted(groups)),
        figures={"tiny": int(tiny.sum()), "blank": int(blank.sum())},
    )


def _left_out(path: Path) -> tuple[str, ...]:
    """Return the files that were left out, each with why."""
    try:
        return tuple(f"{one['file']}: {one['why']}" for one in json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or none of ours
        return ()


def _is_other_kind(path: Path) -> bool:
    """Return whether a file begins as those do whose names end in another way."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    endings = next((e for begin, e in BEGINNINGS.items() if start.startswith(begin)), None)
    return endings is not None and path.suffix.lower() not in endings
