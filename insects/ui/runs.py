"""The runs that a visitor can see, start and end; all of them live in directories, none here."""

import tempfile
import threading
from pathlib import Path

import streamlit as st

from insects import bundle
from insects.datasets import Dataset, dataset_title
from insects.datasets.splits import is_ready, split_key
from insects.errors import InsectsError, RunError
from insects.networks import NETWORKS
from insects.predictions import Predictions, load_predictions
from insects.runs import Run, find_run, list_runs
from insects.training import launch
from insects.training.limits import tidy_runs
from insects.training.settings import Settings
from insects.ui import datasets, visitor
from insects.ui.cache import SHORTCUT_PATHS

MAX_BUNDLE_MEGABYTES = 100  # twice what the largest network's zip takes
MAX_BROUGHT = 5  # runs of one visitor that were not trained here
SCORES = {"photos", "correct", "accuracy", "confusion"}

_one_at_a_time = threading.Lock()


def visible() -> list[Run]:
    """Return the runs that this visitor may see, those of theirs that go on first.

    The two that the Shortcut lab comes with are shown there alone.
    """
    found = list_runs(visitor.known_token())
    runs = [run for run in found if run.path not in SHORTCUT_PATHS and _can_be_shown(run)]
    return sorted(runs, key=lambda run: (not run.is_alive, run.is_shipped, -_started(run)))


def _can_be_shown(run: Run) -> bool:
    """Return whether a config is whole: one odd directory must not cost visitors all others."""
    try:
        settings = Settings.from_config(run.config)
        settings.checked_recipe()
        return bool(split_key(settings.split) and run.config["class_names"])
    except (InsectsError, KeyError, TypeError, AttributeError):
        return False


def _started(run: Run) -> float:
    try:
        return (run.path / "config.json").stat().st_mtime
    except OSError:
        return 0.0


def find(name: str) -> Run | None:
    """Return the run of that name that this visitor may see, if it is there still."""
    try:
        return find_run(name, visitor.known_token())
    except InsectsError:
        return None


def is_mine(run: Run) -> bool:
    """Return whether this visitor started the run."""
    token = visitor.known_token()
    return bool(token) and run.is_owned_by(token)


def has_scores(run: Run) -> bool:
    """Return whether a run has ended with a network, and says how good that is."""
    if run.status[0] not in ("finished", "stopped"):
        return False
    try:
        return run.metrics["test"].keys() >= SCORES
    except (RunError, KeyError, AttributeError):
        return False


def start(settings: Settings) -> Run:
    """Start a training, or queue it.

    Raises:
        InsectsError: it does not fit this server, or the visitor has too many already.
    """
    return launch.start(settings)


def stop(run: Run) -> None:
    """Ask the visitor's own training to end; what it learned is kept."""
    launch.stop(run, visitor.token())


def resume(run: Run, epochs: int | None = None) -> None:
    """Let the visitor's own training go on, perhaps to more epochs than before."""
    launch.resume(run, visitor.token(), epochs)


def delete(run: Run) -> None:
    """Remove the visitor's own run."""
    launch.delete(run, visitor.token())


def place(run: Run) -> int:
    """Return how many trainings are before a queued one."""
    return launch.place(run)


def title(run: Run) -> str:
    """Return what people call a run: its network, photos, split and seed."""
    config = run.config
    network = NETWORKS[config["network"]].title
    split = str(config["split"]).replace("_", " ")
    bias = config.get("background_bias")
    photos = dataset_title(run.dataset) + (f" with background bias {bias:g}" if bias else "")
    text = f"{network} on {photos}, {split}, seed {config['seed']}"
    return f"{text} (comes with the app)" if run.is_shipped else f"{text} · {run.name}"


def its_dataset(run: Run) -> Dataset | None:
    """Return the photos a run was trained and tested on, where they are here still."""
    config = run.config
    if not datasets.is_here(run.dataset):
        return None
    try:
        if not is_ready(datasets.dataset(run.dataset), config["split"]):
            return None  # to look at all photos first would take a page too long
        found = datasets.dataset(run.dataset, config["split"])
    except InsectsError:
        return None
    return found if found.fingerprint == config.get("dataset_fingerprint") else None


def leaked(run: Run) -> int:
    """Return how many of a run's test photos are among its training photos, byte for byte."""
    found = its_dataset(run)
    return _leaked(found.fingerprint, found) if found else 0


@st.cache_data(max_entries=32, show_spinner=False)
def _leaked(fingerprint: str, _dataset: Dataset) -> int:
    train = {photo.content_hash for photo in _dataset.part("train")}
    return sum(photo.content_hash in train for photo in _dataset.part("test"))


def predictions(run: Run) -> Predictions | None:
    """Return what a finished run said of each photo, if it wrote that down."""
    try:
        return load_predictions(run)
    except InsectsError:
        return None


def as_zip(run: Run) -> bytes:
    """Return a run as one file to take along."""
    return bundle.export_run(run)


def bring_back(data: bytes, file_name: str) -> Run:
    """Take in a run's zip, and return it as this visitor's own run.

    What is in the zip is checked first, its network in a process of its own, by one visitor at a
    time.

    Raises:
        RunError: it is no zip of a run, or there is no room for it.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise RunError("Another run is being brought back; please try again in a moment.")
    try:
        if sum(is_mine(run) and "imported" in run.config for run in visible()) >= MAX_BROUGHT:
            raise RunError(f"You have brought {MAX_BROUGHT} runs back already; delete one first.")
        tidy_runs()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.zip"
            path.write_bytes(data)
            return bundle.import_run(path, Path(file_name).stem, visitor.token())
    except OSError as error:
        raise RunError(f"The run cannot be kept: {error.strerror or error}.") from None
    finally:
        _one_at_a_time.release()
