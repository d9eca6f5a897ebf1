"""What all visitors share: networks, samples, running explanations; and what is cheap to keep.

What comes from a visitor's own photo is kept in their session alone (see `insects.ui.memory`).
"""

import hashlib
import itertools
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from insects import charts, figures, overlay_chart
from insects.convergence import summary
from insects.datasets import default_dataset, load_dataset
from insects.errors import RunError
from insects.explanation import Explanation
from insects.inference import BACKBONE_SIZE, Model, Prediction, Verdict, load_model
from insects.label_strip import find_strip, hide_strip
from insects.networks import NETWORKS
from insects.photos import Squares, load_photo, resize
from insects.predictions import temperature_of
from insects.runs import SHIPPED, find_run, list_runs
from insects.shortcut import PAIR
from insects.superpixels import segment
from insects.ui import visitor
from insects.ui.jobs import KEPT_PIXEL_MAPS, KEPT_RESULTS, Jobs
from insects.ui.memory import Results, kept
from insects.wording import singular

DEFAULT_NETWORK = "efficientnet_lite0"
DISPLAY_SIDE = 640
SAMPLES_PER_CLASS = 2
OWN_RESULTS = 8  # 0.5 MB each
OWN_PIXEL_MAPS = 2  # 2 MB each
SHORTCUT_PATHS = frozenset(SHIPPED / name for name in PAIR)
IMAGE_SIZES = frozenset({BACKBONE_SIZE, *(network.image_size for network in NETWORKS.values())})


@dataclass(frozen=True)
class SmallPhoto:
    """A photo cut down to what a page needs: 2 MB at most, beside the upload that Streamlit keeps.

    The squares are made from the whole photo, so a page gets the numbers that the library gets.

    Args:
        name: for people.
        key: hex digest of what the networks see.
        display: (H, W, 3) uint8, at most 640 px.
        squares: what each network sees.
        label: its class, where that is known.
        source: address of the page that credits the photographer, if any.
        is_shared: whether every visitor can see the photo, as a sample. Only then is anything made
            of it kept for others.
        without_label: the same with its label strip hidden; None where it has none.
    """

    name: str
    key: str
    display: np.ndarray
    squares: Squares
    label: str | None = None
    source: str | None = None
    is_shared: bool = False
    without_label: "SmallPhoto | None" = None

    @classmethod
    def of(
        cls,
        photo: np.ndarray,
        name: str,
        label: str | None = None,
        source: str | None = None,
        is_shared: bool = False,
    ) -> "SmallPhoto":
        """Cut down a decoded photo, (H, W, 3) uint8. Its label is looked for in the whole of it."""
        small = cls._of_pixels(photo, name, label, source, is_shared)
        if find_strip(photo) is None:
            return small
        name = f"{name} without its label"
        hidden = cls._of_pixels(hide_strip(photo), name, label, source, is_shared)
        return replace(small, without_label=hidden)

    @classmethod
    def _of_pixels(
        cls, photo: np.ndarray, name: str, label: str | None, source: str | None, is_shared: bool
    ) -> "SmallPhoto":
        squares = Squares.of(photo, IMAGE_SIZES)
        display = Image.fromarray(photo)
        display.thumbnail((DISPLAY_SIDE, DISPLAY_SIDE))
        small = np.asarray(display)
        return cls(name, _key_of(squares), small, squares, label, source, is_shared)


def _key_of(squares: Squares) -> str:
    """Return the key of a photo, by what the networks see of it."""
    seen = (square.tobytes() for _, square in sorted(squares.by_size.items()))
    return hashlib.sha256(b"".join(seen)).hexdigest()


def read_photo(data: bytes, name: str) -> SmallPhoto:
    """Decode an upload. Raises PhotoError."""
    return SmallPhoto.of(load_photo(data), name)


@st.cache_resource
def jobs() -> Jobs:
    """Return the one queue of explanations of this server."""
    return Jobs()


@st.cache_resource
def _shared_results() -> Results:
    """Return what was found of the photos that everybody sees."""
    return Results(KEPT_RESULTS, KEPT_PIXEL_MAPS)


