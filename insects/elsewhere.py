"""Photos from elsewhere: in folders named by classes, split by source into two parts.

A folder of such photos may have a SOURCES.tsv, a table with the columns `file` (CLASS/name) and
`source`. The sources that elsewhere_sources.json names are to choose with, between recipes or for
a threshold; all others are to report on, and nothing is chosen by them. Which are which is fixed:
the file is not to be changed.

It is sources that are parted, not photos, because photos of one source are alike: one camera, one
way to cut and squash, often one animal. The big collection of each class is one source, so it lies
in one part as a whole: beetles and dragonflies of the first kind are to choose with, cockroaches
to report on. The weakness of it: the beetles on leaves, which are the hard ones, are all of one
source and so all to choose with; the few beetles to report on are of easier kinds.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from insects.datasets.folder import FilePhoto, photo_files
from insects.errors import DatasetError, SettingsError

OTHER = "other"  # the folder of photos that show none of the classes
ALL, CHOOSING, REPORTING = PARTS = ("all", "choosing", "reporting")
SOURCES = "SOURCES.tsv"
FIXED = Path(__file__).with_name("elsewhere_sources.json")


def photos_elsewhere(
    folder: Path, class_names: Sequence[str], part: str = ALL
) -> tuple[FilePhoto, ...]:
    """Return the photos in a folder's folders of these names, and in the one named `other`.

    Args:
        part: one of `PARTS`.

    Returns:
        Photos labelled by a class or, after these, by `OTHER`, unless that is itself a class.

    Raises:
        SettingsError: there is no such part.
        DatasetError: there are no photos of the classes, or nothing says their sources and `part`
            asks for it.
    """
    if part not in PARTS:
        raise SettingsError(f"part must be one of {', '.join(PARTS)}, not {part!r}.")
    photos = [
        FilePhoto(path, name, "test")
        for name in dict.fromkeys([*class_names, OTHER])
        if (folder / name).is_dir()
        for path in photo_files(folder / name)
    ]
    if part != ALL:
        photos = _of_part(photos, folder, part)
    if not any(photo.label in class_names for photo in photos):
        whose = "" if part == ALL else f" with photos to be used for {part}"
        raise DatasetError(f"Expected folders named {', '.join(class_names)} in {folder}{whose}.")
    return tuple(photos)


def read_sources(folder: Path) -> dict[str, str]:
    """Return the source of each file, named as CLASS/name, of a folder.

    Raises:
        DatasetError: it has no SOURCES.tsv, or none that can be read.
    """
    path = folder / SOURCES
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return {row["file"]: row["source"] for row in rows}
    except FileNotFoundError:
        raise DatasetError(
            f"Expected {path}, which says the source of each photo: photos are put into the parts "
            f"{CHOOSING} and {REPORTING} by source."
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        raise DatasetError(
            f"Expected {path} to be a table with the columns file and source."
        ) from None


def sources_to_choose_with() -> frozenset[str]:
    """Return the sources whose photos are to choose with; those of all others are to report on."""
    return frozenset(json.loads(FIXED.read_text())["choosing"])


def _of_part(photos: list[FilePhoto], folder: Path, part: str) -> list[FilePhoto]:
    sources, to_choose = read_sources(folder), sources_to_choose_with()
    kept = []
    for photo in photos:
        file = photo.path.relative_to(folder).as_posix()
        if not sources.get(file):
            raise DatasetError(f"{folder / SOURCES} does not say where {file} is from.")
        if (sources[file] in to_choose) == (part == CHOOSING):
            kept.append(photo)
    return kept
