"""EfficientNet-Lite0 (Google, 2020) with ImageNet weights, kept as they are, under a linear head.

Blocks and sizes: Tan & Le, "EfficientNet", 2019, in the "lite" form: ReLU6, no squeeze-excite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from insects.networks.network import Network, Recipe

if TYPE_CHECKING:
    import keras
    import numpy as np

IMAGE_SIZE = 224
EMBEDDING_SIZE = 1280
# One row a stage: repeats, kernel size, stride of the first block, expansion, output channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def build(n_classes: int) -> keras.Model:
    """Return the part that is trained: one linear layer on the backbone's embedding."""
    from keras import Input, Sequential, layers

    return Sequential(
        [Input((EMBEDDING_SIZE,)), layers.Dense(n_classes)], name="efficientnet_lite0_head"
    )


def build_backbone(imagenet_head: bool = False) -> keras.Model:
    """Return the untrained backbone: raw 0-255 RGB, (n, 224, 224, 3), to embeddings, (n, 1280).

    An embedding is the mean of what the layer before says of 7 x 7 places (`with_places`).

    Args:
        imagenet_head: end in the 1,000 ImageNet logits instead.
    """
    from keras import Input, Model, layers

    def conv_norm(x, layer: keras.Layer, activate: bool = True):
        x = layers.BatchNormalization(epsilon=1e-3)(layer(x))
        return layers.ReLU(max_value=6.0)(x) if activate else x

    def block(x, kernel_size: int, stride: int, expansion: int, filters: int):
        inputs, channels = x, x.shape[-1]
        if expansion > 1:
            x = conv_norm(x, layers.Conv2D(channels * expansion, 1, use_bias=False))
        x = conv_norm(
            x, layers.DepthwiseConv2D(kernel_size, stride, padding="same", use_bias=False)
        )
        x = conv_norm(x, layers.Conv2D(filters, 1, use_bias=False), activate=False)
        return layers.Add()([inputs, x]) if stride == 1 and channels == filters else x

    inputs = Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(inputs)
    x = conv_norm(x, layers.Conv2D(32, 3, 2, padding="same", use_bias=False))
    for repeats, kernel_size, first_stride, expansion, filters in STAGES:
        for i in range(repeats):
            x = block(x, kernel_size, first_stride if i == 0 else 1, expansion, filters)
    x = conv_norm(x, layers.Conv2D(EMBEDDING_SIZE, 1, use_bias=False))
    x = layers.GlobalAveragePooling2D()(x)
    if imagenet_head:
        x = layers.Dense(1000)(x)
    return Model(inputs, x, name="efficientnet_lite0")


def with_places(backbone: keras.Model) -> keras.Model:
    """Return a backbone that also gives its view of each place, (n, 7, 7, 1280)."""
    from keras import Model

    return Model(backbone.input, [backbone.output, backbone.layers[-2].output], name=backbone.name)


def set_imagenet_weights(model: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Copy the published PyTorch tensors, in the order of the layers, into `model`.

    Args:
        model: what `build_backbone` returned.
        tensors: name -> array, in PyTorch's order of axes (see `insects.networks.torch_file`).
    """
    from keras import layers

    modules: dict[str, dict[str, np.ndarray]] = {}
    for name, array in tensors.items():
        module, _, leaf = name.rpartition(".")
        modules.setdefault(module, {})[leaf] = array
    todo = iter(modules.values())
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            m = next(todo)
            layer.set_weights([m["weight"], m["bias"], m["running_mean"], m["running_var"]])
        elif isinstance(layer, layers.DepthwiseConv2D):
            layer.set_weights([next(todo)["weight"].transpose(2, 3, 0, 1)])
        elif isinstance(layer, layers.Conv2D):
            layer.set_weights([next(todo)["weight"].transpose(2, 3, 1, 0)])
        elif isinstance(layer, layers.Dense):
            m = next(todo)
            layer.set_weights([m["weight"].T, m["bias"]])


NETWORK = Network(
    name="efficientnet_lite0",
    title="EfficientNet-Lite0",
    sentence="Learned to see from 1.2 million ImageNet photos; only its last layer learned these.",
    image_size=IMAGE_SIZE,
    recipe=Recipe(epochs=40, batch_size=64, optimizer="adam", learning_rate=1e-3, pull=0.1),
    build=build,
    backbone="efficientnet_lite0",
)
