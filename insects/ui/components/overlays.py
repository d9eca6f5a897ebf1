"""What the Explain page shows of an explanation: overlays, how sure they are, files."""

import streamlit as st

from insects import figures
from insects.convergence import is_enough
from insects.explanation import Explanation, Settings
from insects.ranking import STRONGEST_SHOWN, decimals, listed, ranked
from insects.ui import cache, state
from insects.ui.cache import SmallPhoto
from insects.ui.components.shared import plain, text_colour, unbroken
from insects.ui.jobs import Job
from insects.wording import describe, how_precise, how_settled, singular

TABLE_HEIGHT = 320
SURE = {True: "settled", False: "not settled", None: "no error known"}


def overlays(
    explanation: Explanation, photo: SmallPhoto, classes: list[int], columns: list, running: bool
) -> None:
    """Show the overlays of these classes, one a column, and how sure each is.

    While an explanation runs they are plain pictures, which do not flicker; so are those by pixel.
    """
    for column, i in zip(columns, classes, strict=True):
        name = explanation.class_names[i]
        with column:
            st.markdown(f"**{plain(singular(name))}**")
            if running or explanation.settings.is_pixelwise:
                _picture(explanation, photo, name)
            else:
                _regions(explanation, photo, name)
            if not running and not explanation.settings.is_pixelwise:
                _strongest(explanation, photo, name)
            st.caption(how_settled(explanation, name, running))


def _picture(explanation: Explanation, photo: SmallPhoto, class_name: str) -> None:
    st.image(
        figures.data_url(figures.overlay(explanation, class_name, photo.display)),
        width="stretch",
        alt=_words(explanation, class_name),
    )


def _words(explanation: Explanation, class_name: str) -> str:
    return f"What speaks for and against {class_name}: {describe(explanation, class_name)}"


def _regions(explanation: Explanation, photo: SmallPhoto, class_name: str) -> None:
    """Show regions to point at; a click on one marks it in the overlay of every class."""
    chosen = state.chosen_region(explanation)
    marked = () if chosen is None else (chosen,)
    # Another name for each choice: else a chart would go on telling what was clicked in it before;
    # and for other superpixels: a late click means those that were on show.
    key = f"overlay-{class_name}-{chosen}-{cache.segments_key(explanation)}"
    st.vega_lite_chart(
        spec=cache.overlay_spec(explanation, class_name, photo, marked),
        theme=None,
        key=key,
        on_select=lambda: state.choose_region(explanation, key),
        alt=_words(explanation, class_name),
    )


def _strongest(explanation: Explanation, photo: SmallPhoto, class_name: str) -> None:
    st.vega_lite_chart(
        spec=cache.strongest_spec(explanation, class_name, photo, text_colour()),
        theme=None,
        alt=f"The strongest regions for and against {class_name}: "
        + listed(explanation, class_name, STRONGEST_SHOWN),
    )


def _chosen_region(explanation: Explanation) -> None:
    """Say of the region that was clicked what it is worth to each class."""
    chosen = state.chosen_region(explanation)
    if chosen is None:
        return
    places = decimals(explanation)
    said = [
        f"{singular(name)} {region.figures(places)}"
        for name in explanation.class_names
        for region in ranked(explanation, name)
        if region.number == chosen
    ]
    st.markdown(f"**Region {chosen}** (outlined in yellow): {plain('; '.join(said))}.")


def words(job: Job, running: bool, class_name: str | None = None) -> None:
    """Show the answer's reasons, as far as there are any.

    Args:
        class_name: the class in focus; None for the predicted one.
    """
    if job.explanation:
        said = describe(job.explanation, class_name)
        st.markdown(f"**{plain(singular(class_name))}**. {said}" if class_name else said)
    elif running and job.is_pixelwise:
        st.markdown(
            "Comparing the photo with others, pixel by pixel; this begins after some seconds …"
        )
    elif running:
        st.markdown("Hiding parts of the photo …")


def scale(explanation: Explanation) -> None:
    """Show the colour scale that the overlays share, and how they were made."""
    st.html(figures.scale_html(explanation))
    st.caption(figures.caption(explanation))


