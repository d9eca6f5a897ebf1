"""One run, going on or ended: parts of the Train page."""

import math

import pandas as pd
import streamlit as st
from numpy.typing import ArrayLike

from insects import charts
from insects.charts import Curves
from insects.errors import InsectsError
from insects.metrics import wilson_interval
from insects.runs import Run
from insects.training.limits import limits
from insects.ui import cache, runs
from insects.ui.components import shared

MOST_POINTS = 600
STATE_WORDS = {
    "queued": (":material/hourglass_top:", "waiting"),
    "running": (":material/directions_run:", "training"),
    "finished": (":material/check_circle:", "finished"),
    "stopped": (":material/stop_circle:", "stopped; what it learned until then is kept"),
    "failed": (":material/error:", "failed"),
}
LEAK = (
    "**{leaked} of the {photos} test photos are also training photos.** The test curve measures "
    "memory, not skill. Train on *deduplicated* or *by series* for an honest one."
)


def heading(run: Run) -> None:
    """Show which run it is and how it is."""
    state, why = run.status
    icon, words = STATE_WORDS[state]
    st.markdown(f"**{shared.plain(runs.title(run))}**")
    with st.container(key="state"):
        st.markdown(f"{icon} {words}{': ' + shared.plain(why) if why else ''}")


def leak_warning(run: Run) -> None:
    """Say so where the score of a run measures memory."""
    if leaked := runs.leaked(run):
        found = runs.its_dataset(run)
        photos = len(found.part("test")) if found else leaked
        st.warning(LEAK.format(leaked=leaked, photos=photos), icon=":material/warning:")


def progress(run: Run) -> None:
    """Show how far a run is, how fast it goes and how long it takes yet."""
    if run.status[0] == "queued" and (before := runs.place(run)):
        st.progress(0.0, text=f"Waiting for {before} training{'s' if before > 1 else ''} before it")
        return
    now = run.progress
    share = now["step"] / now["of"] if now.get("of") else 0.0
    words = [str(now.get("stage", "starting")).capitalize()]
    if now.get("epochs"):
        words.append(f"epoch {min(now['epoch'] + 1, now['epochs'])} of {now['epochs']}")
    if now.get("photos_per_second"):
        words.append(f"{now['photos_per_second']:,.0f} photos per second")
    if now.get("seconds_left") is not None:
        words.append(f"about {_duration(now['seconds_left'])} left")
    st.progress(min(share, 1.0), text=" · ".join(words))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60)} min"


def curves_of(run: Run, name: str) -> Curves | None:
    """Return what is drawn of a run, or None where there is nothing yet."""
    history, batches = run.history, charts.thinned(run.batches, MOST_POINTS)
    if not history and not batches:
        return None
    epochs = int(run.config["recipe"]["epochs"])
    last = batches[-1] if batches else None
    of = run.progress.get("steps_per_epoch") or (last["step"] / (last["epoch"] + 1) if last else 1)
    return Curves(name, epochs, of, batches, history)


def curves(shown: list[Curves]) -> None:
    """Show accuracy and loss of these runs, side by side."""
    if not shown:
        st.caption("The curves begin with the first photos that are learned from.")
        return
    names, longest = tuple(one.name for one in shown), max(one.epochs for one in shown)
    columns = st.columns(2)
    for column, quantity in zip(columns, ("accuracy", "loss"), strict=True):
        with column:
            st.markdown(f"**{quantity}**")
            st.vega_lite_chart(
                charts.curves_table(shown, quantity),
                cache.curves_spec(names, longest, quantity, shared.text_colour()),
                alt="; ".join(_in_words(one, quantity) for one in shown),
            )
    st.caption("Lines: training photos (pale as they come, strong smoothed). Dashes: test photos.")


