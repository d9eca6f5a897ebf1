"""The datasets that a visitor can see, how healthy they are, and their small pictures."""

import contextlib
import hashlib
import json
import logging
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import streamlit as st

from insects.datasets import Dataset, Photo, dataset_title, is_folder, load_dataset, uploads
from insects.datasets.health import EDITION, Report
from insects.datasets.published import photos_folder
from insects.datasets.splits import apply_split
from insects.datasets.thumbnails import remove_oldest, thumbnail
from insects.errors import DatasetError, InsectsError
from insects.runs import find_run
from insects.storage import write_atomically
from insects.ui import garbage, visitor
from insects.ui.workers import Worker, Workers

FETCH_SECONDS = 40 * 60  # its own limit is 30 minutes
TIDY_SECONDS = 3600


@st.cache_resource
def workers() -> Workers:
    """Return the one queue of health reports."""
    return Workers()


@st.cache_resource
def unpacker() -> Workers:
    """Return the one queue of zips."""
    return Workers()


@st.cache_resource
def fetcher() -> Workers:
    """Return the one queue of work that waits for another host."""
    return Workers(FETCH_SECONDS)


def choices() -> dict[str, str]:
    """Return the datasets that this visitor can see, name -> title, the best first."""
    names = ["published", "drawn"] if photos_folder() else ["drawn", "published"]
    if token := visitor.known_token():
        names += [str(path) for path in uploads.datasets_of(token)]
    titles: dict[str, str] = {}
    for name in names:
        title, number = dataset_title(name), 2
        while title in titles.values():
            title, number = f"{dataset_title(name)} ({number})", number + 1
        titles[name] = title
    return titles


def is_here(name: str) -> bool:
    """Return whether a dataset's photos are on this server."""
    return name != "published" or photos_folder() is not None


def is_shared(of: Dataset) -> bool:
    """Return whether every visitor can see a dataset, and not only the one who brought it."""
    return not uploads.is_private(of.name)


def dataset(name: str, split_name: str = "published") -> Dataset:
    """Return a dataset, split by a rule that is ready (see `insects.datasets.splits.is_ready`).

    Raises:
        DatasetError: its photos are not on this server, or not any more.
    """
    if is_folder(name) and not Path(name).is_dir():  # what is kept in memory may outlive it
        raise DatasetError("These photos are not on this server any more.")
    folder = photos_folder() if name == "published" else Path(name)
    return _dataset(name, split_name, str(folder))


@st.cache_resource(max_entries=12, show_spinner=False)
def _dataset(name: str, split_name: str, folder: str) -> Dataset:
    if split_name == "published":
        return load_dataset(name)
    return apply_split(dataset(name), split_name)


def report(of: Dataset) -> Report | Worker:
    """Return how healthy a dataset is, or who is finding it out."""
    key = _health_key(of)
    path = uploads.kept_with(of.folder) / "health" / f"{key}-{EDITION}.json"
    try:
        return _read_report(str(path), path.stat().st_mtime_ns)
    except (OSError, ValueError):
        worker = workers().start(key, ["data", "health", of.name])
    if worker.state != "done":
        return worker
    with contextlib.suppress(DatasetError), uploads.keeping(path):
        write_atomically(path, json.dumps(worker.result))
    workers().forget(key)
    return Report.from_dict(worker.result)


def try_report_again(of: Dataset) -> None:
    """Let a report that failed be made anew; a button's callback."""
    workers().forget(_health_key(of))


def _health_key(of: Dataset) -> str:
    """Return what a report is of: findings name photos by their places, so their order counts."""
    lines = (f"{photo.full_name} {photo.content_hash}" for photo in of.photos)
    return hashlib.sha256("\n".join([of.name, *lines]).encode()).hexdigest()[:32]


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_report(path: str, edition: int) -> Report:
    return Report.from_dict(json.loads(Path(path).read_text()))


def picture(photo: Photo, of: Dataset) -> bytes:
    """Return a photo's small picture, WebP."""
    return thumbnail(photo, uploads.kept_with(of.folder) / "thumbnails")


def was_seen(photo: Photo, of: Dataset, network: str) -> bool:
    """Return whether a network was trained on this very photo, under whatever name."""
    config = find_run(network, visitor.known_token()).config
    if config["dataset"] != of.name:
        return False
    try:
        return photo.content_hash in _training_hashes(of.name, config["split"])
    except InsectsError:
        return False


@st.cache_resource(max_entries=12, show_spinner=False)
def _training_hashes(name: str, split_name: str) -> frozenset[str]:
    return frozenset(photo.content_hash for photo in dataset(name, split_name).part("train"))


def fetch() -> Worker:
    """Fetch the published photos, once for all visitors."""
    return fetcher().start("fetch", ["data", "fetch"])


def fetching() -> Worker | None:
    """Return who is fetching the published photos, or did."""
    return fetcher().find("fetch")


def fetch_again() -> None:
    """Fetch once more after it failed."""
    fetcher().forget("fetch")
    fetch()


def unpack(data: bytes, file_name: str) -> str:
    """Begin to make a dataset of this visitor's zip, and return what it will be called.

    Raises:
        DatasetError: too many zips wait already, or the disk is full.
    """
    uploads.remove_expired()
    target = uploads.new_dataset_path(visitor.token(), Path(file_name).stem)
    archive = target.with_name(f".{target.name}.zip")
    with ExitStack() as until_done:
        until_done.enter_context(uploads.unpacking())
        until_done.callback(archive.unlink, missing_ok=True)
        try:
            archive.write_bytes(data)
        except OSError as error:
            raise DatasetError(f"The zip cannot be kept: {error.strerror}.") from None
        arguments = ["data", "unpack", str(archive), str(target)]
        unpacker().start(str(target), arguments, until_done.pop_all().close)
    return str(target)


def unpacking(target: str) -> Worker | None:
    """Return who is making a dataset of a zip, or did."""
    return unpacker().find(target)


@st.cache_resource(show_spinner=False)
def caretaker() -> threading.Thread:
    """Begin to remove what has been kept for long enough, now and every hour; garbage too."""
    thread = threading.Thread(target=_tidy_for_ever, name="caretaker", daemon=True)
    thread.start()
    return thread


def _tidy_for_ever() -> None:
    while True:
        try:
            uploads.remove_drafts()
            uploads.remove_expired()
            remove_oldest(uploads.kept_with(None) / "thumbnails")
            garbage.spare()
        except Exception:  # such as a disk that is gone for a while: the next hour may be better
            logging.getLogger(__name__).exception("tidying failed")
        time.sleep(TIDY_SECONDS)


def remove(name: str) -> None:
    """Remove this visitor's own dataset.

    Raises:
        DatasetError: a training on it goes on or waits.
    """
    uploads.remove(name, visitor.known_token())
