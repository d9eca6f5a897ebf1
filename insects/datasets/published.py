"""The articles' 1,199 photos: in the folder that `INSECTS_PHOTOS` names, else in the cache."""

import hashlib
import os
from pathlib import Path

from insects.datasets.dataset import Dataset
from insects.datasets.folder import FilePhoto, photo_files
from insects.errors import DatasetError
from insects.storage import cache_folder

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")
ENVIRONMENT = "INSECTS_PHOTOS"
# File names are image numbers of this collection; its page names the photographer.
SOURCE = "https://www.insectimages.org/browse/detail.cfm?imgnum={}"
# What the photos are, byte for byte, as `manifest_of` writes it and `sha256sum -c` reads it.
MANIFEST = Path(__file__).with_name("published.sha256")


def fetched_folder() -> Path:
    """Return the folder that fetched photos are kept in; it need not exist yet."""
    return cache_folder() / "published"


def photos_folder() -> Path | None:
    """Return the folder of the published photos, or None where there is none.

    A folder that the environment names but that is not there is not replaced by the cache:
    whoever named it wants those photos, and is told so by `load_published`.
    """
    named = os.environ.get(ENVIRONMENT)
    folder = Path(named) if named else fetched_folder()
    return folder if folder.is_dir() else None


def load_published() -> Dataset:
    """Return the photos as published: 1,019 for training, and 180 of the same again for testing.

    Raises:
        DatasetError: the photos are not there, or not in train/CLASS and test/CLASS.
    """
    folder = photos_folder()
    if folder is None:
        raise DatasetError(_what_to_do())
    photos = [
        FilePhoto(path, label, split, source_of(path.stem))
        for split in ("train", "test")
        for label in CLASS_NAMES
        for path in photo_files(folder / split / label)
    ]
    return Dataset("published", CLASS_NAMES, tuple(photos), folder=folder)


def source_of(name: str) -> str:
    """Return the address of the page that credits a photo, by its name."""
    return SOURCE.format(name)


def manifest_of(folder: Path) -> str:
    """Return a line for each photo of a folder, its SHA-256 and its path, sorted by path."""
    photos = {path.relative_to(folder).as_posix(): path for path in folder.glob("t*/*/*.jpg")}
    digests = {name: hashlib.sha256(photos[name].read_bytes()).hexdigest() for name in photos}
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def read_manifest() -> dict[str, str]:
    """Return the SHA-256 of every published photo by its path below their folder."""
    lines = (line.split("  ", 1) for line in MANIFEST.read_text().splitlines())
    return {name: digest for digest, name in lines}


def why_not_found() -> str:
    """Return what is wrong where a folder is named that is not there, else nothing."""
    named = os.environ.get(ENVIRONMENT)
    return _what_to_do() if named and not Path(named).is_dir() else ""


def _what_to_do() -> str:
    """Return what is said to somebody for whom the photos are not there."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return (
            f"{ENVIRONMENT} names {named}, and there is no such folder: correct it, "
            "or unset it and run `python -m insects data fetch`, or use the dataset 'drawn'."
        )
    return (
        "The published photos are not here: run `python -m insects data fetch`, "
        f"or set {ENVIRONMENT} to the folder that holds their train/ and test/, "
        "or use the dataset 'drawn'."
    )
