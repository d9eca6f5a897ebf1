"""Which dataset, whose, and how it is split: parts of the pages Dataset and Train."""

from pathlib import Path

import streamlit as st

from insects import figures
from insects.datasets import DATASETS, Dataset
from insects.datasets.published import why_not_found
from insects.datasets.splits import SPLITS, is_ready
from insects.datasets.unpack import MAX_ARCHIVE_BYTES, MAX_PHOTOS
from insects.datasets.uploads import MAX_DATASETS
from insects.errors import DatasetError
from insects.ui import datasets, state
from insects.ui.components import shared
from insects.ui.workers import Worker

SPLIT_WORDS = {
    "deduplicated": "Without those training photos that are also test photos.",
    "by_series": "Each photo once. Photos of one series (neighbouring numbers, look-alikes) stay "
    "together, so that no test photo has a sibling among the training photos.",
}
AS_IT_CAME = {
    "published": "The authors' own train and test photos.",
    "drawn": "Of five drawn photos four are for training and one is for testing.",
}
HOW_LONG = (
    "They are kept for a day; the oldest go sooner where you bring more than "
    f"{MAX_DATASETS} zips or the server has no room. While a training on them goes on or waits, "
    "they stay."
)
AS_OWN_CAME = "Your own train and test photos, or one in five of each class put aside for testing."


def dataset_picker() -> str:
    """Show the datasets of this visitor, and return the chosen one's name."""
    titles = datasets.choices()
    if unpacked := st.session_state.pop("unpacked", ""):
        st.session_state.dataset = unpacked
        _leave("dataset_gone", "gallery_page")
    if st.session_state.get("dataset", "") not in titles:
        removed = st.session_state.pop("dataset_removed", False)  # then the visitor knows
        st.session_state.dataset_gone = "dataset" in st.session_state and not removed
        st.session_state.dataset = next(iter(titles))
    name = st.selectbox(
        "Photos",
        list(titles),
        format_func=titles.__getitem__,
        key="dataset",
        on_change=_another_dataset,
        persist_state="session",
    )
    if st.session_state.get("dataset_gone"):
        st.info(f"Your own photos are not on this server any more. {HOW_LONG}")
    if name not in DATASETS:
        shared.button_that_asks(_removal(name, titles[name]), key=f"remove-{Path(name).name}")
    return str(name)


def _removal(name: str, title: str) -> shared.Deed:
    photos = f"Your photos **{shared.plain(title)}**"

    def remove() -> str:
        datasets.remove(name)
        st.session_state.dataset_removed = True
        return f"{photos} have been removed. They are gone from this server."

    lost = f"{photos} cannot be brought back. Runs that were trained on them stay."
    return shared.Deed("Remove these photos", "Remove these photos?", lost, "Remove", remove)


def _another_dataset() -> None:
    """Leave behind what was about the dataset before."""
    _leave("dataset_gone", "zip_target", "zip_error", "gallery_page")


def _leave(*names: str) -> None:
    for name in names:
        st.session_state.pop(name, None)
    state.close_photo()


def fetch_offer() -> None:
    """Show how to get the published photos, or how far they are."""
    if why := why_not_found():
        st.warning(shared.plain(why), icon=":material/folder_off:")
        return
    worker = datasets.fetching()
    if worker and worker.is_going_on:
        st.fragment(_fetch_progress, run_every=1.0)()
        return
    st.markdown(
        "The 1,199 photos of both articles are not on this server yet. They can be fetched from "
        "where the articles published them (about 80 MB). Each file is checked."
    )
    if worker and worker.error:
        st.error(shared.plain(worker.error), icon=":material/cloud_off:")
    st.button("Fetch the photos", on_click=datasets.fetch_again, icon=":material/download:")


def _fetch_progress() -> None:
    worker = datasets.fetching()
    if worker and worker.is_going_on:
        shared.work(worker, "Starting …")
    else:
        st.rerun()


