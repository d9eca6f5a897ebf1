"""A temperature that makes a network as sure as it is right, fitted on photos set aside for it.

Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2: logits are divided by
one number, the temperature, which changes no answer, only how sure it is.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from insects.errors import DatasetError
from insects.metrics import FEWEST_TO_CALIBRATE

SHARE = 0.1  # of the training photos, to be set aside
LOWEST, HIGHEST = 0.05, 20.0


def set_aside(
    labels: np.ndarray, seed: int, groups: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows to fit a network on and those, about a tenth of each class, set aside.

    A class with two photos or more has one of each at least; one with a single photo keeps it to
    fit on.

    Args:
        labels: (n,) indices of classes.
        seed: of which photos are chosen.
        groups: (n,) numbers of series. A series is then set aside whole or not at all: otherwise a
            network knows the photos by their neighbours and seems as sure as it may be. A class
            that is all one series has none set aside.

    Returns:
        Both in ascending order, (n_fit,) and (n_aside,) int64.
    """
    groups = np.arange(len(labels)) if groups is None else groups
    rng = np.random.default_rng([seed, 10])
    aside = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        aside[_chosen(rows, groups, rng)] = True
    return np.flatnonzero(~aside), np.flatnonzero(aside)


def require_enough(photos: int) -> None:
    """Raise DatasetError where a temperature fitted on so many photos may do harm."""
    if photos < FEWEST_TO_CALIBRATE:
        raise DatasetError(
            f"A temperature is fitted on {FEWEST_TO_CALIBRATE} photos of the classes or more; "
            f"there are {photos}. Fitted on fewer it can make a network's answers less reliable."
        )


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature, 0.05 to 20, under which the labels are most probable.

    It minimises the cross-entropy, with a weak pull towards 1 as strong as half a photo's: where
    all answers are right, photos alone would make the network as sure as the bounds allow. (It is
    the most probable temperature if its logarithm is normal with deviation 1 beforehand.)

    Args:
        logits: (n, n_classes), n at least `insects.metrics.FEWEST_TO_CALIBRATE`.
        labels: (n,) indices.

    Raises:
        DatasetError: there are fewer.
    """
    require_enough(len(labels))
    logits = np.asarray(logits, np.float64)

    def badness(log_temperature: float) -> float:
        of_all = log_softmax(logits / np.exp(log_temperature), axis=1)
        return log_temperature**2 / 2 - of_all[np.arange(len(labels)), labels].sum()

    bounds = (np.log(LOWEST), np.log(HIGHEST))
    found = minimize_scalar(badness, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def _chosen(rows: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the rows of one class to set aside: groups in random order, while there is room.

    A group that is too large is passed over for one that fits; where none does, it is the smallest.
    """
    wanted = max(1, round(SHARE * len(rows)))
    numbers = np.unique(groups[rows])
    if len(numbers) < 2:
        return rows[:0]
    sizes = {number: int((groups[rows] == number).sum()) for number in numbers}
    chosen: list[int] = []
    room = wanted
    for number in rng.permutation(numbers):
        if sizes[number] <= room:
            chosen.append(number)
            room -= sizes[number]
    chosen = chosen or [min(sizes, key=sizes.__getitem__)]
    return rows[np.isin(groups[rows], chosen)]
