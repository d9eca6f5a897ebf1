"""Past runs, one to look at or several laid over each other: parts of the Train page."""

import streamlit as st

from insects.datasets import dataset_title
from insects.errors import InsectsError
from insects.runs import Run
from insects.ui import runs
from insects.ui.components import run as one_run
from insects.ui.components import shared

MOST_AT_ONCE = 6  # as many as there are colours


def run_picker() -> Run | None:
    """Show the runs, and return the chosen one: at first the latest of this visitor's."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        _bring_back()  # before the widget whose choice it changes
    found = {run.name: run for run in runs.visible()}
    if not found:
        return None
    if st.session_state.get("run") not in found:
        mine = [name for name, run in found.items() if runs.is_mine(run)]
        st.session_state.run = next(iter([*mine, *found]))
    with left:
        name = st.selectbox(
            "Run",
            list(found),
            format_func=lambda name: runs.title(found[name]),
            key="run",
            persist_state="session",
        )
    if all(run.is_shipped for run in found.values()):
        st.caption("Nothing has been trained here yet: these runs come with the app.")
    return found[str(name)]


def _bring_back() -> None:
    """Show the way to bring a run's zip, and take it in."""
    with st.popover("Bring a run back", icon=":material/upload:", width="stretch"):
        st.caption(
            "The zip of a run, as **Download** gives it out. It will be yours; all can see it, "
            "unless it was trained on somebody's own photos."
        )
        number = st.session_state.setdefault("bundle_number", 0)
        upload = st.file_uploader(
            "A run's zip",
            type="zip",
            key=f"bundle-{number}",
            label_visibility="collapsed",
            max_upload_size=runs.MAX_BUNDLE_MEGABYTES,
        )
        if upload:
            with st.spinner("Checking what is in it …"):
                _take_in(upload.getvalue(), upload.name)
            st.rerun()
        if error := st.session_state.get("bundle_error"):
            st.error(shared.plain(error), icon=":material/block:")


def _take_in(data: bytes, file_name: str) -> None:
    """Make a zip a run, once, and let go of the server's copy: the next uploader is another."""
    st.session_state.bundle_number += 1
    st.session_state.bundle_error = ""
    try:
        name = st.session_state.run = runs.bring_back(data, file_name).name
    except InsectsError as error:
        st.session_state.bundle_error = str(error)
    else:
        st.toast(f"{shared.plain(name)} is back.", icon=":material/check:")


def side_by_side() -> None:
    """Show the curves of several runs over each other, and their settings side by side."""
    found = {run.name: run for run in runs.visible() if run.history}
    if len(found) < 2:
        return
    with st.expander("Compare runs"):
        chosen = st.multiselect(
            "Runs",
            list(found),
            key="compared",
            max_selections=MOST_AT_ONCE,
            format_func=lambda name: runs.title(found[name]),
            persist_state="session",
        )
        if not chosen:
            return
        drawn = [one_run.curves_of(found[name], name) for name in chosen]
        one_run.curves([curves for curves in drawn if curves])
        st.dataframe(_settings([found[name] for name in chosen]), width="stretch")


def _settings(compared: list[Run]) -> dict[str, dict[str, str]]:
    """Return the settings of runs, a column a run."""
    return {
        run.name: {
            "network": run.config["network"],
            "photos": dataset_title(run.dataset),
            "split": run.config["split"],
            "seed": str(run.config["seed"]),
            **{name: str(value) for name, value in run.config["recipe"].items()},
            "augmentation": "yes" if run.config.get("augment") else "no",
            "test accuracy": _accuracy(run),
        }
        for run in compared
    }


def _accuracy(run: Run) -> str:
    history = run.history
    return f"{history[-1]['val_accuracy']:.1%}" if history else "–"
