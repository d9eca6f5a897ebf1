"""Photos, networks and settings that all tests share."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings as hypothesis_settings

from insects.datasets import load_dataset
from insects.inference import load_model
from insects.pixelwise import child
from insects.training import launch

# The same examples on every machine, and no limit on time.
hypothesis_settings.register_profile("calm", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("calm")

# Each of the processes that share the tests has a core of its own: two that take all cores, with
# LiteRT and TensorFlow in both, wait for each other most of the time.
if (_worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    _cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {_cores[int(_worker.removeprefix("gw")) % len(_cores)]})

_named = os.environ.get("INSECTS_PHOTOS")
REAL_PHOTOS = Path(_named) if _named and Path(_named).is_dir() else None


@dataclass(frozen=True)
class Labelled:
    """A decoded photo, (H, W, 3) uint8, and its class."""

    pixels: np.ndarray
    label: str


@pytest.fixture(autouse=True)
def own_runs_folder(tmp_path, monkeypatch):
    """Keep tests away from the runs that were trained on this machine."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("INSECTS_RUNS", str(folder))
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_cache_folder(tmp_path_factory):
    """Keep tests away from what was fetched or made on this machine before."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("INSECTS_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def dataset():
    """The published photos where they are, else drawn ones."""
    return load_dataset("published" if REAL_PHOTOS else "drawn")


@pytest.fixture(scope="session")
def photos(dataset):
    """Three test photos of each class."""
    return [
        Labelled(photo.load(), photo.label)
        for name in dataset.class_names
        for photo in [p for p in dataset.part("test") if p.label == name][:3]
    ]


@pytest.fixture
def real_photos():
    """The folder of the published photos, for what is said of these photos alone.

    They are under others' rights and cannot lie in the repository, so where they are not here, the
    tests of their facts are skipped and listed at the end; all else runs on drawn insects.
    """
    if REAL_PHOTOS is None:
        pytest.skip("INSECTS_PHOTOS names no folder, so the published photos are not here")
    return REAL_PHOTOS


@pytest.fixture(scope="session")
def default_model():
    return load_model("efficientnet_lite0")


@pytest.fixture
def started(monkeypatch):
    """The processes that are started to explain by pixel during a test."""
    processes, real = [], subprocess.Popen

    def start(*arguments, **options):
        processes.append(real(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(child.subprocess, "Popen", start)
    return processes


@pytest.fixture
def not_spawned(monkeypatch):
    """No process: what would be started is kept here."""
    started = []
    monkeypatch.setattr(launch, "_spawn", started.append)
    return started
