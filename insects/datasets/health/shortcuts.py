"""Whether the class can be told without looking at the insect."""

from collections.abc import Iterator

import numpy as np

from insects.datasets import looks
from insects.datasets.health.evidence import Evidence, Sample
from insects.datasets.health.guesses import guess, recalls
from insects.datasets.health.report import Finding
from insects.datasets.health.words import percent

# Of `SMALL_SIDE` px: the insect rarely reaches the outermost ones; of the outer ones it may have
# a few.
SMALL_SIDE = looks.COLOUR_SIDE
RING, OUTER = 2, 5
SHADES = 6  # of red, of green and of blue: colours are counted in 6³ boxes
# How far the guesses are on the way from chance to always right, judged with equal classes.
TELLING, VERY_TELLING = 0.2, 0.5
EXAMPLES = 2  # photos of each class


def ring(evidence: Evidence) -> Iterator[Finding | str]:
    """Guess the class from the outermost pixels and where they are."""
    if evidence.folds is not None:
        colours = evidence.looks.colours[evidence.sample.rows]
        features = colours[:, _rim(RING)].reshape(len(colours), -1) / np.float32(255)
        yield _judged(evidence, features, "ring", "the outer ring of pixels")


def outer_colours(evidence: Evidence) -> Iterator[Finding | str]:
    """Guess the class from which colours there are near the edges, wherever they are."""
    if evidence.folds is not None:
        colours = evidence.looks.colours[evidence.sample.rows]
        features = _histograms(colours[:, _rim(OUTER)])
        yield _judged(evidence, features, "outer colours", "the colours near the edges")


def too_few(evidence: Evidence) -> Iterator[Finding | str]:
    """Say where there are too few photos to learn guesses from."""
    if evidence.folds is None:
        yield Finding(
            "too few",
            "note",
            "There are too few photos to look for wrong labels and for shortcuts.",
            evidence.no_folds,
            "Add photos.",
        )


def _rim(width: int) -> np.ndarray:
    """Return which pixels of a small photo are near its edges, (32, 32) bool."""
    rim = np.ones((SMALL_SIDE, SMALL_SIDE), bool)
    rim[width:-width, width:-width] = False
    return rim


def _histograms(pixels: np.ndarray) -> np.ndarray:
    """Return the square root of each colour's share, (n, 216), for (n, n_pixels, 3) uint8.

    The root keeps the commonest colour from drowning all others.
    """
    red, green, blue = np.moveaxis(pixels.astype(np.int64) * SHADES // 256, -1, 0)
    boxes = (red * SHADES + green) * SHADES + blue
    counts = [np.bincount(row, minlength=SHADES**3) for row in boxes]
    return np.sqrt(np.array(counts, np.float32) / pixels.shape[1])


def _judged(evidence: Evidence, features: np.ndarray, check: str, what: str) -> Finding | str:
    """Return a finding where the class can be told from `features`, (n, d), else a sentence."""
    sample = evidence.sample
    probabilities = guess(features, sample)
    guessed = probabilities.argmax(axis=1)
    by_class = recalls(sample.labels, guessed)
    n_each = np.bincount(sample.labels)
    right, commonest = (guessed == sample.labels).mean(), n_each.max() / n_each.sum()
    chance = 1 / len(by_class)
    told = (by_class.mean() - chance) / (1 - chance)
    error = np.sqrt((by_class * (1 - by_class) / n_each).sum()) / len(by_class)
    figures = {
        "right": right,
        "commonest": commonest,
        "balanced": by_class.mean(),
        "chance": chance,
    }
    if told < TELLING or by_class.mean() < chance + 2 * error:
        return (
            f"From {what} alone, a simple classifier hardly tells the class: right for "
            f"{percent(right)} of the photos (always the commonest class: {percent(commonest)})."
        )
    names = evidence.dataset.class_names
    return Finding(
        check,
        "serious" if told >= VERY_TELLING else "worth knowing",
        f"From {what} alone, a simple classifier tells the class right for {percent(right)} of the "
        f"photos (always the commonest class: {percent(commonest)}).",
        _meaning(names, by_class),
        "Look at what explanations rest on, and test on photos with other grounds.",
        _examples(sample, probabilities, guessed),
        figures={k: float(v) for k, v in figures.items()}
        | {f"right_{name}": float(value) for name, value in zip(names, by_class, strict=True)},
    )


def _meaning(names: tuple[str, ...], by_class: np.ndarray) -> str:
    each = ", ".join(f"{name} {percent(v)}" for name, v in zip(names, by_class, strict=True))
    return (
        "A network can get such a score without looking at the insect; what is printed at the "
        "edges counts too. Right for each class: "
        f"{each}; classes counted equally {percent(by_class.mean())}, by chance "
        f"{percent(1 / len(by_class))}."
    )


def _examples(
    sample: Sample, probabilities: np.ndarray, guessed: np.ndarray
) -> tuple[tuple[int, ...], ...]:
    """Return the photos of each class that were told right with the greatest confidence."""
    examples = []
    for i in range(probabilities.shape[1]):
        right = np.flatnonzero((sample.labels == i) & (guessed == i))
        best = right[np.argsort(-probabilities[right, i], kind="stable")[:EXAMPLES]]
        examples += [(int(index),) for index in sample.indices[best]]
    return tuple(examples)
