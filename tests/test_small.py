"""The small network: light enough to ship and to train while somebody waits."""

import numpy as np
import pytest

from insects.inference import Interpreter
from insects.networks import get_network
from insects.networks.layers import parameters_of
from insects.photos import resize
from insects.runs import find_run
from insects.shortcut import PAIR, pictures

MAX_PARAMETERS = 100_000
MAX_BYTES = 250_000  # of an export


def test_it_is_small():
    assert parameters_of("small", 3) < MAX_PARAMETERS


@pytest.mark.parametrize("name", PAIR)
def test_its_shipped_exports_are_small(name):
    assert (find_run(name).path / "model.tflite").stat().st_size < MAX_BYTES


def test_normalising_is_a_part_of_it():
    first = get_network("small").build(3).layers[0]
    photo = np.random.default_rng(0).uniform(0, 255, (1, *first.input.shape[1:]))
    assert 0.9 < np.abs(np.asarray(first(photo.astype(np.float32)))).max() <= 1


@pytest.mark.parametrize("name", PAIR)
def test_a_shipped_export_can_be_made_a_keras_model_again(name):
    from insects.networks.restore import restore

    run = find_run(name)
    images = np.stack([resize(photo.load(), 96) for photo in pictures(0.0, 3)]).astype(np.float32)
    again = restore(run).predict(images, verbose=0)
    np.testing.assert_allclose(again, Interpreter(run.path / "model.tflite")(images), atol=1e-3)
