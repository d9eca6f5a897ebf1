"""Train: choose photos and a network, and watch it learn."""

import streamlit as st

from insects.ui import runs, visitor
from insects.ui.components import after, compare, photos, shared, training
from insects.ui.components import run as one_run

shared.title("Train a network and watch it learn")
left, right = st.columns([1, 2], gap="large")
with left, st.container(key="what-to-train"):
    settings, dataset = training.settings_form()
    training.start_button(settings)
    training.layers(settings, len(dataset.class_names))
visitor.keep_cookie()

with right:
    run = compare.run_picker()
if run is None:
    right.info("Nothing has been trained here yet. Choose on the left, and press **Start**.")
    st.stop()
was_alive = run.is_alive


def watch() -> None:
    """Draw the run as far as it is; runs again and again while it goes on."""
    found = runs.find(run.name)
    if found is None or found.is_alive != was_alive:
        st.rerun()  # once more in whole: it was deleted, has begun or has ended
    one_run.heading(found)
    if was_alive:
        one_run.progress(found)
    one_run.leak_warning(found)
    one_run.curves([c for c in [one_run.curves_of(found, found.name)] if c])
    if was_alive:
        one_run.confusion_after_epochs(found)


with right:
    st.fragment(watch, run_every=1.0 if was_alive else None)()
    one_run.buttons(run)
if runs.has_scores(run):
    one_run.scores(run)
    after.all_of_it(run)
compare.side_by_side()
photos.opened_photo(runs.its_dataset(run))
