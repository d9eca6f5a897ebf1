"""The controls of the Explain page: photo, network, settings, classes."""

import streamlit as st

from insects import figures
from insects.convergence import METHODS_WITH_ERRORS, MOST_SAMPLES
from insects.errors import SettingsError
from insects.explanation import (
    ARTICLE_1,
    ARTICLE_2,
    METHODS,
    OUTPUTS,
    SUPERPIXEL_METHODS,
    Settings,
    require_support,
)
from insects.inference import Model, Prediction
from insects.superpixels import BASELINES
from insects.ui import cache, state
from insects.ui.cache import SmallPhoto
from insects.ui.components.shared import plain
from insects.wording import METHOD_SENTENCES, singular

DEFAULTS = Settings()
THUMBNAIL_WIDTH = 104
MAX_UPLOAD_MB = 20
METHOD_TITLES = {
    "leverage": "leverage (ours)",
    "kernel": "kernel (article 2)",
    "permutation": "permutation (shap)",
    "partition": "partition (shap, Owen values)",
    "exact": "exact (few superpixels)",
    "deep": "deep (article 1)",
    "gradient": "gradient (shap, expected gradients)",
}
METHOD_HELP = "\n\n".join(f"**{name}**: {METHOD_SENTENCES[name]}" for name in METHODS)
BASELINE_TITLES = {
    "white": "white",
    "mean": "the mean colour",
    "blur": "blurred",
    "inpaint": "filled in from the edge",
}
# What each article explained, and by what.
ARTICLES = {
    "As in article 1": (
        "tang",
        ARTICLE_1,
        "Tang's network, shap.DeepExplainer, 61 photos to compare with, a value for each pixel.",
    ),
    "As in article 2": (
        "zhang",
        ARTICLE_2,
        "Zhang's network, shap.KernelExplainer, 100 "
        "superpixels, 300 samples, hidden parts white, logits.",
    ),
}
OUTPUT_TITLES = {"probability": "the probability", "logit": "the logit (article 2)"}


def photo_picker() -> None:
    """Show the ways to bring a photo."""
    source = st.segmented_control(
        "Your photo",
        ["Upload", "Camera"],
        default="Upload",
        required=True,
        key="source",
        label_visibility="collapsed",
        width="stretch",
    )
    widgets = {"Upload": _uploader, "Camera": _camera}
    widgets[source]()
    if error := state.photo_error():
        st.error(error, icon=":material/broken_image:")


def _uploader() -> None:
    st.file_uploader(
        "Drop in a photo of a bug",
        key="upload",
        label_visibility="collapsed",
        max_upload_size=MAX_UPLOAD_MB,
        on_change=state.take_upload,
        args=("upload",),
    )


def _camera() -> None:
    st.camera_input(
        "Take a photo of a bug", key="camera", on_change=state.take_upload, args=("camera",)
    )


def samples() -> None:
    """Show the sample photos, each with a button that makes it the visitor's photo."""
    st.caption("Or look at one of these, which the default network gets right:")
    with st.container(horizontal=True, gap="small"):
        for i, sample in enumerate(cache.samples()):
            with st.container(width=THUMBNAIL_WIDTH, gap=None):
                st.image(
                    figures.data_url(figures.thumbnail(sample.display)),
                    alt=sample.name.capitalize(),
                )
                st.button(
                    singular(sample.label or "photo"),
                    key=f"sample-{i}",
                    type="tertiary",
                    on_click=state.choose,
                    args=(sample,),
                    width="stretch",
                )


def network_picker() -> str:
    """Show the networks that can explain, and return the name of the chosen one's run."""
    titles = cache.network_titles()
    return st.selectbox(
        "Network",
        list(titles),
        format_func=titles.__getitem__,
        key="network",
        persist_state="session",
    )


def settings_picker(model: Model) -> tuple[Settings, bool]:
    """Show the settings of an explanation, and return those in use. Moving one starts nothing.

    Returns:
        The settings, and whether to stop before all samples are drawn where fewer are enough.
    """
    method = st.session_state.get("method", DEFAULTS.method)
    unused = method not in SUPERPIXEL_METHODS
    n_segments = st.slider(
        "superpixels (SLIC)",
        5,
        200,
        key=_with_default("n_segments"),
        persist_state="session",
        disabled=unused,
        help="Into how many parts to cut the photo. SLIC gives about as many as it is asked for. "
        "More parts are finer, and need more samples to be sure of.",
    )
    nsamples = st.slider(
        "samples (nsamples)",
        100,
        MOST_SAMPLES,
        step=50,
        key=_with_default("nsamples"),
        persist_state="session",
        disabled=unused,
        help="How many times the network is asked about the photo with some parts hidden. "
        "More samples make smaller errors and take longer.",
    )
    automatic = _automatic_switch(method)
    if unused:
        _about_pixels(model, method)
    explain_button("explain", "Explain")
    _article_buttons()
    with st.expander("More"):
        settings = Settings(
            n_segments=n_segments,
            nsamples=nsamples,
            method=_choice("method", METHODS, METHOD_TITLES, "How to estimate", help=METHOD_HELP),
            baseline=_choice("baseline", BASELINES, BASELINE_TITLES, "Hidden parts are", unused),
            output=_choice("output", OUTPUTS, OUTPUT_TITLES, "What is explained", unused),
        ).in_use()
    return settings, automatic


