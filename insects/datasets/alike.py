"""Which photos are the same picture: resized, compressed, brightened, mirrored or cut at the sides.

A picture is compared by its outline, the differences between neighbouring pixels of a small grey
version: flat grounds count for nothing in it, other light and other compression for little. Photos
with a similar outline or embedding are then compared with parts of each other, for somebody may
have cut off a few per cent.

Measured on the published photos with 900 planted copies of nine kinds, and ten pairs that are
there under two numbers: all were found, and no other pair but neighbours of one series. At a
threshold that lets five wrong pairs through, the best perceptual hash (imagehash's dHash, 16 × 16)
found 842 and 7, the embedding alone 784 and 8: hashes miss what is cut, embeddings what is blurred.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from PIL import Image

from insects.datasets.looks import Looks
from insects.storage import Progress

SIMILAR = 0.87  # outlines with at least this cosine, at best, are those of one picture
# Pairs that are worth the closer look: by the cosine of their outlines, or of their embeddings.
LIKELY_OUTLINE, LIKELY_EMBEDDING = 0.5, 0.6
MAX_LIKELY = 100_000  # pairs; the likeliest, so that thousands of photos of one kind end in time
BLOCK = 512  # photos compared with all others at once
COARSE, FINE = 16, 32  # px of an outline's side
CUTS = (0.0, 0.03, 0.06)  # tried at each side; from the best of these one goes on in STEPS
STEPS = (0.02, 0.01)
MAX_CUT = 0.12
PROMISING = 0.75  # coarse cosine from which one goes on

Window = tuple[float, float, float, float]  # the share cut off on the left, top, right and bottom
Pair = tuple[int, int, float]  # two rows of looks, and how similar they are

WHOLE: Window = (0.0, 0.0, 0.0, 0.0)
WINDOWS: list[Window] = list(itertools.product(CUTS, repeat=4))  # type: ignore[arg-type]


def same_pictures(looks: Looks, on_progress: Progress = lambda *_: None) -> list[Pair]:
    """Return the pairs of photos that are one picture, the most similar first.

    Args:
        on_progress: called with what is being done, the photos done and the photos in all.
    """
    likely = _likely_pairs(looks)
    partners: dict[int, list[int]] = defaultdict(list)
    for one, other in likely:
        partners[one].append(other)
        partners[other].append(one)
    pictures = {row: _Picture(looks.greys[row]) for row in partners}
    found: dict[tuple[int, int], float] = defaultdict(float)
    for done, (row, others) in enumerate(partners.items()):
        on_progress("comparing photos", done, len(partners))
        for other, similarity in zip(others, _parts_like(row, others, pictures), strict=True):
            pair = (min(row, other), max(row, other))
            found[pair] = max(found[pair], similarity)
    pairs = [(*pair, similarity) for pair, similarity in found.items() if similarity >= SIMILAR]
    return sorted(pairs, key=lambda pair: (-pair[2], pair))


def outline(grey: Image.Image, side: int, window: Window = WHOLE) -> np.ndarray:
    """Return the differences between neighbouring pixels of a part, (2·side²,), of length 1."""
    left, top, right, bottom = (cut * grey.width for cut in window)
    box = (left, top, grey.width - right, grey.height - bottom)
    small = grey.resize((side + 1, side + 1), Image.Resampling.BILINEAR, box=box)
    values = np.asarray(small, np.float32)
    across, down = np.diff(values, axis=1)[:-1], np.diff(values, axis=0)[:, :-1]
    both = np.concatenate([across.ravel(), down.ravel()])
    return both / max(float(np.linalg.norm(both)), 1e-6)  # of a blank photo all is 0


class _Picture:
    """A photo and its mirror image, as outlines in two sizes, (2, 2·side²)."""

    def __init__(self, grey: np.ndarray) -> None:
        self.image = Image.fromarray(grey)
        mirrored = self.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        self.coarse = np.stack([outline(i, COARSE) for i in (self.image, mirrored)])
        self.fine = np.stack([outline(i, FINE) for i in (self.image, mirrored)])


def _likely_pairs(looks: Looks) -> list[tuple[int, int]]:
    """Return the pairs of rows that may be one picture, at most `MAX_LIKELY`."""
    rows = np.flatnonzero(looks.readable)
    if len(rows) < 2:
        return []
    scored = itertools.chain.from_iterable(_compare_blocks(looks, rows))
    return [(one, other) for _, one, other in heapq.nlargest(MAX_LIKELY, scored)]


def _compare_blocks(looks: Looks, rows: np.ndarray) -> Iterator[list[tuple[float, int, int]]]:
    """Yield lists of (how far above what makes a pair likely, row, later row)."""
    greys = [Image.fromarray(looks.greys[row]) for row in rows]
    plain = np.array([outline(grey, COARSE) for grey in greys])
    flip = Image.Transpose.FLIP_LEFT_RIGHT
    mirrored = np.array([outline(grey.transpose(flip), COARSE) for grey in greys])
    embeddings = looks.embeddings[rows]
    for start in range(0, len(rows), BLOCK):
        here = slice(start, start + BLOCK)
        by_outline = np.maximum(plain[here] @ plain.T, mirrored[here] @ plain.T) - LIKELY_OUTLINE
        by_embedding = embeddings[here] @ embeddings.T - LIKELY_EMBEDDING
        above = np.maximum(by_outline, by_embedding)
        i, j = np.nonzero(above > 0)
        later = j > i + start
        i, j = i[later], j[later]
        yield list(
            zip(above[i, j].tolist(), rows[i + start].tolist(), rows[j].tolist(), strict=True)
        )


def _parts_like(row: int, others: list[int], pictures: dict[int, _Picture]) -> list[float]:
    """Return how similar the best part of one photo is to each of the others, all of them whole."""
    image = pictures[row].image
    windows = np.array([outline(image, COARSE, window) for window in WINDOWS])
    best = []
    for other in others:
        cosines = windows @ pictures[other].coarse.T
        window, mirrored = np.unravel_index(cosines.argmax(), cosines.shape)
        start = WINDOWS[window]
        promising = cosines.max() >= PROMISING
        best.append(_climb(image, pictures[other].fine[mirrored], start) if promising else 0.0)
    return best


def _climb(image: Image.Image, target: np.ndarray, window: Window) -> float:
    """Return the cosine with `target` after moving each side as long as that gets nearer to it."""
    best = float(outline(image, FINE, window) @ target)
    for step in STEPS:
        moved = True
        while moved:
            moved = False
            for other in _beside(window, step):
                cosine = float(outline(image, FINE, other) @ target)
                if cosine > best + 1e-4:
                    best, window, moved = cosine, other, True
                    break
    return best


def _beside(window: Window, step: float) -> Iterator[Window]:
    """Yield the windows with one side moved by a step."""
    for side, by in itertools.product(range(4), (step, -step)):
        cuts = list(window)
        cuts[side] = min(max(cuts[side] + by, 0.0), MAX_CUT)
        if cuts != list(window):
            yield tuple(cuts)  # type: ignore[misc]
