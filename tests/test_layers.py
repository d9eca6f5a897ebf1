"""The table of layers: what Keras says, told without it."""

import pytest

from insects.errors import SettingsError
from insects.networks import NETWORKS, get_network
from insects.networks.layers import layers_of, parameters_of, totals_of
from insects.networks.make_layers import describe


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("n_classes", [3, 5])
def test_the_layers_are_those_that_keras_builds(name, n_classes):
    made = describe(get_network(name), n_classes)
    assert layers_of(name, n_classes) == made["layers"]
    totals = totals_of(name, n_classes)
    assert (totals.trainable, totals.frozen) == (made["trainable"], made["frozen"])


@pytest.mark.parametrize(
    ("name", "count"), [("tang", 5_611_083), ("zhang", 8_412_707), ("efficientnet_lite0", 3_843)]
)
def test_the_articles_parameters_are_counted(name, count):
    assert parameters_of(name, 3) == count


@pytest.mark.parametrize("name", NETWORKS)
def test_the_rows_add_up_to_the_totals(name):
    totals = totals_of(name, 4)
    rows = layers_of(name, 4)
    assert sum(row["parameters"] for row in rows) == totals.trainable + totals.frozen
    assert rows[-1]["output_shape"] == "(None, 4)"


def test_a_row_can_be_changed_without_changing_the_table():
    layers_of("tang", 3)[0]["parameters"] = -1
    assert layers_of("tang", 3)[0]["parameters"] == 0


def test_an_unknown_network_has_no_layers():
    with pytest.raises(SettingsError, match="'resnet'"):
        layers_of("resnet", 3)
