"""Write the table of layers: `python -m insects.networks.make_layers`, after a network changed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from insects.networks import NETWORKS, Network
from insects.networks.efficientnet_lite0 import build_backbone
from insects.networks.layers import N_CLASSES, TABLE

if TYPE_CHECKING:
    import keras


def main() -> None:
    """Write the layers of all networks, as Keras counts them."""
    table = {name: describe(network) for name, network in NETWORKS.items()}
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


def describe(network: Network, n_classes: int = N_CLASSES) -> dict[str, Any]:
    """Return the rows of `insects.networks.layers.layers_of`, and the totals.

    A frozen backbone is one row: its hundred and more layers are nobody's choice here.
    """
    model = network.build(n_classes)
    rows = [_row(name, layer) for name, layer in _named(model.layers)]
    trainable = _count(model.trainable_weights)
    frozen = _count(model.non_trainable_weights)
    before = [_row("photo", model, model.input_shape, "Input")]
    if network.backbone:
        backbone = build_backbone()
        before = [
            _row("photo", backbone, backbone.input_shape, "Input"),
            _row(f"{network.backbone} backbone", backbone, kind=_backbone_type(backbone)),
        ]
        frozen += backbone.count_params()
    return {"layers": [*before, *rows], "trainable": trainable, "frozen": frozen}


def _named(layers: list[keras.Layer]) -> Iterator[tuple[str, keras.Layer]]:
    """Yield each layer with the name that Keras gives it in a process where it is the first.

    Keras goes on counting from network to network: conv2d, conv2d_1, …
    """
    seen: Counter[str] = Counter()
    for layer in layers:
        kind = re.sub(r"_\d+$", "", layer.name)
        yield f"{kind}_{seen[kind]}" if seen[kind] else kind, layer
        seen[kind] += 1


def _row(name: str, layer: keras.Layer, shape: Any = None, kind: str = "") -> dict[str, Any]:
    """Return a layer's row, or, where a shape is given, the row of what goes into it."""
    return {
        "layer": name,
        "type": kind or type(layer).__name__,
        "output_shape": str(tuple(shape or layer.output.shape)),
        "parameters": 0 if shape else layer.count_params(),
    }


def _backbone_type(backbone: keras.Model) -> str:
    convolutions = sum("Conv2D" in type(layer).__name__ for layer in backbone.layers)
    return f"{convolutions} convolutions, frozen"


def _count(weights: list[Any]) -> int:
    return sum(int(weight.shape.num_elements()) for weight in weights)


if __name__ == "__main__":
    main()