def _automatic_switch(method: str) -> bool:
    """Show the switch for as many samples as it takes, and return whether it counts."""
    without_errors = method not in METHODS_WITH_ERRORS
    wanted = st.toggle(
        "samples: automatic",
        key="automatic",
        persist_state="session",
        disabled=without_errors,
        help="Stops once the errors are small (a tenth of the range of the values) and the three "
        "strongest regions are settled, or cannot be by the samples of the slider, which is the "
        "most that are drawn. For methods with error bars: " + " and ".join(METHODS_WITH_ERRORS),
    )
    return wanted and not without_errors


def _about_pixels(model: Model, method: str) -> None:
    """Say that superpixels are not used, or that the method is not for this network."""
    try:
        require_support(model, method)
        st.caption(f"{method} gives each pixel a value: these two are not used.")
    except SettingsError as error:
        st.warning(str(error), icon=":material/block:")


def _article_buttons() -> None:
    """Show a button for each article, which explains the photo as the article did."""
    for label, (network, settings, text) in ARTICLES.items():
        st.button(
            label, on_click=_as_in_article, args=(network, settings), width="stretch", help=text
        )


def _as_in_article(network: str, settings: Settings) -> None:
    """Set the widgets as an article has it, and ask for the explanation."""
    if network in cache.network_titles():
        st.session_state.network = network
    _apply(settings)
    state.ask()


def explain_button(key: str, label: str) -> None:
    """Show a button that asks for an explanation."""
    st.button(
        label,
        key=key,
        on_click=state.ask,
        type="primary",
        width="stretch",
        icon=":material/search:",
    )


def _with_default(name: str) -> str:
    """Return the key of a setting's widget, which starts at the setting's default."""
    st.session_state.setdefault(name, getattr(DEFAULTS, name))
    return name


def _choice(
    key: str,
    options: tuple[str, ...],
    titles: dict[str, str],
    label: str,
    unused: bool = False,
    help: str | None = None,
) -> str:
    return st.selectbox(
        label,
        options,
        format_func=titles.__getitem__,
        key=key,
        persist_state="session",
        disabled=unused,
        help=help,
    )


def _apply(settings: Settings) -> None:
    """Set the widgets to these settings; what they have no use for stays as it is."""
    st.session_state.method = settings.method
    if not settings.is_pixelwise:
        for name in ("n_segments", "nsamples", "baseline", "output"):
            st.session_state[name] = getattr(settings, name)


def photo_with_outlines(photo: SmallPhoto, image_size: int, settings: Settings) -> None:
    """Show the photo, cut as the slider says where it is explained by superpixels."""
    if settings.is_pixelwise:
        picture, parts = figures.data_url(photo.display), f"{image_size**2:,} pixels"
        alt = f"{photo.name}, to be explained pixel by pixel"
    else:
        picture, count = cache.outlines(
            photo, image_size, settings.n_segments, settings.compactness, settings.sigma
        )
        parts = f"SLIC gave {count} parts of about {settings.n_segments} asked for"
        alt = f"{photo.name}, cut into {count} superpixels"
    st.image(picture, width="stretch", alt=alt)
    credit = f" · [photo credit]({photo.source})" if photo.source else ""
    st.caption(f"{plain(photo.name)}: {parts}{credit}")


def focus_picker(prediction: Prediction, classes: list[int]) -> str | None:
    """Return the one class that the visitor wants to see large, or None for all side by side."""
    names = [prediction.class_names[i] for i in classes]
    chosen = st.segmented_control("Look closer at", names, format_func=singular, key="focus")
    return chosen if chosen in names else None


def class_picker(prediction: Prediction) -> list[int]:
    """Return the classes that get an overlay, most probable first.

    Where there are more than there is room for, the last of them is the visitor's choice.
    """
    order = figures.likeliest_first(prediction.probabilities)
    most = figures.MOST_OVERLAYS
    if len(order) <= most:
        return order
    names = prediction.class_names
    another = st.selectbox(
        f"There are {len(order)} classes. Beside the most probable ones, show",
        order[most - 1 :],
        format_func=lambda i: names[i],
    )
    return [*order[: most - 1], another]
