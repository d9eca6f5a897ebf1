"""The process that computes a pixel-level explanation: `python -m insects.pixelwise FOLDER`.

It reads `task.json` and `image.npy` of the folder and keeps `found.npz` there up to date (see
`insects.pixelwise.child`). Its last line on standard error says what went wrong, if anything did.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from insects.errors import InsectsError
from insects.pixelwise.background import choose_background
from insects.runs import Run, find_run

NICENESS = 10  # those who explain by superpixels, in the server, come first
FIRST_TO_GO = "500"  # of 1,000: where memory ends, the system is to end this and not the server


def main(folder: Path) -> int:
    """Do the task of a folder, and return the exit status."""
    parent = os.getppid()
    _be_modest()
    try:
        for _ in _work(folder):
            if os.getppid() != parent:  # nobody is left to read it
                return 1
    except InsectsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _work(folder: Path):
    """Write what is found after each background photo, and yield."""
    task = json.loads((folder / "task.json").read_text())
    run = find_run(task["run"])
    image = np.load(folder / "image.npy", allow_pickle=False)
    background = choose_background(run, task["seed"])
    yield
    of, words = len(background.images), background.words
    found = _values(task["method"], run, image, background.images, task["seed"])
    for spent, (values, base_values) in enumerate(found, start=1):
        _write(
            folder / "found.npz",
            values=values.astype(np.float32),
            base_values=base_values,
            spent=np.array(spent),
            of=np.array(of),
            background=np.array(words),
        )
        yield


def _values(method: str, run: Run, image: np.ndarray, background: np.ndarray, seed: int):
    """Return what computes the values; TensorFlow is imported here, which takes seconds."""
    from insects.networks.restore import restore, restore_whole

    if method == "deep":
        from insects.pixelwise.deep import deep_values

        return deep_values(restore(run), image, background)
    from insects.pixelwise.gradient import gradient_values

    return gradient_values(restore_whole(run), image, background, seed)


def _write(path: Path, **arrays: np.ndarray) -> None:
    """Replace the file so that a reader finds the old arrays or the new, never half of them."""
    draft = path.with_name("draft.npz")
    np.savez(draft, allow_pickle=False, **arrays)
    os.replace(draft, path)


def _be_modest() -> None:
    """Yield the cores and the memory to the server, where the system can do that."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