def own_photos() -> None:
    """Show the way to bring a zip of photos, and how far the last one is."""
    worker = datasets.unpacking(st.session_state.get("zip_target", ""))
    with st.expander("Use your own photos", expanded=worker is not None):
        if worker and worker.is_going_on:
            st.fragment(_unpack_progress, run_every=0.5)()
            return
        if worker:
            _say_outcome(worker)
        if error := st.session_state.get("zip_error"):
            st.error(shared.plain(error), icon=":material/folder_off:")
        st.markdown(
            "A zip with a folder for each class (2 to 20), or with `train` and `test` folders "
            f"that have them. At most {MAX_ARCHIVE_BYTES // 1_000_000} MB and {MAX_PHOTOS:,} "
            f"photos. Only you can see them, by a cookie that says they are yours. {HOW_LONG}"
        )
        number = st.session_state.setdefault("zip_number", 0)
        st.file_uploader(
            "A zip of your photos",
            type="zip",
            key=f"zip-{number}",
            label_visibility="collapsed",
            max_upload_size=MAX_ARCHIVE_BYTES // 1_000_000,
            on_change=_take_zip,
            args=(number,),
        )


def _take_zip(number: int) -> None:
    """Hand the zip over, and let go of the server's copy of it: the next uploader is another."""
    upload = st.session_state.get(f"zip-{number}")
    if upload is None or number != st.session_state.zip_number:  # it was taken before
        return
    st.session_state.zip_number = number + 1
    st.session_state.zip_error = ""
    try:
        st.session_state.zip_target = datasets.unpack(upload.getvalue(), upload.name)
    except DatasetError as error:
        st.session_state.zip_error = str(error)


def _unpack_progress() -> None:
    worker = datasets.unpacking(st.session_state.get("zip_target", ""))
    if worker and worker.is_going_on:
        shared.work(worker, "Waiting for the zips before yours …")
        return
    if worker and worker.state == "done":
        st.session_state.unpacked = worker.arguments[-1]  # the picker takes it up
    st.rerun()


def _say_outcome(worker: Worker) -> None:
    if worker.state == "failed":
        st.error(shared.plain(worker.error), icon=":material/folder_off:")
        return
    st.success(shared.plain(worker.result["sentence"]), icon=":material/check:")
    for left_out in worker.result["left_out"][:10]:
        st.caption(shared.plain(f"{left_out['file']}: {left_out['why']}"))


def split_picker(dataset: Dataset, key: str = "split", first: str = "") -> str:
    """Show the rules of splitting that are ready for a dataset, and return the chosen one.

    Args:
        key: of the choice in the session.
        first: the rule that is chosen before the visitor chooses; else the first that is ready.
    """
    ready = [name for name in SPLITS if is_ready(dataset, name)]
    if st.session_state.get(key) not in ready:
        st.session_state[key] = first if first in ready else ready[0]
    chosen = st.segmented_control(
        "Split",
        ready,
        format_func=lambda name: split_title(name, dataset),
        key=key,
        required=True,
        persist_state="session",
    )
    st.caption(split_words(str(chosen), dataset))
    return str(chosen)


def split_title(name: str, dataset: Dataset) -> str:
    """Return what a visitor reads for a rule of splitting these photos."""
    if name == "published" and dataset.name != "published":
        return "as drawn" if dataset.name == "drawn" else "as it came"
    return name.replace("_", " ")


def split_words(name: str, dataset: Dataset) -> str:
    """Return what a rule of splitting does with these photos, in a sentence."""
    return SPLIT_WORDS.get(name) or AS_IT_CAME.get(dataset.name, AS_OWN_CAME)


def counts(dataset: Dataset) -> None:
    """Show how many photos there are of each class in each part."""
    numbers = {part: dict.fromkeys(dataset.class_names, 0) for part in ("train", "test")}
    for photo in dataset.photos:
        numbers[photo.split][photo.label] += 1
    words = "; ".join(
        f"{part}: " + ", ".join(f"{name} {n}" for name, n in by_class.items())
        for part, by_class in numbers.items()
    )
    st.altair_chart(
        figures.counts_chart(numbers, shared.text_colour()), alt=f"Photos of each class. {words}"
    )
