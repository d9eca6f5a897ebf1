"""The game that a photo is: its superpixels are the players, and each coalition of them is a photo
with the other ones hidden, which a network is asked about."""

from collections.abc import Callable

import numpy as np

from insects.inference import BATCH_SIZE, Model
from insects.shapley.places import Places
from insects.superpixels import make_background, mask_image
from insects.views import distances

Progress = Callable[[int, int], None]  # evaluations so far, evaluations in all
# A superpixel this far from a place, in sides of a cell, matters half as much to it as one that is
# there; chosen on the photos of `bench.material.TUNING`.
REACH = 0.7


class PhotoGame:
    """Masks and scores one batch at a time.

    Args:
        image: (image_size, image_size, 3) uint8.
        segments: (image_size, image_size) int.
        baseline, output: as of `insects.explanation.Settings`.
        of: evaluations in all, for `on_progress`.
    """

    def __init__(
        self,
        model: Model,
        image: np.ndarray,
        segments: np.ndarray,
        baseline: str,
        output: str,
        of: int = 0,
        on_progress: Progress = lambda *_: None,
    ) -> None:
        self._model, self._image, self._segments = model, image, segments
        self._background = make_background(image, baseline)
        self._score = model.probabilities if output == "probability" else model.logits
        self._of, self._on_progress = of, on_progress
        self._spent = 0
        self.places = self._find_places() if output == "probability" else None

    def __call__(self, coalitions: np.ndarray) -> np.ndarray:
        """Return the scores of coalitions, (n, n_players) bool: (n, n_outputs)."""
        return np.concatenate(self._batch_by_batch(coalitions, self._score))

    def _score_and_parts(self, coalitions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs = self._batch_by_batch(coalitions, self._model.probabilities_and_parts)
        scores, parts = zip(*pairs, strict=True)
        return np.concatenate(scores), np.concatenate(parts)

    def _batch_by_batch(self, coalitions: np.ndarray, ask: Callable) -> list:
        """Return what is said of each batch."""
        said = []
        for start in range(0, len(coalitions), BATCH_SIZE):
            batch = coalitions[start : start + BATCH_SIZE]
            said.append(ask(mask_image(self._image, self._background, self._segments, batch)))
            self._spent += len(batch)
            self._on_progress(self._spent, self._of)
        return said

    def _find_places(self) -> Places | None:
        """Return how near places are to superpixels, where the network tells what each one says."""
        if not (isinstance(self._model, Model) and self._model.has_parts):
            return None
        away = distances(self._segments)
        nearness = 1 / (1 + (away / REACH) ** 4)
        return Places(nearness / nearness.sum(axis=1, keepdims=True), self._score_and_parts)
