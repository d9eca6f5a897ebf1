"""A network small enough to be trained while somebody waits, for the insects drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insects.networks.network import Network, Recipe, as_float16

if TYPE_CHECKING:
    import keras

IMAGE_SIZE = 96
FILTERS = (16, 32, 64, 96)


def build(n_classes: int) -> keras.Model:
    """Return the untrained network: four convolutions, the mean over all places, logits.

    The mean spares the large dense layer that the articles' networks have. Each block halves the
    picture, the first one twice, so that an epoch takes about a second.
    """
    from keras import Input, Sequential, layers

    def block(filters: int, kernel_size: int, stride: int) -> list[keras.Layer]:
        return [
            layers.Conv2D(filters, kernel_size, stride, padding="same"),
            layers.MaxPooling2D(),
            # Behind the pooling, where the export keeps it (see `insects.networks.restore`).
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]

    first, *others = FILTERS
    return Sequential(
        [
            Input((IMAGE_SIZE, IMAGE_SIZE, 3)),
            # One factor a channel: a single one would be folded into the kernels of the export.
            layers.Rescaling([as_float16(1 / 255)] * 3),
            *block(first, 5, stride=2),
            *(layer for filters in others for layer in block(filters, 3, stride=1)),
            layers.GlobalAveragePooling2D(),
            layers.Dense(n_classes),
        ],
        name="small",
    )


NETWORK = Network(
    name="small",
    title="A small network",
    sentence="Four convolutions on small pictures, trained from nothing; enough for drawn insects.",
    image_size=IMAGE_SIZE,
    recipe=Recipe(epochs=60, batch_size=32, optimizer="adam", learning_rate=2e-3),
    build=build,
    has_similar=False,
)
