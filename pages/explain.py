"""Explain: a photo in, what the network says of it and why out."""

import streamlit as st

from insects.convergence import until_settled
from insects.explanation import explain
from insects.ui import cache, state
from insects.ui.components import baselines, checks, overlays, shared, trust
from insects.ui.components import explain as components

shared.title("Insect lens: what does a neural network see in a photo of a bug?")
with st.container(key="explain-page"):
    left, right = st.columns([1, 3], gap="large")
with left:
    photo_area, settings_area = st.container(key="photo"), st.container(key="settings")
with right.container(key="results"):
    answer_area, samples_area, trust_area = st.container(), st.container(), st.container()

with settings_area:
    network = components.network_picker()
    model = cache.model(network)
    settings, automatic = components.settings_picker(model)

photo = state.photo()
prediction = cache.prediction(network, photo)
subject = (network, cache.edition(network), photo.key)

with photo_area:
    components.photo_with_outlines(photo, model.image_size, settings)
    components.photo_picker()
with samples_area:
    components.samples()


def work(report):
    """Return the explanations that are asked for, each better than the one before."""
    explanations = explain(model, photo.squares, on_progress=report, **vars(settings))
    return until_settled(explanations) if automatic else explanations


job = state.job_for((*subject, settings, automatic), settings.nsamples, work)
was_running = job.poll()


def show() -> None:
    """Draw the explanation as far as it is; runs again and again while there is more to come."""
    running = job.poll()
    explanation = job.explanation
    # Each part keeps its place, so that none is there twice while the page changes.
    pictures, notes, details, files = (st.container() for _ in range(4))
    with pictures:
        overlays.words(job, running, focus)
        columns = st.columns([1, 3] if focus else 1 + len(shown))
        with columns[0]:
            shared.prediction_bars(prediction)
        if explanation:
            overlays.overlays(explanation, photo, shown, columns[1:], running)
            overlays.scale(explanation)
    if running:
        with notes:
            overlays.progress(job)
    elif was_running:
        st.rerun()  # once more in whole, so that the polling ends
    else:
        with notes:
            overlays.outcome(job)
            overlays.changed(job, (settings, automatic))
        if explanation:
            with details:
                overlays.details(explanation, focus)
            with files:
                overlays.downloads(explanation, photo)


with answer_area:
    shared.answer(prediction)
    trust.doubts(network, photo, prediction)
    if job.key[:3] == subject:
        classes = components.class_picker(prediction)
        focus = components.focus_picker(prediction, classes)
        shown = [prediction.class_names.index(focus)] if focus else classes
        st.fragment(show, run_every=0.5 if was_running else None)()
        if job.explanation and not was_running:
            checks.faithfulness_panel(model, job.explanation)
            baselines.baselines_panel(model, job.explanation, photo, focus)
    else:
        job.stop()
        shared.prediction_bars(prediction)
        st.info("Press **Explain** to see which parts of this photo say so.")
        components.explain_button("explain-this", "Explain this photo")

with trust_area:
    trust.similar_photos(network, photo)
