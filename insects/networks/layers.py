"""The layers of each network as Keras's `model.summary` tells them, without Keras.

They are read from a table that `python -m insects.networks.make_layers` writes, for three classes.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from insects.errors import SettingsError

TABLE = Path(__file__).parent / "layers.json"
N_CLASSES = 3  # of the networks in the table


@dataclass(frozen=True)
class Totals:
    """How many numbers a network holds.

    Args:
        trainable: those that training changes.
        frozen: those that it does not change, or only keeps count of, as a batch norm's mean.
    """

    trainable: int
    frozen: int


def layers_of(network_name: str, n_classes: int) -> list[dict[str, Any]]:
    """Return a row a layer, from input to logits.

    Returns:
        Of each `layer`, its name; `type`; `output_shape`, such as "(None, 3)"; `parameters`.

    Raises:
        SettingsError: no network has that name.
    """
    *before, last = _network(network_name)["layers"]
    # The last layer has as many weights, and a bias, for each class.
    per_class = last["parameters"] // N_CLASSES
    changed = {"output_shape": f"(None, {n_classes})", "parameters": n_classes * per_class}
    return [*(dict(row) for row in before), {**last, **changed}]


def totals_of(network_name: str, n_classes: int) -> Totals:
    """Return how many numbers a network holds, for so many classes.

    Raises:
        SettingsError: no network has that name.
    """
    network = _network(network_name)
    per_class = network["layers"][-1]["parameters"] // N_CLASSES
    trainable = network["trainable"] + (n_classes - N_CLASSES) * per_class
    return Totals(trainable, network["frozen"])


def parameters_of(network_name: str, n_classes: int) -> int:
    """Return how many numbers a network learns, for so many classes.

    Raises:
        SettingsError: no network has that name.
    """
    return totals_of(network_name, n_classes).trainable


def _network(name: str) -> dict[str, Any]:
    table = _table()
    if name not in table:
        raise SettingsError(f"No network is called {name!r}; there are {', '.join(table)}.")
    return table[name]


@cache
def _table() -> dict[str, Any]:
    return json.loads(TABLE.read_text())
