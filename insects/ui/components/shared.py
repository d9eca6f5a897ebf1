"""Parts that every page has."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from insects.errors import InsectsError
from insects.inference import Prediction
from insects.ui import cache, state
from insects.ui.workers import Worker
from insects.wording import headline, percent, singular

# Every photo, wherever it is shown, also below the regions of an explanation; pointing at it, or a
# tap, shows it sharp.
BLUR = """<style>
[data-testid="stImage"] img, [class*="st-key-overlay-"] svg { filter: blur(14px); }
[data-testid="stImage"]:is(:hover, :focus-within, :active) img,
[class*="st-key-overlay-"]:is(:hover, :focus-within, :active) svg { filter: none; }
</style>"""
SHARP = "<style>.st-key-large-photo [data-testid='stImage'] img { filter: none; }</style>"


@dataclass(frozen=True)
class Deed:
    """What a visitor may do that cannot be undone.

    Args:
        label: of the button.
        question: such as "Delete this run?".
        consequence: what is gone then, as Markdown.
        verb: of the button that says yes.
        act: does it, and returns what has been done, as Markdown; may raise InsectsError.
    """

    label: str
    question: str
    consequence: str
    verb: str
    act: Callable[[], str]


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
    """Begin a page: show what it is about, and what the visitor has just done to it."""
    _be_one_app()
    st.markdown(f"##### {text}")
    if words := state.told():
        st.toast(words, icon=":material/check:", duration="long")


def _be_one_app() -> None:
    """Run the whole app where only a page of it was run.

    Before `st.navigation` was called for the first time, Streamlit takes a folder named pages for
    an app of its old kind, and gives who follows a link to a page that page alone.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def button_that_asks(deed: Deed, key: str) -> None:
    """Show the button of a deed that cannot be undone; it asks before it is done.

    Args:
        key: of the button, and of the thing it is about: no other has the same.
    """
    st.button(
        deed.label, icon=":material/delete:", key=key, on_click=state.ask_whether, args=(key,)
    )
    if state.asks_whether(key):
        st.dialog(deed.question, on_dismiss=state.take_answer)(_ask)(deed)


def _ask(deed: Deed) -> None:
    st.markdown(deed.consequence)
    with st.container(horizontal=True):
        wanted = st.button(deed.verb, key="do-it", type="primary", icon=":material/delete:")
        unwanted = st.button("Keep", key="keep-it")
    if wanted:
        try:
            words = deed.act()
        except InsectsError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        state.tell(words)
    if wanted or unwanted:
        state.take_answer()
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
        f"{singular(name)} {percent(float(p))}"
        for name, p in zip(prediction.class_names, prediction.probabilities, strict=True)
    )
    spec = cache.prediction_spec(prediction, text_colour())
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
