"""Insect Lens: what a neural network sees in a photo of a bug."""

from pathlib import Path

import streamlit as st

from insects import ui
from insects.errors import InsectsError

st.set_page_config(page_title="Insect lens", page_icon="🐞", layout="wide")
st.html(Path(ui.__file__).with_name("style.css"))
page = st.navigation(
    [st.Page("pages/explain.py", title="Explain", icon=":material/search:", default=True)],
    position="top",
)
try:
    page.run()
except InsectsError as error:
    st.error(str(error), icon=":material/error:")
