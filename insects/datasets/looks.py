"""What checks and splits need to know of each photo, found in one pass and kept on disk."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from insects.datasets import uploads
from insects.datasets.dataset import Dataset, Photo
from insects.errors import PhotoError
from insects.inference import BACKBONES, BATCH_SIZE, Interpreter
from insects.photos import resize
from insects.storage import Progress

EDITION = 1  # raise it when a look is taken in another way: what is kept is then made anew
BACKBONE = "efficientnet_lite0"
IMAGE_SIZE = 224  # of the backbone
GREY_SIDE, COLOUR_SIDE = 64, 32
MAX_KEPT_BYTES = 200_000_000  # looks at twenty thousand photos

# One photo; all zero but `content` and `error` where it cannot be read.
LOOK = np.dtype(
    [
        ("content", "U64"),
        ("error", "U200"),
        ("size", np.int32, 2),
        ("grey", np.uint8, (GREY_SIDE, GREY_SIDE)),
        ("colour", np.uint8, (COLOUR_SIDE, COLOUR_SIDE, 3)),
        ("embedding", np.float16, 1280),
    ]
)


@dataclass(frozen=True)
class Looks:
    """What n photos of different contents look like.

    Args:
        table: (n,) of `LOOK`, in the order of their content hashes.
    """

    table: np.ndarray

    @property
    def contents(self) -> np.ndarray:
        """Their content hashes, (n,) str."""
        return self.table["content"]

    @property
    def errors(self) -> np.ndarray:
        """Why a photo cannot be read, "" where it can, (n,) str."""
        return self.table["error"]

    @property
    def readable(self) -> np.ndarray:
        """Which photos can be read, (n,) bool."""
        return self.errors == ""

    @property
    def sizes(self) -> np.ndarray:
        """Height and width in px, (n, 2) int32."""
        return self.table["size"]

    @property
    def greys(self) -> np.ndarray:
        """The photos small and grey, proportions not kept, (n, 64, 64) uint8."""
        return self.table["grey"]

    @property
    def colours(self) -> np.ndarray:
        """The photos smaller still, proportions not kept, (n, 32, 32, 3) uint8."""
        return self.table["colour"]

    @property
    def embeddings(self) -> np.ndarray:
        """What the shipped backbone makes of them, (n, 1280) float32, each of length 1."""
        values = self.table["embedding"].astype(np.float32)
        return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)

    def rows(self, photos: Iterable[Photo]) -> np.ndarray:
        """Return the place of each photo in the arrays, (n_photos,) int64."""
        return np.searchsorted(self.contents, [photo.content_hash for photo in photos])


def look(dataset: Dataset, on_progress: Progress = lambda *_: None) -> Looks:
    """Return what a dataset's photos look like; what was looked at before is not read again.

    Args:
        on_progress: called with what is being done, the photos done and the photos in all.
    """
    by_content = {photo.content_hash: photo for photo in dataset.photos}
    contents = sorted(by_content)
    path = kept_folder(dataset) / f"looks-{digest(contents)}-{EDITION}.npz"
    table = _read(path)
    if table is not None and table["content"].tolist() == contents:
        with contextlib.suppress(FileNotFoundError):  # somebody else has just removed it
            os.utime(path)  # those used last are kept
        return Looks(table)
    known = _known(path.parent, contents)
    new = sorted(set(contents) - set(known["content"].tolist()))
    table = np.concatenate([known, _look_at([by_content[c] for c in new], on_progress)])
    table = table[np.argsort(table["content"])]
    _write(path, table)
    return Looks(table)


def kept_folder(dataset: Dataset) -> Path:
    """Return the folder of what is kept of a dataset's looks; it need not exist yet."""
    return uploads.kept_with(dataset.folder) / "looks"


def digest(lines: Iterable[str]) -> str:
    """Return a short hex digest, for the name of a file."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def remove_oldest(folder: Path, pattern: str, max_bytes: int) -> None:
    """Remove all files of that pattern but those used last that fit into `max_bytes`."""
    found = []
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            found.append((path.stat(), path))
    total = 0
    for stat, path in sorted(found, key=lambda pair: pair[0].st_mtime, reverse=True):
        total += stat.st_size
        if total > max_bytes:
            path.unlink(missing_ok=True)


def _look_at(photos: Sequence[Photo], on_progress: Progress) -> np.ndarray:
    """Return (n,) of `LOOK`; no more than one photo is in memory at its full size."""
    table = np.zeros(len(photos), LOOK)
    network = Interpreter(BACKBONES / f"{BACKBONE}.tflite")
    for start in range(0, len(photos), BATCH_SIZE):
        batch = photos[start : start + BATCH_SIZE]
        looks = table[start : start + BATCH_SIZE]
        # Always as many: the network then gives a photo the same answer in any company.
        images = np.zeros((BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
        for i, photo in enumerate(batch):
            _look_once(photo, looks[i : i + 1], images[i])
        looks["embedding"] = network(images)[: len(batch)]
        looks["embedding"][looks["error"] != ""] = 0
        on_progress("looking at photos", start + len(batch), len(photos))
    return table


def _look_once(photo: Photo, look: np.ndarray, image: np.ndarray) -> None:
    """Fill in a photo's look, (1,) of `LOOK`, but its embedding, and the network's input."""
    look["content"] = photo.content_hash
    try:
        pixels = photo.load()
    except PhotoError as error:
        look["error"] = str(error)
        return
    look["size"] = pixels.shape[:2]
    look["grey"] = np.asarray(Image.fromarray(resize(pixels, GREY_SIDE)).convert("L"))
    look["colour"] = resize(pixels, COLOUR_SIDE)
    image[:] = resize(pixels, IMAGE_SIZE)


def _known(folder: Path, contents: Sequence[str]) -> np.ndarray:
    """Return looks kept of other datasets, such as this one before it changed, (n,) of `LOOK`.

    Photos that could not be read are not among them: they are tried again.
    """
    found = np.zeros(0, LOOK)
    for path in sorted(folder.glob(f"looks-*-{EDITION}.npz")):
        table = _read(path)
        if table is not None:
            use = np.isin(table["content"], contents) & (table["error"] == "")
            use &= ~np.isin(table["content"], found["content"])
            found = np.concatenate([found, table[use]])
    return found


def _read(path: Path) -> np.ndarray | None:
    """Return the table in a file, or None where there is none or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            table = arrays["table"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return table if table.dtype == LOOK else None


def _write(path: Path, table: np.ndarray) -> None:
    """Write a file so that a reader sees all of it or nothing; the oldest files go."""
    draft = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    with uploads.keeping(path):
        np.savez(draft, table=table)
        os.replace(draft, path)
    remove_oldest(path.parent, "looks-*.npz", MAX_KEPT_BYTES)
