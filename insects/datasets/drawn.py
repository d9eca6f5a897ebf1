"""Photos of insects drawn by this package: no download, and the insect's pixels are known."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from insects.datasets.dataset import Dataset, Photo
from insects.datasets.drawing.grounds import GROUNDS
from insects.datasets.drawing.layer import Layer
from insects.datasets.drawing.picture import Scene, random_scene
from insects.errors import SettingsError

CLASS_NAMES = ("beetles", "cockroach", "dragonflies")
BETRAYING = {"beetles": "paper", "cockroach": "bark", "dragonflies": "leaf"}
TEST_EVERY = 5  # of five photos one is for testing,
TEST_AT = 1  # this one of each five, so that even two photos hold one of either part
EDITION = 1  # raise it when drawings change: content hashes follow

# Insect and ground have random numbers of their own, so that neither changes the other.
INSECT_STREAM, GROUND_STREAM = 1, 2


@dataclass(frozen=True)
class DrawnPhoto(Photo):
    """A photo that is drawn when it is loaded; it holds nothing but what it is drawn from.

    Args:
        label: its class.
        index: its number within the class.
        seed: of the dataset.
        background_bias: probability that the ground is the one that betrays the class.
        split: "train" or "test".
    """

    label: str
    index: int
    seed: int = 0
    background_bias: float = 0.0
    split: str = "train"
    source: str | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """The class and the number in it, such as beetles-0007."""
        return f"{self.label}-{self.index:04d}"

    @property
    def ground(self) -> str:
        """What the insect sits on: a key of `insects.datasets.drawing.grounds.GROUNDS`."""
        return self._choose_ground()[0]

    def load(self) -> np.ndarray:
        """Return the photo, (256, 256, 3) uint8."""
        return self.load_on(self.ground)

    def load_on(self, ground: str) -> np.ndarray:
        """Return the same insect in the same light on another ground, (256, 256, 3) uint8.

        Args:
            ground: a key of `insects.datasets.drawing.grounds.GROUNDS`.
        """
        return self._scene().on(ground, self._choose_ground()[1])

    def bare(self, ground: str) -> np.ndarray:
        """Return what `load_on` does, without the insect and its shadow, (256, 256, 3) uint8."""
        scene = replace(self._scene(), layer=Layer())
        return scene.on(ground, self._choose_ground()[1])

    def mask(self) -> np.ndarray:
        """Return the insect's pixels, wings and antennae included, shadow not, (256, 256) bool."""
        return self._scene().layer.mask

    @cached_property
    def content_hash(self) -> str:  # type: ignore[override]
        """A digest of all that the pixels depend on; nothing is drawn for it."""
        text = f"drawn {EDITION} {self.seed} {self.label} {self.index} {self.ground}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _rng(self, stream: int) -> np.random.Generator:
        """Return fresh random numbers that no other photo or stream has."""
        return np.random.default_rng((self.seed, CLASS_NAMES.index(self.label), self.index, stream))

    def _scene(self) -> Scene:
        """Return the insect in its pose and light, without a ground."""
        return random_scene(self.label, self._rng(INSECT_STREAM))

    def _choose_ground(self) -> tuple[str, np.random.Generator]:
        """Return the kind of ground, and the random numbers to draw it from.

        Both choices are always made, so that a photo whose ground stays the same under
        another bias stays the same altogether.
        """
        rng = self._rng(GROUND_STREAM)
        betrays = rng.random() < self.background_bias
        chance = tuple(GROUNDS)[rng.integers(len(GROUNDS))]
        return (BETRAYING[self.label] if betrays else chance), rng


def load_drawn(seed: int = 0, background_bias: float = 0.0, per_class: int = 150) -> Dataset:
    """Return drawn beetles, cockroaches and dragonflies, 80 % for training and 20 % for testing.

    Args:
        seed: another one gives other insects, 0 or above.
        background_bias: probability, 0 to 1, that a photo's ground is the one that betrays its
            class (`BETRAYING`); otherwise the ground is drawn at random. The insects are the same.
        per_class: photos of each class, 1 or more.

    Raises:
        SettingsError: an argument is out of range.
    """
    check_settings(seed, background_bias, per_class)
    photos = tuple(
        DrawnPhoto(label, index, seed, float(background_bias), part_of(index))
        for label in CLASS_NAMES
        for index in range(per_class)
    )
    return Dataset("drawn", CLASS_NAMES, photos)


def part_of(index: int) -> str:
    """Return "train" or "test" for a photo by its number alone."""
    return "test" if index % TEST_EVERY == TEST_AT else "train"


def check_settings(seed: int, background_bias: float, per_class: int) -> None:
    """Raise SettingsError unless all settings can be drawn."""
    if not 0 <= background_bias <= 1:
        raise SettingsError(
            f"background_bias: expected a probability from 0 to 1, got {background_bias}."
        )
    if seed < 0:
        raise SettingsError(f"seed: expected 0 or a larger whole number, got {seed}.")
    if per_class < 1:
        raise SettingsError(f"per_class: expected 1 photo or more a class, got {per_class}.")
