"""The photos of a dataset, many small or one large: parts of the Dataset page."""

import numpy as np
import streamlit as st

from insects import figures
from insects.datasets import Dataset, Photo, dataset_title
from insects.datasets.thumbnails import rim
from insects.errors import PhotoError
from insects.ui import cache, datasets, state
from insects.ui.components import shared
from insects.ui.gallery import Tile, gallery

PAGE_SIZE = 60
EVERY = "all"


def filters(dataset: Dataset) -> list[int]:
    """Show the ways to choose among the photos, and return the indices of those that fit."""
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    with left:
        labels = st.pills(
            "Class",
            dataset.class_names,
            selection_mode="multi",
            format_func=shared.plain,
            key=f"labels-{dataset_title(dataset.name)}",
            on_change=_first_page,
            persist_state="session",
        )
    with middle:
        part = st.segmented_control(
            "Part",
            [EVERY, "train", "test"],
            default=EVERY,
            required=True,
            key="part",
            on_change=_first_page,
            persist_state="session",
        )
    with right:
        wanted = st.text_input(
            "Number or name",
            key="wanted",
            placeholder="such as 5001",
            on_change=_first_page,
            persist_state="session",
        )
    return [
        i
        for i, photo in enumerate(dataset.photos)
        if (not labels or photo.label in labels)
        and part in (EVERY, photo.split)
        and wanted.strip().lower() in photo.name.lower()
    ]


def _first_page() -> None:
    st.session_state.pop("gallery_page", None)


def photo_grid(dataset: Dataset, indices: list[int]) -> None:
    """Show the photos of these indices, a page at a time."""
    if not indices:
        st.info("No photo fits. Choose fewer classes, another part, or clear the number.")
        return
    pages = -(-len(indices) // PAGE_SIZE)
    if st.session_state.get("gallery_page", 1) > pages:
        _first_page()
    area = st.container()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        page = st.pagination(pages, key="gallery_page") if pages > 1 else 1
        first = (page - 1) * PAGE_SIZE
        shown = indices[first : first + PAGE_SIZE]
        st.caption(f"Photos {first + 1:,} to {first + len(shown):,} of {len(indices):,}")
    photos = [dataset.photos[i] for i in indices]
    with area:
        gallery(
            [[tile(dataset, i, place=first + n)] for n, i in enumerate(shown)],
            "photos",
            shared.is_blurred(),
            lambda place: state.open_photo(photos, int(place)),
        )


def tile(dataset: Dataset, index: int, place: int | None = None, rim_alone: float = 0.0) -> Tile:
    """Return a photo as a gallery shows it.

    Args:
        index: of the photo in the dataset.
        place: what the gallery says when it is opened; by default the index.
        rim_alone: hide all but this share of each side; by default nothing is hidden.
    """
    photo = dataset.photos[index]
    return Tile(
        key=str(index if place is None else place),
        picture=rim(photo, rim_alone) if rim_alone else datasets.picture(photo, dataset),
        caption=photo.name,
        words=f"{photo.label}, {photo.name}, {photo.split}",
        colour=figures.class_colour(dataset.class_names.index(photo.label)),
    )


def opened_photo(dataset: Dataset | None) -> None:
    """Show the photo that was opened large, with what is known of it.

    Args:
        dataset: that it is of, where that is here still.
    """
    if state.opened():
        st.dialog("A photo", width="large", on_dismiss=state.close_photo)(_large_photo)(dataset)


def _large_photo(dataset: Dataset | None) -> None:
    if not (opened := state.opened()):
        return
    photos, place = opened
    photo = photos[place]
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _step_buttons(len(photos), place)
    try:
        pixels = photo.load()
    except PhotoError as error:
        left.error(shared.plain(str(error)), icon=":material/broken_image:")
        return
    if shared.is_blurred() and right.toggle("Show it sharp", key=f"sharp-{photo.full_name}"):
        left.html(shared.SHARP)
    with left, st.container(key="large-photo"):
        st.image(pixels, width="stretch", alt=f"{photo.label}, {photo.name}")
    with right:
        _facts(photo, pixels)
        _what_the_network_says(photo, pixels, dataset)


def _step_buttons(count: int, place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous",
            on_click=state.step,
            args=(-1,),
            disabled=place == 0,
            icon=":material/chevron_left:",
        )
        st.button(
            "Next",
            on_click=state.step,
            args=(1,),
            disabled=place == count - 1,
            icon=":material/chevron_right:",
        )
        st.caption(f"{place + 1:,} of {count:,}")


def _facts(photo: Photo, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    lines = [
        f"**{shared.plain(photo.name)}**",
        f"{shared.plain(photo.label)}, among the {photo.split} photos",
        f"{width} × {height} pixels",
    ]
    if photo.source:
        lines.append(f"[photo credit and source]({photo.source})")
    st.markdown("  \n".join(lines))


def _what_the_network_says(photo: Photo, pixels: np.ndarray, dataset: Dataset | None) -> None:
    network = cache.DEFAULT_NETWORK
    is_shared = dataset is not None and datasets.is_shared(dataset)
    small = cache.SmallPhoto.of(pixels, photo.name, photo.label, photo.source, is_shared)
    prediction = cache.prediction(network, small)
    shared.answer(prediction)
    shared.prediction_bars(prediction)
    if photo.label not in prediction.class_names:
        known = ", ".join(prediction.class_names)
        st.caption(f"The default network knows {known} alone.")
    if dataset and datasets.was_seen(photo, dataset, network):
        st.caption("The default network was trained on this photo: its answer may be memory.")
    if st.button("Explain this photo", type="primary", icon=":material/search:"):
        state.close_photo()
        state.choose(small)
        state.ask()
        st.switch_page("pages/explain.py")
