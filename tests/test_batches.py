"""Batches: every row once an epoch, in an order that the seed and the epoch decide."""

import numpy as np
import pytest

from insects.networks import Recipe
from insects.runs import Run
from insects.training.batches import Batches
from insects.training.settings import Settings


def epoch_order(batches, epoch=0):
    """The rows of an epoch, in the order in which they are given out."""
    batches.begin(epoch)
    return [int(row) for i in range(batches.num_batches) for row in batches[i][0][:, 0]]


def numbered(count, **settings):
    """Batches whose inputs are the numbers of their rows."""
    return Batches(np.arange(count)[:, None], np.arange(count), 4, **settings)


@pytest.mark.parametrize("count", [1, 3, 4, 5, 22])
def test_every_epoch_gives_out_every_row_once(count):
    batches = numbered(count, seed=0)
    for epoch in range(3):
        assert sorted(epoch_order(batches, epoch)) == list(range(count))


def test_inputs_and_labels_stay_together():
    batches = numbered(22, seed=0)
    for i in range(batches.num_batches):
        inputs, labels = batches[i]
        assert inputs.dtype == np.float32
        assert np.array_equal(inputs[:, 0], labels)


def test_epochs_differ_in_their_order():
    batches = numbered(22, seed=0)
    assert epoch_order(batches, 0) != epoch_order(batches, 1)


def test_the_same_seed_gives_the_same_orders_and_another_seed_others():
    assert epoch_order(numbered(22, seed=5)) == epoch_order(numbered(22, seed=5))
    assert epoch_order(numbered(22, seed=5)) != epoch_order(numbered(22, seed=6))


@pytest.mark.parametrize("epoch", [1, 2, 7])
def test_a_training_that_continues_sees_the_order_of_one_that_never_stopped(epoch):
    batches = numbered(22, seed=3)
    orders = [epoch_order(batches, k) for k in range(epoch + 1)]
    assert epoch_order(numbered(22, seed=3), epoch) == orders[-1]


def test_without_a_seed_rows_come_in_their_order_every_epoch():
    batches = numbered(10)
    for epoch in range(2):
        assert epoch_order(batches, epoch) == list(range(10))


def test_keras_trains_on_the_order_of_each_epoch_in_turn(tmp_path):
    """The rows are watched where the network gets them, after all that Keras does with them."""
    import keras

    from insects.runs.notes import Notes
    from insects.training.inputs import Part
    from insects.training.train import fit

    seen = []

    class Watching(keras.Sequential):
        def compile(self, **settings):
            super().compile(run_eagerly=True, **settings)

        def train_step(self, data):
            seen.extend(int(row) for row in np.asarray(data[0])[:, 0])
            return super().train_step(data)

    part = Part(np.arange(10)[:, None], np.arange(10) % 3)
    recipe = Recipe(epochs=3, batch_size=4, optimizer="sgd", learning_rate=1e-6)
    model = Watching([keras.Input((1,)), keras.layers.Dense(3)])
    run = Run(tmp_path)
    fit(model, recipe, part, part, run, Settings("tang", seed=1), Notes(run))
    expected = [row for k in range(3) for row in epoch_order(numbered(10, seed=1), k)]
    assert seen == expected
