"""Past runs, one to look at or several laid over each other: parts of the Train page."""

import streamlit as st

from insects.datasets import dataset_title
from insects.runs import Run
from insects.ui import runs
from insects.ui.components import run as one_run

MOST_AT_ONCE = 6  # as many as there are colours


def run_picker() -> Run | None:
    """Show the runs, and return the chosen one: at first the latest of this visitor's."""
    found = {run.name: run for run in runs.visible()}
    if not found:
        return None
    if st.session_state.get("run") not in found:
        mine = [name for name, run in found.items() if runs.is_mine(run)]
        st.session_state.run = next(iter([*mine, *found]))
    name = st.selectbox(
        "Run",
        list(found),
        format_func=lambda name: runs.title(found[name]),
        key="run",
        persist_state="session",
    )
    return found[str(name)]


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
