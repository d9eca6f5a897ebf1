"""The process that computes a pixel-level explanation, seen from the one that asks for it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import insects
from insects.errors import InsectsError
from insects.pixelwise import BACKGROUND_PHOTOS

LIMIT_SECONDS = 5 * 60
SECONDS_BETWEEN_LOOKS = 0.1
# The process takes about 1 GB, so there is one at a time.
_turn = threading.Lock()

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PixelMap:
    """The values of every pixel, by the background photos so far.

    Args:
        values: (image_size, image_size, n_classes), in logits.
        base_values: (n_classes,), the mean logits of the background photos.
        spent, of: background photos so far and in all.
        background: what these photos are, in words.
    """

    values: np.ndarray
    base_values: np.ndarray
    spent: int
    of: int
    background: str


def pixel_maps(
    method: str,
    run: Path,
    image: np.ndarray,
    seed: int,
    on_progress: Progress = lambda *_: None,
) -> Iterator[PixelMap]:
    """Yield ever better values of every pixel, by one of shap's ways.

    Args:
        method: "deep" or "gradient"; each call has a process of its own, for after
            `shap.DeepExplainer` ran in one, `shap.GradientExplainer` fails there.
        run: the directory of its run.
        image: (image_size, image_size, 3) uint8.
        seed: of the choice of background photos, and of all else that is drawn.
        on_progress: called several times a second with the background photos so far and in all,
            also while another explanation has its turn; an exception raised in it ends the work.

    Raises:
        InsectsError: the process failed, was ended from outside, or took longer than 5 minutes.
    """
    with _my_turn(on_progress), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "image.npy", image, allow_pickle=False)
        task = {"method": method, "run": str(run.resolve()), "seed": seed}
        (folder / "task.json").write_text(json.dumps(task))
        with (folder / "errors").open("w+") as errors, _child(folder, errors) as process:
            yield from _follow(process, folder / "found.npz", on_progress)
            errors.seek(0)
            if process.returncode:
                raise InsectsError(_said(errors.read()))


@contextmanager
def _my_turn(on_progress: Progress) -> Iterator[None]:
    while not _turn.acquire(timeout=SECONDS_BETWEEN_LOOKS):
        on_progress(0, BACKGROUND_PHOTOS)
    try:
        yield
    finally:
        _turn.release()


@contextmanager
def _child(folder: Path, errors) -> Iterator[subprocess.Popen]:
    """Run the process, and leave none behind, however this ends."""
    paths = [str(Path(insects.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    process = subprocess.Popen(
        # -P: nothing in the folder it is started in takes the place of a module.
        [sys.executable, "-P", "-m", "insects.pixelwise", str(folder)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "TF_CPP_MIN_LOG_LEVEL": "3",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _follow(process: subprocess.Popen, path: Path, on_progress: Progress) -> Iterator[PixelMap]:
    """Yield what the process writes, until it ends."""
    deadline = time.monotonic() + LIMIT_SECONDS
    spent, of = 0, BACKGROUND_PHOTOS
    has_ended = False
    while not has_ended:
        has_ended = process.poll() is not None  # asked first, so that nothing it wrote is missed
        found = _read(path, spent)
        if found:
            spent, of = found.spent, found.of
        on_progress(spent, of)
        if found:
            yield found
        if time.monotonic() > deadline:
            raise InsectsError(
                f"This took longer than {LIMIT_SECONDS // 60} minutes and was ended."
            )
        if not has_ended:
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _read(path: Path, known: int) -> PixelMap | None:
    """Return what has been found, None where that is nothing new."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as found:
        if int(found["spent"]) == known:
            return None
        return PixelMap(
            found["values"].astype(np.float64),  # so that sums over many pixels are exact
            found["base_values"],
            int(found["spent"]),
            int(found["of"]),
            str(found["background"]),
        )


def _said(errors: str) -> str:
    """Return the last line of what a failed process said, where that is for people."""
    lines = errors.strip().splitlines()
    if lines and lines[-1].startswith("error: "):
        return lines[-1].removeprefix("error: ")
    return (
        "This explanation ended before it was done; perhaps the memory of the machine was not "
        "enough for it. Please try again."
    )
