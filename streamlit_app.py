"""Insect Lens: what a neural network sees in a photo of a bug."""

from pathlib import Path

import streamlit as st

from insects import ui
from insects.errors import InsectsError
from insects.ui import datasets, garbage, state
from insects.ui.components import shared

st.set_page_config(
    page_title="Insect lens",
    page_icon="🐞",
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.html(Path(ui.__file__).with_name("style.css"))
page = st.navigation(
    [
        st.Page("pages/explain.py", title="Explain", icon=":material/search:", default=True),
        st.Page("pages/dataset.py", title="Dataset", icon=":material/photo_library:"),
        st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
        st.Page("pages/shortcut_lab.py", title="Shortcut lab", icon=":material/alt_route:"),
        st.Page("pages/about.py", title="About", icon=":material/info:"),
    ],
    position="top",
)
datasets.caretaker()
state.turn_to(page.url_path)
with st.sidebar:
    shared.blur_switch()
try:
    page.run()
except InsectsError as error:
    st.error(str(error), icon=":material/error:")
garbage.spare_libraries()