def details(explanation: Explanation, class_name: str | None) -> None:
    """Show what a finished explanation by regions says beside its pictures, and how to read them.

    Args:
        class_name: the class in focus; None for the predicted one.
    """
    if explanation.settings.is_pixelwise:
        return
    _chosen_region(explanation)
    said = "Point at a region for its value; click it to see it in every class."
    if explanation.standard_errors is not None:
        said += (
            " ± is a standard error; lines on the bars are 95 % intervals; where an outline is "
            f"dashed, the sign is not sure. {how_precise(explanation, class_name)}"
        )
    st.caption(plain(said))
    _table(explanation, class_name or explanation.label)


def _table(explanation: Explanation, class_name: str) -> None:
    """Show all regions of a class in words and figures: what the overlay shows in colours."""
    places = decimals(explanation)
    rows = [
        f"| {rank} | {region.number} | {region.place} | {unbroken(region.figures(places))} "
        f"| {SURE[region.is_sure]} |"
        for rank, region in enumerate(ranked(explanation, class_name), start=1)
    ]
    figures_head = "value" if explanation.standard_errors is None else "value ± error"
    head = [f"| rank | region | where | {figures_head} | sign |", "| --- " * 5 + "|"]
    label = f"All regions for and against {plain(class_name)}, in a table"
    with st.expander(label), st.container(height=TABLE_HEIGHT, border=False):
        st.markdown("\n".join([*head, *rows]))


def progress(job: Job) -> None:
    """Show how far a running job is, and the button that ends it."""
    bar, button = st.columns([5, 1], vertical_alignment="center")
    if job.state == "waiting":
        place = cache.jobs().place(job)
        text = f"Waiting for {place} before you …" if place else _about_to_start(job)
    elif job.is_pixelwise and not job.spent:
        text = "Starting TensorFlow, and reading the photos to compare with …"
    else:
        text = f"{job.spent} of {job.of} {_unit(job)}"
    bar.progress(min(job.spent / job.of, 1.0), text=text)
    button.button("Stop", on_click=job.stop, width="stretch", icon=":material/stop:")


def _about_to_start(job: Job) -> str:
    if job.is_pixelwise:
        return "One such explanation is made at a time; yours is the next …"
    return "Starting …"


def _unit(job: Job) -> str:
    return "photos to compare with" if job.is_pixelwise else "samples"


def outcome(job: Job) -> None:
    """Say how a job ended, where there is something to say."""
    found, automatic = job.explanation, job.key[-1]
    if job.state == "failed":
        st.error(job.error, icon=":material/error:")
    elif job.state == "stopped" and found:
        st.info(f"Stopped after {found.nsamples} {_unit(job)}; this is what they say.")
    elif job.state == "stopped":
        st.info("Stopped before there was anything to show.")
    elif automatic and found and is_enough(found) and found.nsamples < found.settings.nsamples:
        st.caption(f"{found.nsamples} of at most {found.settings.nsamples:,} samples were enough.")


def downloads(explanation: Explanation, photo: SmallPhoto) -> None:
    """Show the buttons that give the figure and the numbers."""
    figure, numbers = cache.files(explanation, photo)
    with st.container(horizontal=True):
        st.download_button(
            "Figure (PNG)",
            figure,
            file_name="explanation.png",
            mime="image/png",
            on_click="ignore",
            icon=":material/image:",
        )
        st.download_button(
            "Numbers (JSON)",
            numbers,
            file_name="explanation.json",
            mime="application/json",
            on_click="ignore",
            icon=":material/data_object:",
        )


def changed(job: Job, chosen: tuple[Settings, bool]) -> None:
    """Say so where the picture is not what the controls ask for.

    Args:
        chosen: settings, and whether samples are automatic: the end of a job's key.
    """
    if job.explanation and job.key[-2:] != chosen:
        st.info(
            "The settings have changed since this was made. Press **Explain** for the new ones.",
            icon=":material/tune:",
        )
