"""A grid of small pictures that can be opened: one element, whatever their number."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tile:
    """One picture of a gallery.

    Args:
        key: what the gallery says when it is opened.
        picture: the bytes of a WebP file; without one the tile is words, and cannot be opened.
        caption: below it.
        words: in its place, for those who do not see it.
        colour: of the line above the caption.
        link: address of the page that credits the photographer, if it is to be shown.
    """

    key: str
    picture: bytes | None
    caption: str
    words: str
    colour: str
    link: str | None = None


def gallery(
    groups: Sequence[Sequence[Tile]], key: str, blurred: bool, on_open: Callable[[str], None]
) -> None:
    """Show tiles in as many columns as there is room for.

    Args:
        groups: of tiles that belong together; most often each is a group of its own.
        key: of this gallery, one of a page.
        blurred: whether a picture is blurred until somebody points at it.
        on_open: called with the key of a tile that was clicked.
    """
    mount = st.components.v2.component(
        "gallery",
        html="<ul></ul>",
        css=(HERE / "gallery.css").read_text(),
        js=(HERE / "gallery.js").read_text(),
    )

    def opened() -> None:
        if tile := st.session_state[key].opened:
            on_open(tile)

    mount(
        key=key,
        data={
            "blurred": blurred,
            "groups": [[_to_data(tile) for tile in group] for group in groups],
        },
        on_opened_change=opened,
    )


def _to_data(tile: Tile) -> dict:
    picture = tile.picture and f"data:image/webp;base64,{b64encode(tile.picture).decode()}"
    return {**asdict(tile), "picture": picture}
