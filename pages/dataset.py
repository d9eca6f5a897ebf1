"""Dataset: which photos there are, and whether they can be trusted."""

import streamlit as st

from insects.ui import datasets, visitor
from insects.ui.components import dataset as components
from insects.ui.components import health, photos, shared

shared.title("The photos that a network learns from, and whether they can be trusted")
left, right = st.columns([1, 2], gap="large")
with left:
    name = components.dataset_picker()
with right:
    components.own_photos()
visitor.keep_cookie()

if not datasets.is_here(name):
    components.fetch_offer()
    st.stop()

whole = datasets.dataset(name)
with st.container():  # what follows keeps its place, whatever the report shows
    health.health(whole)
left, right = st.columns([2, 3], gap="large")
with left:
    chosen = datasets.dataset(name, components.split_picker(whole))
with right:
    components.counts(chosen)
photos.photo_grid(chosen, photos.filters(chosen))
photos.opened_photo(chosen)
