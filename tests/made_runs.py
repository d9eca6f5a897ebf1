"""Runs made without a training."""

import json
import shutil

import numpy as np
from scipy.special import softmax

from insects import metrics as metrics_of
from insects.datasets import load_dataset
from insects.datasets.splits import apply_split
from insects.networks import Recipe
from insects.predictions import Said, save_predictions
from insects.runs import SHIPPED, Run
from insects.training import launch
from insects.training.settings import Settings

SIDE = 32  # px, of what a made network takes
SEEN = (slice(20, 28), slice(4, 10))  # all that it looks at
DRAWN = Settings("efficientnet_lite0", "drawn", recipe=Recipe(2, 32, "adam", 1e-3))


def made_run(folder, name="run", state="finished", settings=DRAWN, epochs_done=None):
    """A run directory as a training leaves it; a network of it calls one test photo wrongly.

    Args:
        state: what its status says; one that is finished or stopped has a network.
        epochs_done: by default all for a finished run, none for others.
    """
    dataset = apply_split(load_dataset(settings.dataset), settings.split)
    run = launch.create(settings, dataset, folder / name)
    if epochs_done is None:
        epochs_done = settings.checked_recipe().epochs if state == "finished" else 0
    config = {**run.config, "dataset_fingerprint": dataset.fingerprint}
    (run.path / "config.json").write_text(launch.as_text(config))
    if epochs_done:
        _write_epochs(run, epochs_done)
    if state in ("finished", "stopped"):
        _write_network(run, dataset)
    run.set_status(state)
    return Run(run.path)


def _write_epochs(run, done):
    rows = [f"{i},{0.5 + 0.01 * i},0.9,{0.4 + 0.01 * i},1.1" for i in range(done)]
    lines = ["epoch,accuracy,loss,val_accuracy,val_loss", *rows]
    (run.path / "history.csv").write_text("\n".join(lines) + "\n")
    (run.path / "checkpoint").mkdir()
    (run.path / "checkpoint" / f"epoch-{done:03d}.npz").touch()


def _write_network(run, dataset):
    shutil.copy(SHIPPED / "efficientnet_lite0" / "model.tflite", run.path)
    (run.path / "model.keras").write_bytes(b"not read here")
    said = {part: _said(dataset, part) for part in ("train", "test")}
    save_predictions(run.path, said)
    metrics = {}
    for part, one in said.items():
        sure = softmax(one.logits, axis=1)
        metrics[part] = {
            **metrics_of.measure(sure, one.labels),
            "ece": metrics_of.expected_calibration_error(sure, one.labels),
            "reliability": metrics_of.reliability(sure, one.labels),
        }
    (run.path / "metrics.json").write_text(json.dumps(metrics))


def _said(dataset, part):
    photos = dataset.part(part)
    labels = dataset.labels(photos)
    logits = 3.0 * np.eye(len(dataset.class_names), dtype=np.float32)[labels]
    logits[-1] = np.roll(logits[-1], 1)
    names = np.array([photo.full_name for photo in photos])
    return Said(names, np.array([photo.content_hash for photo in photos]), labels, logits)


class OneRegionModel:
    """A run whose network looks at the brightness of one rectangle and at nothing else."""

    name, class_names, image_size = "one region", ("dark", "bright"), SIDE

    def __init__(self, folder, activation=None):
        import keras

        weights = np.zeros((SIDE, SIDE, 3, 2), np.float32)
        weights[SEEN] = [-1e-4, 2e-4]
        layers = [keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten()]
        if activation:
            layers.append(keras.layers.Activation(activation))
        network = keras.Sequential([*layers, keras.layers.Dense(2)])
        network.layers[-1].set_weights([weights.reshape(-1, 2), np.zeros(2)])
        folder.mkdir()
        network.save(folder / "model.keras")
        config = {
            "network": "tang",
            "image_size": SIDE,
            "class_names": self.class_names,
            "dataset": "drawn",
            "split": "published",
        }
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "status").write_text("finished\n")
        self.run, self.weights = Run(folder), weights

    def logits(self, images):
        return np.einsum("nhwc,hwck->nk", images.astype(np.float32), self.weights)

    def probabilities(self, images):
        odds = np.exp(self.logits(images))
        return odds / odds.sum(axis=1, keepdims=True)
