"""What one visitor's session remembers, behind names, so that no page knows a key."""

from collections.abc import Sequence

import streamlit as st

from insects.datasets import Photo
from insects.errors import PhotoError
from insects.explanation import Explanation
from insects.ui import cache
from insects.ui.cache import SmallPhoto
from insects.ui.jobs import Job, Work


def photo() -> SmallPhoto:
    """Return the photo the visitor chose last, at first a sample."""
    return st.session_state.setdefault("photo", cache.samples()[0])


def choose(chosen: SmallPhoto) -> None:
    """Make a photo the visitor's photo."""
    st.session_state.photo = chosen
    st.session_state.photo_error = ""


def ask() -> None:
    """Note that an explanation is wanted; a button's callback."""
    st.session_state.asked = True


def take_upload(widget_key: str) -> None:
    """Decode what a widget has received; keep the photo of before where that cannot be."""
    upload = st.session_state[widget_key]
    st.session_state.photo_error = ""
    if upload is None:
        return
    try:
        name = "your photo" if widget_key == "camera" else upload.name
        choose(cache.read_photo(upload.getvalue(), name))
    except PhotoError as error:
        st.session_state.photo_error = str(error)


def photo_error() -> str:
    """Return why the last upload was refused, or nothing."""
    return st.session_state.get("photo_error", "")


def job() -> Job | None:
    """Return the explanation on show, running or done."""
    return st.session_state.get("job")


def job_for(key: tuple, of: int, work: Work) -> Job:
    """Return the explanation on show: a new one where one was asked for, or none was before.

    The one before is stopped, unless it is the same work and still running.

    Args:
        key, of, work: as for `insects.ui.jobs.Jobs.start`.
    """
    asked = st.session_state.pop("asked", False)
    old = job()
    if old and (not asked or (old.key == key and old.poll())):
        return old
    if old:
        old.stop()
    st.session_state.job = start(key, of, work)
    return st.session_state.job


def start(key: tuple, of: int, work: Work) -> Job:
    """Start work on the visitor's photo; what it finds is kept as long as the photo may be.

    Args:
        key, of, work: as for `insects.ui.jobs.Jobs.start`.
    """
    return cache.jobs().start(key, of, work, cache.results(photo()))


def chosen_region(explanation: Explanation) -> int | None:
    """Return the superpixel that the visitor clicked, if it is one of this explanation's."""
    segments, number = st.session_state.get("region", ("", None))
    return number if segments == cache.segments_key(explanation) else None


def choose_region(explanation: Explanation, widget_key: str) -> None:
    """Take the superpixel that was clicked in a chart; a second click on it gives it up."""
    clicked = [point.get("region") for point in st.session_state[widget_key].selection.region]
    number = clicked[0] if clicked and clicked[0] != chosen_region(explanation) else None
    st.session_state.region = (cache.segments_key(explanation), number)


def turn_to(page: str) -> None:
    """Note which page is shown; what was opened on another is closed."""
    if st.session_state.get("page") != page:
        st.session_state.page = page
        close_photo()
        take_answer()


def open_photo(photos: Sequence[Photo], place: int) -> None:
    """Show one of these photos large."""
    take_answer()  # a page has one dialog at most
    st.session_state.opened = (photos, place)


def opened() -> tuple[Sequence[Photo], int] | None:
    """Return the photos among which one is shown large, and its place there, if any is."""
    return st.session_state.get("opened")


def step(by: int) -> None:
    """Show the next photo large, or the one before."""
    photos, place = st.session_state.opened
    st.session_state.opened = (photos, min(max(place + by, 0), len(photos) - 1))


def close_photo() -> None:
    """Show no photo large any more."""
    st.session_state.pop("opened", None)


def ask_whether(deed: str) -> None:
    """Ask the visitor whether to do what cannot be undone; a button's callback."""
    close_photo()  # a page has one dialog at most
    st.session_state.asked_whether = deed


def asks_whether(deed: str) -> bool:
    """Return whether the visitor is being asked about this deed."""
    return bool(st.session_state.get("asked_whether") == deed)


def take_answer() -> None:
    """Ask about no deed any more."""
    st.session_state.pop("asked_whether", None)


def tell(words: str) -> None:
    """Keep words, as Markdown, for the next view of the page."""
    st.session_state.told = words


def told() -> str:
    """Return what was kept to be told, once."""
    return str(st.session_state.pop("told", ""))
