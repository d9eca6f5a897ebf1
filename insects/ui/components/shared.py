"""Parts that every page has."""

import re

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from insects.inference import Prediction
from insects.ui import cache
from insects.ui.workers import Worker
from insects.wording import headline, percent

# Every photo, wherever it is shown, also below the regions of an explanation; pointing at it, or a
# tap, shows it sharp.
BLUR = """<style>
[data-testid="stImage"] img, [class*="st-key-overlay-"] svg { filter: blur(14px); }
[data-testid="stImage"]:is(:hover, :focus-within, :active) img,
[class*="st-key-overlay-"]:is(:hover, :focus-within, :active) svg { filter: none; }
</style>"""
SHARP = "<style>.st-key-large-photo [data-testid='stImage'] img { filter: none; }</style>"


def blur_switch() -> None:
    """Show the switch for those who dislike bugs, and blur all photos where it is on."""
    st.toggle(
        "Blur photos of insects",
        key="blur",
        persist_state="session",
        help="Photos are blurred until you point at them or tap them.",
    )
    if is_blurred():
        st.html(BLUR)


def is_blurred() -> bool:
    """Return whether photos are to be blurred."""
    return bool(st.session_state.get("blur"))


def title(text: str) -> None:
    """Begin a page: show what it is about."""
    _be_one_app()
    st.markdown(f"##### {text}")


def _be_one_app() -> None:
    """Run the whole app where only a page of it was run.

    Before `st.navigation` was called for the first time, Streamlit takes a folder named pages for
    an app of its old kind, and gives who follows a link to a page that page alone.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#$~:|!+^&])", r"\\\1", text)


def unbroken(text: str) -> str:
    """Return text that no narrow table breaks into lines."""
    return text.replace(" ", "\u00a0")


def text_colour() -> str:
    """Return the colour of text in charts, which do not know the page's theme."""
    return "#eceff2" if st.context.theme.type == "dark" else "#1b1f24"


def answer(prediction: Prediction) -> None:
    """Show what the network says, in words."""
    st.subheader(headline(prediction), anchor=False)


def prediction_bars(prediction: Prediction) -> None:
    """Show the probabilities as bars."""
    st.markdown("**prediction**")
    names = ", ".join(
        f"{name} {percent(float(p))}"
        for name, p in zip(prediction.class_names, prediction.probabilities, strict=True)
    )
    probabilities = tuple(prediction.probabilities.tolist())
    spec = cache.prediction_spec(prediction.class_names, probabilities, text_colour())
    st.vega_lite_chart(spec=spec, alt=f"Probabilities: {names}")


def work(worker: Worker, waiting: str) -> None:
    """Show how far a worker is.

    Args:
        waiting: what to say before it has begun.
    """
    stage, done, of = worker.progress
    if worker.state == "waiting":
        st.progress(0.0, text=waiting)
    elif of:
        st.progress(min(done / of, 1.0), text=f"{stage.capitalize()}: {done:,} of {of:,}")
    else:
        st.progress(0.0, text=f"{stage.capitalize()} …")
