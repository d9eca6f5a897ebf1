"""The datasets that a visitor can see, how healthy they are, and their small pictures."""

import json
from pathlib import Path

import streamlit as st

from insects.datasets import Dataset, Photo, dataset_title, load_dataset, uploads
from insects.datasets.health import EDITION, Report
from insects.datasets.published import photos_folder
from insects.datasets.splits import apply_split
from insects.datasets.thumbnails import remove_oldest, thumbnail
from insects.errors import InsectsError
from insects.runs import find_run
from insects.storage import write_atomically
from insects.ui import visitor
from insects.ui.workers import Worker, Workers


@st.cache_resource
def workers() -> Workers:
    """Return the one queue of work that keeps a core busy."""
    return Workers()


@st.cache_resource
def fetcher() -> Workers:
    """Return the one queue of work that waits for another host."""
    return Workers()


def choices() -> dict[str, str]:
    """Return the datasets that this visitor can see, name -> title, the best first."""
    names = ["published", "drawn"] if photos_folder() else ["drawn", "published"]
    if token := visitor.known_token():
        names += [str(path) for path in uploads.datasets_of(token)]
    return {name: dataset_title(name) for name in names}


def is_here(name: str) -> bool:
    """Return whether a dataset's photos are on this server."""
    return name != "published" or photos_folder() is not None


def dataset(name: str, split_name: str = "published") -> Dataset:
    """Return a dataset, split by a rule that is ready (see `insects.datasets.splits.is_ready`)."""
    folder = photos_folder() if name == "published" else Path(name)
    return _dataset(name, split_name, str(folder))


@st.cache_resource(max_entries=12, show_spinner=False)
def _dataset(name: str, split_name: str, folder: str) -> Dataset:
    if split_name == "published":
        return load_dataset(name)
    return apply_split(dataset(name), split_name)


def report(of: Dataset) -> Report | Worker:
    """Return how healthy a dataset is, or who is finding it out."""
    path = uploads.kept_with(of.folder) / "health" / f"{of.fingerprint[:32]}-{EDITION}.json"
    try:
        return Report.from_dict(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError):
        worker = workers().start(("health", of.fingerprint), ["data", "health", of.name])
    if worker.state != "done":
        return worker
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(worker.result))
    workers().forget(("health", of.fingerprint))
    return Report.from_dict(worker.result)


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


def unpack(data: bytes, file_name: str) -> None:
    """Begin to make a dataset of this visitor's zip.

    Raises:
        DatasetError: too many zips wait already.
    """
    token = visitor.token()
    uploads.remove_expired()
    target = uploads.new_dataset_path(token, Path(file_name).stem)
    archive = target.with_name(f".{target.name}.zip")
    archive.write_bytes(data)
    arguments = ["data", "unpack", str(archive), str(target)]
    workers().forget(("unpack", token))
    workers().start(("unpack", token), arguments, lambda: archive.unlink(missing_ok=True))


def unpacking() -> Worker | None:
    """Return who is unpacking this visitor's zip, or did."""
    return workers().find(("unpack", visitor.known_token()))


def unpacking_was_seen() -> None:
    """Forget the zip that was unpacked last: its outcome has been said."""
    workers().forget(("unpack", visitor.known_token()))


@st.cache_resource(ttl="1h", show_spinner=False)
def tidy() -> None:
    """Remove what has been kept for long enough, at most once an hour."""
    uploads.remove_expired()
    remove_oldest(uploads.kept_with(None) / "thumbnails")
