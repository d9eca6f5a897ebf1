"""Train a network and write its run directory."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.special import softmax

from insects.datasets import Dataset, load_dataset, uploads
from insects.datasets.splits import apply_split
from insects.errors import DatasetError, RunError, SettingsError
from insects.metrics import measure
from insects.networks import Network, Recipe, get_network
from insects.networks.export import check_export, export, round_weights
from insects.runs import NAME, Run, runs_folder
from insects.storage import Progress, write_atomically
from insects.training.batches import Batches
from insects.training.callbacks import ConfusionMatrices, LiveProgress
from insects.training.inputs import Part, load_part
from insects.training.settings import Settings

PHOTOS_TO_CHECK = 16


def train(
    settings: Settings, path: Path | None = None, on_progress: Progress = lambda *_: None
) -> Run:
    """Train a network and write its run directory.

    Args:
        path: the directory to write; by default one under the runs folder, named by the settings.
        on_progress: called often with what is being done, the steps done and the steps in all.

    Raises:
        SettingsError: a setting is out of range.
        DatasetError: the photos are missing.
        PhotoError: one of them cannot be read.
        RunError: the directory is taken, or the export does not match the trained model.
    """
    recipe = settings.checked_recipe()
    settings.check_dataset()
    network = get_network(settings.network)
    dataset = load_dataset(settings.dataset, seed=settings.seed)
    dataset = apply_split(dataset, settings.split, on_progress)
    run = _create(path or runs_folder() / settings.run_name, dataset, network, recipe, settings)
    try:
        _train(run, dataset, network, recipe, settings.seed, on_progress)
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        run.set_status("failed", "it was interrupted" if interrupted else str(error))
        raise
    run.set_status("finished")
    return run


def _create(
    path: Path, dataset: Dataset, network: Network, recipe: Recipe, settings: Settings
) -> Run:
    """Make the run directory, with its configuration."""
    if not NAME.fullmatch(path.name):
        raise SettingsError(f"{path.name!r} cannot name a run: use letters, digits and . _ -")
    for part in ("train", "test"):
        if not dataset.part(part):
            raise DatasetError(f"The dataset {dataset.name} has no photos to {part} on.")
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise RunError(f"There is a run at {path} already; choose another name.") from None
    config = {
        "network": network.name,
        "backbone": network.backbone,
        "dataset": dataset.name,
        "dataset_fingerprint": dataset.fingerprint,
        "split": dataset.split_name,
        "class_names": dataset.class_names,
        "image_size": network.image_size,
        "seed": settings.seed,
        "recipe": recipe.to_dict(),
        "versions": {name: version(name) for name in ("keras", "numpy", "ai-edge-litert")},
    }
    if settings.owner:
        config["owner"] = uploads.owner_key(settings.owner)
    write_atomically(path / "config.json", json.dumps(config, indent=1) + "\n")
    run = Run(path)
    run.set_status("running")
    return run


def _train(
    run: Run,
    dataset: Dataset,
    network: Network,
    recipe: Recipe,
    seed: int,
    on_progress: Progress,
) -> None:
    """Fill the run directory: curves, model, export, metrics."""
    parts = {name: load_part(dataset, name, network, on_progress) for name in ("train", "test")}
    keras.utils.set_random_seed(seed)
    model = network.build(len(dataset.class_names))
    fit(model, recipe, parts["train"], parts["test"], run.path, seed, on_progress)
    round_weights(model)
    model.save(run.path / "model.keras")
    export(model, run.path / "model.tflite")
    metrics: dict[str, Any] = {
        name: _measure(model, part, recipe.batch_size) for name, part in parts.items()
    }
    some = np.linspace(0, len(parts["test"].labels) - 1, PHOTOS_TO_CHECK).astype(int)
    metrics["export_difference"] = check_export(
        model, run.path / "model.tflite", parts["test"].inputs[some]
    )
    write_atomically(run.path / "metrics.json", json.dumps(metrics, indent=1) + "\n")


def fit(
    model: keras.Model,
    recipe: Recipe,
    train_part: Part,
    test_part: Part,
    path: Path,
    seed: int,
    on_progress: Progress = lambda *_: None,
) -> None:
    """Train `model` in place; its curves go into `path` as they come."""
    model.compile(
        optimizer=_optimizer(recipe),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    test = Batches(test_part.inputs, test_part.labels, recipe.batch_size)
    batches = Batches(train_part.inputs, train_part.labels, recipe.batch_size, seed)
    model.fit(
        batches,
        shuffle=False,  # Keras would mix whole batches, by a generator that no epoch seeds
        validation_data=test,
        epochs=recipe.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.begin(epoch)),
            keras.callbacks.CSVLogger(str(path / "history.csv")),
            LiveProgress(path, recipe.batch_size, on_progress),
            ConfusionMatrices(path / "confusion", test),
        ],
    )


def _optimizer(recipe: Recipe) -> keras.Optimizer:
    decay = recipe.weight_decay or None
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(recipe.learning_rate, momentum=0.9, weight_decay=decay)
    return keras.optimizers.Adam(recipe.learning_rate, weight_decay=decay)


def _measure(model: keras.Model, part: Part, batch_size: int) -> dict:
    batches = Batches(part.inputs, part.labels, batch_size)
    return measure(softmax(model.predict(batches, verbose=0), axis=1), part.labels)
