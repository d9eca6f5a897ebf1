"""Is the explanation right? A part of the Explain page."""

import hashlib
from collections.abc import Callable, Iterator

import streamlit as st

from insects.explanation import Explanation
from insects.faithfulness import Curve, Faithfulness, evaluations, faithfulness, other_baseline
from insects.inference import Model
from insects.ui import cache
from insects.ui.components import shared
from insects.ui.jobs import Job, Work
from insects.wording import follows

JOB = "faithfulness-job"
LOOKS = {"mean": "of the photo's mean colour", "blur": "blurred"}


def faithfulness_panel(model: Model, explanation: Explanation) -> None:
    """Show a button that checks a finished explanation, and what came of it.

    The check waits in the queue of explanations, and is kept with them by what was checked.
    """
    key = _key(explanation)
    job = _job_of(key)
    was_running = bool(job and job.poll())
    if job:
        st.fragment(_show, run_every=0.5 if was_running else None)(job, was_running)
    if job is None or not (was_running or job.explanation):
        _button(key, model, explanation)


def _button(key: tuple, model: Model, explanation: Explanation) -> None:
    st.button(
        "Is it right? Check it",
        key="check-faithfulness",
        icon=":material/rule:",
        on_click=_start,
        args=(key, model, explanation),
        help="Takes parts of the photo away in the order of this explanation, and in random "
        f"orders, and asks the network about what is left, {evaluations(explanation)} times.",
    )


def _key(explanation: Explanation) -> tuple:
    """Return a key that is equal for equal explanations; the network's edition is a part of it."""
    content = hashlib.sha256()
    for array in (explanation.image, explanation.segments, explanation.shap_values):
        content.update(array.tobytes())
    name = explanation.model_name
    return (JOB, name, cache.edition(name), content.hexdigest(), other_baseline(explanation))


def _job_of(key: tuple) -> Job | None:
    """Return this session's check of that explanation; one of another is ended."""
    job: Job | None = st.session_state.get(JOB)
    if job and job.key != key:
        job.stop()
        del st.session_state[JOB]
        return None
    return job


def _start(key: tuple, model: Model, explanation: Explanation) -> None:
    st.session_state[JOB] = cache.jobs().start(
        key, evaluations(explanation), _check(model, explanation)
    )


def _check(model: Model, explanation: Explanation) -> Work:
    """Return the work of a job; an on_progress that raises ends it after its batch."""

    def work(report: Callable[[int, int], None]) -> Iterator[Faithfulness]:
        yield faithfulness(model, explanation, on_progress=report)

    return work


def _show(job: Job, was_running: bool) -> None:
    """Draw the check as far as it is; runs again and again while there is more to come."""
    if job.poll():
        _progress(job)
    elif was_running:
        st.rerun()  # once more in whole, so that the polling ends and the button comes back
    elif job.state == "failed":
        st.error(job.error, icon=":material/error:")
    elif job.explanation is None:
        st.info("The check was stopped before it was done.")
    else:
        _result(job.explanation)


def _progress(job: Job) -> None:
    bar, button = st.columns([5, 1], vertical_alignment="center")
    place = cache.jobs().place(job) if job.state == "waiting" else 0
    text = f"Waiting for {place} before you …" if place else f"{job.spent} of {job.of} checks"
    bar.progress(min(job.spent / job.of, 1.0), text=text)
    button.button("Stop", key="stop-check", on_click=job.stop, width="stretch")


def _result(found: Faithfulness) -> None:
    st.markdown("**Is it right?**")
    columns = st.columns(2)
    for column, curve in zip(columns, (found.deletion, found.insertion), strict=True):
        with column:
            _curve(curve, found.class_name)
    st.caption(
        f"Solid: this explanation's order, the strongest part first. Dashed: the mean of "
        f"{found.deletion.n_random} random orders; the band is their standard deviation. "
        f"Parts that are not shown are {LOOKS[found.baseline]}, unlike when it was explained."
    )


def _curve(curve: Curve, class_name: str) -> None:
    """Show a curve and what it says. The first page does not need charts, nor wait for pandas."""
    from insects.charts import faithfulness_chart

    chart = faithfulness_chart(curve, class_name, shared.text_colour())
    st.altair_chart(chart, alt=follows(curve))
    st.markdown(shared.plain(follows(curve)))