def _in_words(one: Curves, quantity: str) -> str:
    words = f"{one.name}, {quantity}"
    if one.batches:
        last = one.batches[-1]
        words += f": {last[quantity]:.3f} on training photos after {last['step']:.0f} steps"
    if one.history:
        last = one.history[-1]
        epochs = f"{last['epoch'] + 1:.0f} epochs"
        if not one.batches:
            words += f": {last[quantity]:.3f} on training photos after {epochs}"
        words += f", {last[f'val_{quantity}']:.3f} on test photos after {epochs}"
    return words


def confusion_after_epochs(run: Run) -> None:
    """Show the confusion matrix after the latest epoch."""
    matrix = run.confusion(run.epochs_done - 1) if run.epochs_done else None
    if matrix is None:
        return
    st.markdown(f"**Test photos after epoch {run.epochs_done}**: rows are true, columns said")
    matrix_table(run, matrix)


def matrix_table(run: Run, matrix: ArrayLike) -> None:
    """Show a confusion matrix, (n_classes, n_classes) of counts, as numbers alone."""
    names = list(run.config["class_names"])
    st.dataframe(pd.DataFrame(matrix, index=names, columns=names), width="stretch")


def buttons(run: Run) -> None:
    """Show what can be done with a run; only whoever started it can end, continue or delete it."""
    state, _ = run.status
    alive, mine = state in ("queued", "running"), runs.is_mine(run)
    with st.container(horizontal=True):
        if alive and mine:
            _button("Stop", ":material/stop:", run, runs.stop)
        if runs.has_scores(run):
            if st.button("Explain with it", icon=":material/search:"):
                st.session_state.network = run.name
                st.switch_page("pages/explain.py")
            st.download_button(
                "Download",
                lambda: runs.as_zip(run),
                file_name=f"{run.name}.zip",
                mime="application/zip",
                on_click="ignore",
                icon=":material/download:",
            )
        if mine and not alive:
            if not run.config.get("imported"):  # such a run has nothing to go on from
                _ways_on(run)
            shared.button_that_asks(_deletion(run), key=f"delete-{run.name}")


def _deletion(run: Run) -> shared.Deed:
    name = f"The run **{shared.plain(run.name)}**"

    def delete() -> str:
        runs.delete(run)
        return f"{name} has been deleted. It is gone from this server."

    zipped = ", unless you have downloaded its zip" if runs.has_scores(run) else ""
    lost = f"{name} cannot be brought back{zipped}."
    return shared.Deed("Delete", "Delete this run?", lost, "Delete", delete)


def _ways_on(run: Run) -> None:
    if run.epochs_done < int(run.config["recipe"]["epochs"]):
        _button("Resume", ":material/play_arrow:", run, runs.resume)
    elif run.epochs_done < limits().epochs:
        _button("Continue for as many epochs again", ":material/forward:", run, _more)


def _more(run: Run) -> None:
    runs.resume(run, min(run.epochs_done * 2, limits().epochs))


def _button(label: str, icon: str, run: Run, action) -> None:
    if st.button(label, icon=icon):
        try:
            action(run)
        except InsectsError as error:
            st.error(str(error), icon=":material/block:")
            return
        st.rerun()


def scores(run: Run) -> None:
    """Show how good a finished run is, beside the same network under other splits."""
    mine = run.config
    rows = []
    for other in runs.visible():
        config = other.config
        same = ("network", "dataset", "class_names")
        if runs.has_scores(other) and all(config[name] == mine[name] for name in same):
            rows.append(_score_row(other, is_this=other.name == run.name))
    st.markdown("**How good it is**, beside the same network under every split it was trained with")
    st.dataframe(rows, hide_index=True, width="stretch")


def _score_row(run: Run, is_this: bool) -> dict[str, str]:
    test = run.metrics["test"]
    low, high = wilson_interval(test["correct"], test["photos"])
    return {
        "": "▶" if is_this else "",
        "run": run.name,
        "split": str(run.config["split"]).replace("_", " "),
        "test photos right": f"{test['correct']} of {test['photos']}",
        "accuracy (95 % interval)": f"{test['accuracy']:.1%} ({low:.0%}–{high:.0%})",
        "warning": "copies in training" if runs.leaked(run) else "",
    }
