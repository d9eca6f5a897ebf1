"""What a finished run got right and wrong, photo by photo: parts of the Train page."""

from collections.abc import Sequence

import streamlit as st

from insects import charts
from insects.datasets import Dataset
from insects.metrics import FEWEST_TO_CALIBRATE
from insects.predictions import Predictions
from insects.runs import Run
from insects.ui import runs, state
from insects.ui.components import run as one_run
from insects.ui.components import shared
from insects.ui.components.photos import tile
from insects.ui.gallery import gallery
from insects.wording import how_calibrated, percent

MOST_BUTTONS = 6  # classes; a grid of more buttons has no room
SHOWN_MISTAKES = 12
SHOWN_OF_CELL = 24


def confusion(run: Run, predictions: Predictions, dataset: Dataset | None) -> None:
    """Show the confusion matrix of the test photos; a cell opens its photos."""
    names = list(run.config["class_names"])
    matrix = run.metrics["test"]["confusion"]
    st.markdown("**Test photos**: rows are true, columns said. Press a number for its photos.")
    if len(names) <= MOST_BUTTONS:
        _grid(run, names, matrix)
    else:
        _two_boxes(run, names)
    if cell := st.session_state.get(f"cell-{run.name}"):
        _photos_of_cell(predictions, dataset, *cell)


def _grid(run: Run, names: list[str], matrix: Sequence[Sequence[int]]) -> None:
    header = st.columns(len(names) + 1)
    for column, name in zip(header[1:], names, strict=True):
        column.caption(shared.plain(name))
    for true, row in enumerate(matrix):
        columns = st.columns(len(names) + 1, vertical_alignment="center")
        columns[0].caption(shared.plain(names[true]))
        for said, count in enumerate(row):
            columns[said + 1].button(
                f"{count}",
                key=f"cell-{run.name}-{true}-{said}",
                type="secondary" if true == said else "primary" if count else "tertiary",
                disabled=not count,
                width="stretch",
                on_click=_open_cell,
                args=(run.name, true, said),
            )


def _two_boxes(run: Run, names: list[str]) -> None:
    left, right = st.columns(2)
    indices = range(len(names))
    true = left.selectbox("True class", indices, format_func=names.__getitem__)
    said = right.selectbox("Class said", indices, format_func=names.__getitem__)
    _open_cell(run.name, true, said)


def _open_cell(name: str, true: int, said: int) -> None:
    st.session_state[f"cell-{name}"] = (true, said)


def _photos_of_cell(
    predictions: Predictions, dataset: Dataset | None, true: int, said: int
) -> None:
    names = predictions.class_names
    found = predictions.confused(true, said)
    st.caption(f"{shared.plain(names[true])}, called {shared.plain(names[said])}: {len(found)}")
    _gallery(found[:SHOWN_OF_CELL], dataset, "cell")


def mistakes(predictions: Predictions, dataset: Dataset | None) -> None:
    """Show the test photos that the network was most sure of and wrong about."""
    worst = predictions.mistakes(SHOWN_MISTAKES)
    if not worst:
        st.success("Not one test photo was called wrongly.")
        return
    st.markdown("**Most confident mistakes**")
    _gallery([mistake.name for mistake in worst], dataset, "mistakes")
    first = worst[0]
    st.caption(
        f"The surest: {shared.plain(first.name)}, called {shared.plain(first.said)} "
        f"({percent(first.probability)})."
    )


def _gallery(names: Sequence[str], dataset: Dataset | None, key: str) -> None:
    """Show photos by their full names, or the names where the photos are not here."""
    if dataset is None:
        st.caption(shared.plain(", ".join(names)))
        return
    places = {photo.full_name: i for i, photo in enumerate(dataset.photos)}
    indices = [places[name] for name in names if name in places]
    photos = [dataset.photos[i] for i in indices]
    gallery(
        [[tile(dataset, index, place=n)] for n, index in enumerate(indices)],
        key,
        shared.is_blurred(),
        lambda place: state.open_photo(photos, int(place)),
    )


def reliability(run: Run) -> None:
    """Show whether the network is right as often as it says it is, where that is known."""
    metrics = run.metrics
    if not (bins := metrics["test"].get("reliability")):
        return
    try:
        chart = charts.reliability_chart(bins, shared.text_colour())
        error = f"expected calibration error {metrics['test']['ece']:.1%}"
        words = how_calibrated(metrics, wanted=bool(run.config.get("calibrate")))
        is_told = metrics["test"]["photos"] >= FEWEST_TO_CALIBRATE
    except (KeyError, TypeError, ValueError):  # a zip from elsewhere may hold other figures
        return
    st.markdown("**Is it right as often as it says?**")
    if is_told:
        st.altair_chart(chart, alt=f"Reliability; {error}")
    st.caption(words)


def all_of_it(run: Run) -> None:
    """Show everything that is known of a run that has ended with a network."""
    predictions = runs.predictions(run)
    dataset = runs.its_dataset(run)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if predictions:
            confusion(run, predictions, dataset)
            mistakes(predictions, dataset)
        else:  # it comes from elsewhere, without what it said of each photo
            st.markdown("**Test photos**: rows are true, columns said")
            one_run.matrix_table(run, run.metrics["test"]["confusion"])
    with right:
        reliability(run)
