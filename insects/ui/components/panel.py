"""A panel that does some work in the background when asked, and shows what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from insects.ui import cache, state
from insects.ui.jobs import Job, Work


@dataclass(frozen=True)
class Panel:
    """What a panel says; the work and its result are told to `show`.

    Args:
        name: of the session's job, "<name>-job", and of the button that ends it, "stop-<name>".
        button_key, label, icon, help: of the button that begins the work.
        unit: what is counted.
        stopped: what to say where the work was ended before there was a result.
    """

    name: str
    button_key: str
    label: str
    icon: str
    help: str
    unit: str
    stopped: str

    @property
    def job_key(self) -> str:
        """The session's key of the job."""
        return f"{self.name}-job"


def show(panel: Panel, key: tuple, of: int, work: Work, result: Callable[[Any], None]) -> None:
    """Show a button that begins the work, then its progress, then its result.

    The work waits in the queue of explanations, and is kept with them by its key.

    Args:
        key, of, work: as of `insects.ui.jobs.Jobs.start`.
        result: shows what the work yielded last.
    """
    job = _job_of(panel, key)
    was_running = bool(job and job.poll())
    if job:
        fragment = st.fragment(_show, run_every=0.5 if was_running else None)
        fragment(panel, job, was_running, result)
    if job is None or not (was_running or job.explanation):
        st.button(
            panel.label,
            key=panel.button_key,
            icon=panel.icon,
            help=panel.help,
            on_click=_start,
            args=(panel, key, of, work),
        )


def _job_of(panel: Panel, key: tuple) -> Job | None:
    """Return this session's job for that work; one for other work is ended."""
    job: Job | None = st.session_state.get(panel.job_key)
    if job and job.key != key:
        job.stop()
        del st.session_state[panel.job_key]
        return None
    return job


def _start(panel: Panel, key: tuple, of: int, work: Work) -> None:
    st.session_state[panel.job_key] = state.start(key, of, work)


def _show(panel: Panel, job: Job, was_running: bool, result: Callable[[Any], None]) -> None:
    """Draw the work as far as it is; runs again and again while there is more to come."""
    if job.poll():
        _progress(panel, job)
    elif was_running:
        st.rerun()  # once more in whole, so that the polling ends and the button comes back
    elif job.state == "failed":
        st.error(job.error, icon=":material/error:")
    elif job.explanation is None:
        st.info(panel.stopped)
    else:
        result(job.explanation)


def _progress(panel: Panel, job: Job) -> None:
    bar, button = st.columns([5, 1], vertical_alignment="center")
    place = cache.jobs().place(job) if job.state == "waiting" else 0
    text = f"Waiting for {place} before you …" if place else f"{job.spent} of {job.of} {panel.unit}"
    bar.progress(min(job.spent / job.of, 1.0), text=text)
    button.button("Stop", key=f"stop-{panel.name}", on_click=job.stop, width="stretch")
