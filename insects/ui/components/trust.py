"""Whether an answer can be trusted: parts of the Explain page."""

import streamlit as st

from insects import figures
from insects.inference import Prediction, Verdict
from insects.similar import Similar
from insects.ui import cache, datasets, state, trust
from insects.ui.cache import SmallPhoto
from insects.ui.components import shared
from insects.ui.components.photos import opened_photo
from insects.ui.gallery import Tile, gallery
from insects.wording import familiarity, singular, without_label

ANY, OTHER = "Most like it", "Most like it, of another class"


def doubts(network: str, photo: SmallPhoto, prediction: Prediction) -> None:
    """Show whether a photo looks like the classes at all, and what its label strip changes."""
    words, verdict = shared.plain(familiarity(prediction)), prediction.familiarity_verdict
    if verdict in (Verdict.UNSURE, Verdict.UNLIKE):
        st.warning(words, icon=":material/help:")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        if verdict == Verdict.LIKE:
            st.caption(f":material/check: {words}", width="content")
        hidden = photo.without_label if photo.without_label and _label_switch() else None
    if hidden:
        _without_label(network, hidden, prediction)


def _label_switch() -> bool:
    return st.toggle(
        "Hide the label strip",
        key="hide_label",
        help="The articles' photos carry a black strip with a number. A network may learn from "
        "it what it should learn from the insect.",
    )


def _without_label(network: str, hidden: SmallPhoto, prediction: Prediction) -> None:
    after = cache.prediction(network, hidden)
    with st.container(border=True):
        picture, answer = st.columns([1, 2], vertical_alignment="center")
    with picture:
        st.image(figures.data_url(hidden.display), width="stretch", alt=hidden.name)
    with answer:
        st.markdown(f"**{shared.plain(without_label(prediction, after))}**")
        shared.prediction_bars(after)


def similar_photos(network: str, photo: SmallPhoto) -> None:
    """Show the training photos that a photo is most like, where the network's run knows them."""
    if (found := trust.likeness(network, photo)) is None:
        return
    st.markdown("**Among the training photos**")
    views = {ANY: found.nearest, OTHER: found.others}
    chosen = st.segmented_control(
        "Which training photos",
        list(views),
        default=ANY,
        required=True,
        key="similar",
        label_visibility="collapsed",
    )
    _tiles(network, views[chosen])
    if found.nearest[0].is_same:
        st.caption("This very photo was in training: the answer may be memory.")


def _tiles(network: str, found: list[Similar]) -> None:
    dataset, photos = trust.photos_of(network, found)
    names = cache.model(network).class_names
    tiles = []
    for place, (similar, photo) in enumerate(zip(found, photos, strict=True)):
        tiles.append(
            Tile(
                key=str(place),
                picture=datasets.picture(photo, dataset) if photo and dataset else None,
                caption="this very photo" if similar.is_same else singular(similar.class_name),
                words=f"{singular(similar.class_name)}, {similar.name.rpartition('/')[-1]}",
                colour=figures.class_colour(names.index(similar.class_name)),
                link=similar.source,
            )
        )
    here = [photo for photo in photos if photo]

    def open_tile(key: str) -> None:
        if photo := photos[int(key)]:
            state.open_photo(here, here.index(photo))

    gallery([[tile] for tile in tiles], "similar-tiles", shared.is_blurred(), open_tile)
    opened_photo(dataset)