def results(photo: SmallPhoto) -> Results:
    """Return where to keep what is found of a photo: of a visitor's own in their session."""
    if photo.is_shared:
        return _shared_results()
    return st.session_state.setdefault("results", Results(OWN_RESULTS, OWN_PIXEL_MAPS))


@st.cache_resource(max_entries=6, show_spinner="Loading the network …")
def _model(name: str, edition: str) -> Model:
    return load_model(name)


def model(name: str) -> Model:
    """Return a network by its run's name."""
    return _model(name, edition(name))


def edition(name: str) -> str:
    """Return a text that changes where another run gets the same name, or this one a temperature.

    Raises:
        RunError: there is no such run that this visitor may see, or it has no network.
    """
    run = find_run(name, visitor.known_token())
    return f"{run.edition}-{temperature_of(run)}"


def network_titles() -> dict[str, str]:
    """Return the runs that can explain for this visitor, name -> title, the default first.

    Those of the Shortcut lab know drawings alone, and are shown there.
    """
    titles: dict[str, str] = {}
    runs = [run for run in list_runs(visitor.known_token()) if run.path not in SHORTCUT_PATHS]
    for run in sorted(runs, key=lambda run: run.name != DEFAULT_NETWORK):
        try:
            title = NETWORKS[run.config["network"]].title
        except (RunError, KeyError):  # one odd directory must not cost visitors all the others
            continue
        if run.status[0] in ("finished", "stopped"):
            titles.setdefault(run.name, title if run.is_shipped else f"{title}: {run.name}")
    return titles


@kept(256, own=32)
def _prediction(model_name: str, edition: str, photo_key: str, _squares: Squares) -> Prediction:
    return model(model_name).predict(_squares)


def prediction(model_name: str, photo: SmallPhoto) -> Prediction:
    """Return what a network says of a photo, from memory where it was asked before."""
    known = edition(model_name)
    return _prediction(photo.is_shared, model_name, known, photo.key, photo.squares)


@kept(64, own=16)
def _outlines(
    photo_key: str,
    n_segments: int,
    compactness: float,
    sigma: float,
    _image: np.ndarray,
    _display: np.ndarray,
) -> tuple[str, int]:
    segments = segment(_image, n_segments, compactness, sigma)
    return figures.data_url(figures.outlines(_display, segments)), int(segments.max()) + 1


def outlines(
    photo: SmallPhoto, image_size: int, n_segments: int, compactness: float, sigma: float
) -> tuple[str, int]:
    """Return the address of the photo with its superpixels outlined, and their number."""
    key = f"{photo.key}-{image_size}"
    square, cut = resize(photo.squares, image_size), (n_segments, compactness, sigma)
    return _outlines(photo.is_shared, key, *cut, square, photo.display)


@kept(64, own=8)
def _region_outlines(key: str, _segments: np.ndarray) -> list[list[overlay_chart.Ring]]:
    return overlay_chart.region_outlines(_segments)


@kept(128, own=32)
def _overlay_spec(
    key: tuple,
    class_name: str,
    marked: tuple[int, ...],
    limit: float | None,
    _explanation: Explanation,
    _photo: SmallPhoto,
) -> dict[str, Any]:
    segments = segments_key(_explanation)
    outlines = _region_outlines(_photo.is_shared, segments, _explanation.segments)
    return overlay_chart.overlay_chart(
        _explanation, class_name, _photo.display, outlines, marked, limit
    ).to_dict()


def overlay_spec(
    explanation: Explanation,
    class_name: str,
    photo: SmallPhoto,
    marked: tuple[int, ...] = (),
    limit: float | None = None,
) -> dict[str, Any]:
    """Return the chart of a class's regions over the photo, about 60 kB of it.

    Args:
        marked, limit: as of `insects.overlay_chart.overlay_chart`.
    """
    key = (photo.key, _values_key(explanation))
    return _overlay_spec(photo.is_shared, key, class_name, marked, limit, explanation, photo)


@st.cache_data(max_entries=64, show_spinner=False)
def _empty_bars(n_classes: int, text_colour: str) -> dict[str, Any]:
    """Return the chart of predictions over so many classes, of none of them: it tells nothing."""
    none = Prediction(("",) * n_classes, np.zeros(n_classes))
    return figures.prediction_chart(none, text_colour).to_dict()


