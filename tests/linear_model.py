"""A model that adds up what its regions are worth, and explanations of it."""

import numpy as np
from made_explanations import made_explanation

from insects.explanation import Settings

BLOCK = 8
# Nine blocks, each adding so much to the probability of "seen" while it is shown.
WEIGHTS = np.array([0.3, 0.05, 0.0, 0.2, -0.1, 0.1, 0.02, 0.15, -0.02])
HIDDEN = 0.2


class LinearModel:
    """A model that sums up what the regions it can see are worth; it knows the whole photo."""

    name = "linear"
    class_names = ("other", "seen")

    def __init__(self, image, segments, weights):
        self.image, self.segments, self.weights = image, segments, np.asarray(weights, float)
        self.image_size = len(image)
        self.asked = []

    def probabilities(self, images):
        self.asked.append(images.copy())
        same = (images == self.image).all(axis=-1)
        n = len(self.weights)
        shown = np.stack([same[:, self.segments == i].all(axis=1) for i in range(n)], axis=1)
        seen = HIDDEN + shown @ self.weights
        return np.stack([1 - seen, seen], axis=1)


def explained(values, segments, image, **settings):
    """An explanation of the class "seen" by these values, (n_superpixels,)."""
    values = np.asarray(values, float)
    return made_explanation(
        np.stack([-values, values], axis=1),
        segments,
        class_names=("other", "seen"),
        probabilities=np.array([0.1, 0.9]),
        base_values=np.array([1 - HIDDEN, HIDDEN]),
        image=image,
        settings=Settings(**settings),
    )


def grid(side, block=BLOCK):
    """A square of side × side blocks, numbered row by row, and pixels that no baseline has."""
    rows, columns = np.indices((side * block, side * block)) // block
    noise = np.random.default_rng(0).integers(0, 120, (side * block, side * block, 3), np.uint8)
    noise[::2] += 130
    return side * rows + columns, noise


def linear(values=WEIGHTS, weights=WEIGHTS, **settings):
    """A linear model of nine blocks, and an explanation of it by these values."""
    segments, image = grid(3)
    return LinearModel(image, segments, weights), explained(values, segments, image, **settings)
