"""What one visitor's session remembers, behind names, so that no page knows a key."""

import streamlit as st

from insects.errors import PhotoError
from insects.ui import cache
from insects.ui.cache import SmallPhoto
from insects.ui.jobs import Job


def photo() -> SmallPhoto:
    """Return the photo the visitor chose last, at first a sample."""
    return st.session_state.setdefault("photo", cache.samples()[0])


def choose(chosen: SmallPhoto) -> None:
    """Make a photo the visitor's photo."""
    st.session_state.photo = chosen
    st.session_state.photo_error = ""


def take_upload(widget_key: str) -> None:
    """Decode what a widget has received; keep the photo of before where that cannot be."""
    upload = st.session_state[widget_key]
    if upload is None:
        return
    try:
        choose(cache.read_photo(upload.getvalue(), upload.name))
    except PhotoError as error:
        st.session_state.photo_error = str(error)


def photo_error() -> str:
    """Return why the last upload was refused, or nothing."""
    return st.session_state.get("photo_error", "")


def job() -> Job | None:
    """Return the explanation on show, running or done."""
    return st.session_state.get("job")


def set_job(new: Job) -> None:
    """Put another explanation on show; the one before is stopped if it still runs."""
    if (old := job()) and old is not new:
        old.stop()
    st.session_state.job = new
