"""The network of Lucas Zhang, "Deep Learning and Model Interpretation using SHAP" (2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insects.networks.network import Network, Recipe, as_float16

if TYPE_CHECKING:
    import keras

IMAGE_SIZE = 256


def build(n_classes: int) -> keras.Model:
    """Return the untrained network: three convolutions, two dense layers, logits."""
    from keras import Input, Sequential, layers

    def block(filters: int) -> list[keras.Layer]:
        return [
            layers.Conv2D(filters, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
        ]

    return Sequential(
        [
            Input((IMAGE_SIZE, IMAGE_SIZE, 3)),
            # One factor a channel: a single one would be folded into the kernels of the export.
            layers.Rescaling([as_float16(1 / 255)] * 3),
            *block(16),
            *block(32),
            *block(64),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(n_classes),
        ],
        name="zhang",
    )


NETWORK = Network(
    name="zhang",
    title="Zhang's network",
    sentence="Three convolutions and two dense layers, trained from nothing on these photos alone.",
    image_size=IMAGE_SIZE,
    recipe=Recipe(epochs=5, batch_size=32, optimizer="adam", learning_rate=1e-3),
    build=build,
)