def prediction_spec(prediction: Prediction, text_colour: str) -> dict[str, Any]:
    """Return the bars of a prediction, which are on show while an explanation is polled."""
    bars = _empty_bars(len(prediction.class_names), text_colour)
    return {**bars, "data": {"values": figures.prediction_rows(prediction)}}


@st.cache_data(max_entries=64, show_spinner=False)
def curves_spec(
    names: tuple[str, ...], epochs: int, quantity: str, text_colour: str
) -> dict[str, Any]:
    """Return the curves of trainings without their points, which grow all the time."""
    return charts.curves_chart(names, epochs, quantity, text_colour).to_dict()


@kept(128, own=32)
def _strongest_spec(
    values_key: str, class_name: str, text_colour: str, _explanation: Explanation
) -> dict[str, Any]:
    return overlay_chart.strongest_chart(_explanation, class_name, text_colour).to_dict()


def strongest_spec(
    explanation: Explanation, class_name: str, photo: SmallPhoto, text_colour: str
) -> dict[str, Any]:
    """Return the chart of a class's strongest regions."""
    key = _values_key(explanation)
    return _strongest_spec(photo.is_shared, key, class_name, text_colour, explanation)


def segments_key(explanation: Explanation) -> str:
    """Return a key that is equal where the superpixels are."""
    return hashlib.sha256(explanation.segments.tobytes()).hexdigest()


def picture_key(explanation: Explanation) -> str:
    """Return a key that is equal where the picture and its superpixels are."""
    content = hashlib.sha256(explanation.image.tobytes())
    content.update(explanation.segments.tobytes())
    return content.hexdigest()


def _values_key(explanation: Explanation) -> str:
    """Return a key that is equal for equal regions, values and errors."""
    content = hashlib.sha256(explanation.segments.tobytes())
    content.update(explanation.shap_values.tobytes())
    if explanation.standard_errors is not None:
        content.update(explanation.standard_errors.tobytes())
    return content.hexdigest()


@kept(64, own=4)
def _files(key: str, _explanation: Explanation, _display: np.ndarray) -> tuple[bytes, str]:
    return _make_files(_explanation, _display)


@kept(4, own=2)  # the numbers of all pixels take 3 MB
def _pixel_files(key: str, _explanation: Explanation, _display: np.ndarray) -> tuple[bytes, str]:
    return _make_files(_explanation, _display)


def _make_files(explanation: Explanation, display: np.ndarray) -> tuple[bytes, str]:
    figure = figures.explanation_figure(explanation, display)
    numbers = {**explanation.to_dict(), "convergence": summary(explanation)}
    return figures.to_png(figure), json.dumps(numbers)


def files(explanation: Explanation, photo: SmallPhoto) -> tuple[bytes, str]:
    """Return the figure as PNG and the numbers as JSON."""
    how = (explanation.model_name, explanation.settings, explanation.nsamples)
    key = (photo.key, *how, _values_key(explanation))
    make = _pixel_files if explanation.settings.is_pixelwise else _files
    return make(photo.is_shared, repr(key), explanation, photo.display)


@st.cache_resource(show_spinner="Looking for sample photos …")
def samples() -> list[SmallPhoto]:
    """Return photos to start with, some of each class, that the default network gets right.

    They are test photos of the dataset where it is present, else drawn by this package; none
    that looks unfamiliar, for a visitor is not to meet a warning first.
    """
    dataset = load_dataset(default_dataset())
    network = model(DEFAULT_NETWORK)
    found: list[SmallPhoto] = []
    for class_name in reversed(dataset.class_names):
        photos = [p for p in dataset.part("test") if p.label == class_name]
        candidates = (
            (p, p.load()) for p in photos[:: max(1, len(photos) // SAMPLES_PER_CLASS // 4)]
        )
        name = f"sample photo of a {singular(class_name)}"
        right = (
            SmallPhoto.of(pixels, name, class_name, p.source, True)
            for p, pixels in candidates
            if (said := network.predict(pixels)).label == class_name
            and said.familiarity_verdict == Verdict.LIKE
        )
        found.extend(itertools.islice(right, SAMPLES_PER_CLASS))
    return found
