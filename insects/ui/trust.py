"""What helps to judge an answer: similar training photos, and the photo without its label."""

from dataclasses import dataclass

import streamlit as st

from insects.datasets import Dataset, Photo
from insects.errors import InsectsError
from insects.photos import Squares
from insects.runs import find_run
from insects.similar import FILE, Index, Similar, load_index
from insects.ui import cache, datasets, visitor
from insects.ui.cache import SmallPhoto
from insects.ui.memory import kept


@dataclass(frozen=True)
class Likeness:
    """The training photos that a photo is most like.

    Args:
        nearest: the most like first, whatever their class.
        others: those of other classes than the predicted one.
    """

    nearest: list[Similar]
    others: list[Similar]


def likeness(network: str, photo: SmallPhoto) -> Likeness | None:
    """Return what a photo is like among those a network was trained on; None where nobody knows.

    Raises:
        RunError: there is no such run that this visitor may see.
    """
    try:
        index_file = find_run(network, visitor.known_token()).path / FILE
        edition = f"{cache.edition(network)}-{index_file.stat().st_mtime_ns:x}"
    except OSError:
        return None
    label = int(cache.prediction(network, photo).probabilities.argmax())
    return _likeness(photo.is_shared, network, edition, photo.key, label, photo.squares)


@kept(256, own=32)
def _likeness(
    network: str, edition: str, photo_key: str, label: int, _squares: Squares
) -> Likeness | None:
    if (index := _index(network, edition)) is None:
        return None
    embedding = cache.model(network).embed(_squares)
    others = index.nearest_of_other_classes(embedding, label)
    return Likeness(index.nearest(embedding), others)


@st.cache_resource(max_entries=4, show_spinner=False)
def _index(network: str, edition: str) -> Index | None:
    return load_index(find_run(network, visitor.known_token()))


def photos_of(network: str, found: list[Similar]) -> tuple[Dataset | None, list[Photo | None]]:
    """Return the dataset of a network and the photos themselves, where they are on this server."""
    name = find_run(network, visitor.known_token()).dataset
    try:
        dataset = datasets.dataset(name) if datasets.is_here(name) else None
    except InsectsError:  # a visitor's own photos go after a day
        dataset = None
    if dataset is None:
        return None, [None] * len(found)
    return dataset, [_photo(dataset, similar) for similar in found]


def _photo(dataset: Dataset, similar: Similar) -> Photo | None:
    """Return the photo itself, in the part it was trained in; a split may have moved it there."""
    part, _, rest = similar.name.partition("/")
    for photo in dataset.photos:
        if photo.full_name.partition("/")[2] == rest and photo.content_hash == similar.content:
            return photo.in_part(part)
    return None
