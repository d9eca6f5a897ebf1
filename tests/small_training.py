"""A training in small: noise for photos, two epochs, and a run that has not begun."""

import numpy as np
import pytest
from PIL import Image

from insects.datasets import load_dataset
from insects.datasets.published import CLASS_NAMES
from insects.networks import Recipe
from insects.training import launch
from insects.training.settings import Settings

PER_CLASS = {"train": 4, "test": 3}
QUICK = Recipe(epochs=2, batch_size=5, optimizer="adam", learning_rate=1e-3)
ME, OTHER = "a" * 32, "b" * 32
SETTINGS = Settings("efficientnet_lite0", recipe=QUICK, owner=ME)


@pytest.fixture(scope="module")
def photos_folder(tmp_path_factory):
    """A published folder in small, of noise in a colour a class; no photo is there twice."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for split, count in PER_CLASS.items():
        for channel, label in enumerate(CLASS_NAMES):
            for i in range(count):
                pixels = rng.integers(0, 80, (64, 64, 3), dtype=np.uint8)
                pixels[..., channel] += 150
                path = folder / split / label / f"{split}-{channel}-{i}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(path)
    return folder


@pytest.fixture(autouse=True)
def small_dataset(photos_folder, monkeypatch):
    monkeypatch.setenv("INSECTS_PHOTOS", str(photos_folder))


def create(name="run", settings=SETTINGS, folder=None):
    return launch.create(settings, load_dataset("published"), folder / name if folder else None)
