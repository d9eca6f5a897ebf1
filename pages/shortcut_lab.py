"""Shortcut lab: two networks, right for the right and for the wrong reason, side by side."""

import streamlit as st

from insects.ui import visitor
from insects.ui.components import shared
from insects.ui.components import shortcut as components

shared.title("Shortcut lab: when a network is right for the wrong reason")
st.markdown(components.INTRODUCTION)
pair = components.pair_picker()
left, right = st.columns([1, 3], gap="large")
with left:
    photo, ground = components.picture_picker()
with right:
    components.side_by_side(pair, photo, ground)
components.verdict(pair)
components.training()
visitor.keep_cookie()
