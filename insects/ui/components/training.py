"""What to train: parts of the Train page."""

from dataclasses import replace

import streamlit as st

from insects.datasets import Dataset
from insects.errors import InsectsError
from insects.networks import NETWORKS, Network, Recipe
from insects.networks.layers import layers_of, parameters_of
from insects.training.inputs import can_augment
from insects.training.limits import limits
from insects.training.settings import Settings
from insects.ui import datasets, runs, visitor
from insects.ui.components.dataset import split_picker

BATCH_SIZES = (8, 16, 32, 64, 128)
LEARNING_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


def settings_form() -> tuple[Settings, Dataset]:
    """Show what can be chosen of a training, and return it with the photos it is about."""
    dataset = datasets.dataset(_dataset_picker())
    split = split_picker(dataset, key="train-split", first="deduplicated")
    network = _network_picker(len(dataset.class_names))
    recipe = _recipe_picker(network)
    augment = st.toggle(
        "Vary the photos (augmentation)",
        key="augment",
        persist_state="session",
        disabled=not can_augment(network),
        help="Mirror, shift and brighten the training photos a little, anew in each epoch.",
    )
    chosen = Settings(
        network=network.name,
        dataset=dataset.name,
        split=split,
        recipe=recipe,
        augment=augment and can_augment(network),
        calibrate=True,
        owner=visitor.known_token(),
    )
    return chosen, dataset


def _dataset_picker() -> str:
    titles = {name: title for name, title in datasets.choices().items() if datasets.is_here(name)}
    if st.session_state.get("train-dataset") not in titles:
        st.session_state["train-dataset"] = next(iter(titles))
    return st.selectbox(
        "Photos",
        list(titles),
        format_func=titles.__getitem__,
        key="train-dataset",
        persist_state="session",
    )


def _network_picker(n_classes: int) -> Network:
    name = st.radio(
        "Network",
        list(NETWORKS),
        format_func=lambda name: NETWORKS[name].title,
        captions=[
            f"{network.sentence} {parameters_of(network.name, n_classes):,} numbers to learn."
            for network in NETWORKS.values()
        ],
        key="train-network",
        on_change=_take_recipe,
        persist_state="session",
    )
    return NETWORKS[str(name)]


def _take_recipe() -> None:
    """Set the widgets to what the chosen network is usually trained with."""
    recipe = NETWORKS[st.session_state["train-network"]].recipe
    st.session_state.epochs = min(recipe.epochs, limits().epochs)
    st.session_state.batch_size = recipe.batch_size
    st.session_state.learning_rate = recipe.learning_rate


def _recipe_picker(network: Network) -> Recipe:
    if "epochs" not in st.session_state:
        _take_recipe()
    epochs = _epochs_slider(limits().epochs)
    left, right = st.columns(2)
    with left:
        rate = st.select_slider(
            "Learning rate", LEARNING_RATES, key="learning_rate", persist_state="session"
        )
    with right:
        batch_size = st.select_slider(
            "Batch size", BATCH_SIZES, key="batch_size", persist_state="session"
        )
    usual = network.recipe
    return replace(usual, epochs=epochs, batch_size=batch_size, learning_rate=rate)


def _epochs_slider(most: int) -> int:
    if most == 1:  # a slider needs two ends
        st.caption("One epoch, for more are not possible here.")
        return 1
    return st.slider("Epochs", 1, most, key="epochs", persist_state="session")


def start_button(settings: Settings) -> None:
    """Show the button that starts the training, and what keeps it from starting."""
    if st.button("Start", type="primary", width="stretch", icon=":material/play_arrow:"):
        owned = Settings(**{**vars(settings), "owner": visitor.token()})
        try:
            run = runs.start(owned)
        except InsectsError as error:
            st.error(str(error), icon=":material/block:")
            return
        st.session_state.run = run.name
        st.rerun()


def layers(settings: Settings, n_classes: int) -> None:
    """Show the layers of the chosen network."""
    with st.expander(f"The layers of {NETWORKS[settings.network].title}"):
        st.dataframe(layers_of(settings.network, n_classes), hide_index=True, width="stretch")
