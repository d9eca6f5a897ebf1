"""About: what the app is, what SHAP is, whose work it rests on, what it keeps."""

from pathlib import Path

import streamlit as st

from insects.ui.components import shared

shared.title("About Insect lens")
text, _ = st.columns([3, 1])
text.markdown(Path(__file__).with_suffix(".md").read_text())
