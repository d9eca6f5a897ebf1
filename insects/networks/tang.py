"""The network of Michael Tang, "Simple Convolutional Neural Network with SHAP" (2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insects.networks.network import Network, Recipe, as_float16

if TYPE_CHECKING:
    import keras

IMAGE_SIZE = 224
# Per-channel statistics of the training photos as the article gives them, on the 0-1 scale.
MEAN = (0.5946, 0.5732, 0.5126)
STD = (0.2671, 0.2737, 0.3058)


def build(n_classes: int) -> keras.Model:
    """Return the untrained network: two convolutions, three dense layers, logits.

    PyTorch's batch-norm momentum of 0.1 weighs the new value, Keras's 0.9 the old one.
    """
    from keras import Input, Sequential, layers

    def block(filters: int, kernel_size: int) -> list[keras.Layer]:
        return [
            layers.Conv2D(filters, kernel_size, padding="valid"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]

    return Sequential(
        [
            Input((IMAGE_SIZE, IMAGE_SIZE, 3)),
            layers.Normalization(
                mean=[as_float16(255 * m) for m in MEAN],
                variance=[as_float16(1 / (255 * s)) ** -2 for s in STD],
            ),
            *block(8, 5),
            *block(16, 3),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(n_classes),
        ],
        name="tang",
    )


NETWORK = Network(
    name="tang",
    title="Tang's network",
    sentence="Two convolutions and three dense layers, trained from nothing on these photos alone.",
    image_size=IMAGE_SIZE,
    # The article's weight decay of 1e-3 is PyTorch's, which momentum 0.9 makes ten times as strong.
    recipe=Recipe(epochs=15, batch_size=64, optimizer="sgd", learning_rate=0.01, weight_decay=1e-2),
    build=build,
)
