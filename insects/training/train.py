"""Train a network and write its run directory."""

import json
import os
from pathlib import Path

import keras
import numpy as np

from insects.datasets import Dataset, is_folder
from insects.datasets.series import find_series
from insects.datasets.splits import apply_split
from insects.errors import DatasetError
from insects.metrics import FEWEST_TO_CALIBRATE
from insects.networks import Network, Recipe, get_network
from insects.networks.export import check_export, export, round_weights
from insects.runs import Run, runs_folder
from insects.runs.notes import Notes
from insects.runs.queue import underway
from insects.runs.reading import keep_rows_before
from insects.storage import Progress, write_atomically
from insects.training.after import measure_run
from insects.training.batches import Batches
from insects.training.calibration import set_aside
from insects.training.callbacks import (
    Checkpoint,
    LiveProgress,
    StopWhenAsked,
    Validation,
    restore_checkpoint,
)
from insects.training.inputs import Part, load_part
from insects.training.launch import as_text, create, requeue
from insects.training.prior import pull_to_imagenet
from insects.training.settings import Settings
from insects.training.similar_index import write_index

PHOTOS_TO_CHECK = 16


def train(
    settings: Settings, path: Path | None = None, on_progress: Progress = lambda *_: None
) -> Run:
    """Train a network here and now, and write its run directory.

    Args:
        path: the directory to write; by default one under the runs folder, named by the settings.
        on_progress: called often with what is being done, the steps done and the steps in all.

    Raises:
        SettingsError: a setting is out of range.
        DatasetError: the photos are missing.
        PhotoError: one of them cannot be read.
        RunError: the directory is taken, or the export does not match the trained model.
        StoppedError: somebody asked it to stop before it had learned anything.
    """
    settings.checked_recipe()
    settings.check_dataset()
    dataset = _load(settings, on_progress)
    run = create(settings, dataset, path or runs_folder() / settings.run_name)
    with underway(run):
        return learn(run, on_progress, dataset)


def resume(run: Run, epochs: int | None = None, on_progress: Progress = lambda *_: None) -> Run:
    """Let a run go on here and now, from its last whole epoch.

    Args:
        epochs: in all; None for as many as it was to have.

    Raises:
        RunError: it goes on already, or cannot; and as `train`.
    """
    run = requeue(run, epochs)
    with underway(run):
        return learn(run, on_progress)


def learn(run: Run, on_progress: Progress = lambda *_: None, dataset: Dataset | None = None) -> Run:
    """Train a run that this process holds to its end, from its checkpoint where it has one.

    Args:
        dataset: its photos, split, where they are at hand.

    Raises:
        As `train`.
    """
    run.set_status("running")
    settings = Settings.from_config(run.config)
    notes = Notes(run, on_progress, settings.minutes)
    dataset = dataset or _load(settings, notes)
    run = _with_photos(run, dataset)
    network, recipe = get_network(settings.network), settings.checked_recipe()
    parts = {name: load_part(dataset, name, network, notes) for name in ("train", "test")}
    keras.utils.set_random_seed(settings.seed)
    model = network.build(len(dataset.class_names))
    parts["train"], aside = _set_aside(parts["train"], dataset, settings, notes)
    if recipe.pull and network.backbone:
        pull_to_imagenet(model, parts["train"].inputs[:], dataset.class_names, recipe.pull)
    stop = fit(model, recipe, parts["train"], parts["test"], run, settings, notes)
    notes.breaks_off = False
    _finish(run, model, network, dataset, parts, aside, notes)
    if stop.why is not None and run.epochs_done < recipe.epochs:
        run.set_status("stopped", stop.why)
    else:
        run.set_status("finished")
    return run


def fit(
    model: keras.Model,
    recipe: Recipe,
    train_part: Part,
    test_part: Part,
    run: Run,
    settings: Settings,
    notes: Notes,
) -> StopWhenAsked:
    """Train `model` in place, from the run's checkpoint on; its curves go into the run.

    Returns:
        Whether and why it was stopped.
    """
    model.compile(
        optimizer=_optimizer(recipe),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    done = _go_back_to_checkpoint(run, model)
    test = Batches(test_part.inputs, test_part.labels, recipe.batch_size)
    batches = _training_batches(train_part, recipe.batch_size, settings)
    stop = StopWhenAsked(notes)
    if done >= recipe.epochs:  # it broke off after its last epoch
        return stop
    model.fit(
        batches,
        shuffle=False,  # Keras would mix whole batches, by a generator that no epoch seeds
        initial_epoch=done,
        epochs=recipe.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: batches.begin(epoch)),
            Validation(run.path / "confusion", test),
            keras.callbacks.CSVLogger(str(run.path / "history.csv"), append=True),
            LiveProgress(run.path, recipe.batch_size, done, notes),
            stop,
            Checkpoint(run.path / "checkpoint", stop),
        ],
    )
    return stop


def _load(settings: Settings, on_progress: Progress) -> Dataset:
    """Return the photos, split."""
    if is_folder(settings.dataset) and not Path(settings.dataset).is_dir():
        raise DatasetError("The photos of this training are not there any more.")
    dataset = settings.load_dataset()
    dataset = apply_split(dataset, settings.split, on_progress)
    for part in ("train", "test"):
        if not dataset.part(part):
            raise DatasetError(f"The dataset {dataset.name} has no photos to {part} on.")
    return dataset


def _with_photos(run: Run, dataset: Dataset) -> Run:
    """Return the run with the fingerprint of its photos in its config.

    Raises:
        DatasetError: it has begun on other photos.
    """
    known = run.config.get("dataset_fingerprint")
    if known and known != dataset.fingerprint:
        raise DatasetError(f"These are not the photos that the run {run.name} began with.")
    config = {
        **run.config,
        "dataset_fingerprint": dataset.fingerprint,
        "split": dataset.split_name,
        "class_names": dataset.class_names,
    }
    write_atomically(run.path / "config.json", as_text(config))
    return Run(run.path)


def _go_back_to_checkpoint(run: Run, model: keras.Model) -> int:
    """Put the model back to its last whole epoch, drop what was written since, return the epoch."""
    done = 0
    if checkpoint := run.checkpoint:
        restore_checkpoint(model, checkpoint)
        done = run.epochs_done
    for name in ("history.csv", "batches.csv"):
        keep_rows_before(run.path / name, done)
    for file in (run.path / "confusion").glob("*.csv"):
        if int(file.stem) >= done:
            file.unlink()
    return done


def _training_batches(part: Part, batch_size: int, settings: Settings) -> Batches:
    return Batches(
        part.inputs, part.labels, batch_size, seed=settings.seed, augment=settings.augment
    )


def _set_aside(
    part: Part, dataset: Dataset, settings: Settings, on_progress: Progress
) -> tuple[Part, Part | None]:
    """Return the photos to fit on, and those to calibrate on, no series in both.

    With photos set aside at random the network had seen their siblings, and was too sure of them.
    Where they would be too few to calibrate on, all are fitted on.
    """
    if not settings.calibrate:
        return part, None
    groups = find_series(dataset, on_progress).groups(part.photos)
    to_fit, aside = set_aside(part.labels, settings.seed, groups)
    if len(aside) < FEWEST_TO_CALIBRATE:
        return part, None
    return part.take(to_fit), part.take(aside)


def _finish(
    run: Run,
    model: keras.Model,
    network: Network,
    dataset: Dataset,
    parts: dict[str, Part],
    aside: Part | None,
    notes: Notes,
) -> None:
    """Write model, export and metrics; the metrics last, so that whoever finds them finds all."""
    (run.path / "metrics.json").unlink(missing_ok=True)
    notes("saving the network", 1, 3)
    round_weights(model)
    _save(model, network, run.path)
    notes("saving the network", 2, 3)
    export(model, run.path / ".model.tflite")
    os.replace(run.path / ".model.tflite", run.path / "model.tflite")
    test = parts["test"].inputs
    some = test[np.linspace(0, len(test) - 1, PHOTOS_TO_CHECK).astype(int)]
    difference = check_export(model, run.path / "model.tflite", some)
    notes("saving the network", 3, 3)
    if network.has_similar:
        write_index(run, dataset, parts["train"], notes)
    metrics = measure_run(run, model, network, dataset, parts, aside)
    metrics["export_difference"] = difference
    write_atomically(run.path / "metrics.json", json.dumps(metrics, indent=1) + "\n")


def _save(model: keras.Model, network: Network, path: Path) -> None:
    """Save the network without its optimizer, which is twice as large and in the checkpoint."""
    bare = network.build(model.output_shape[-1])
    bare.set_weights(model.get_weights())
    bare.save(path / ".model.keras")
    os.replace(path / ".model.keras", path / "model.keras")


def _optimizer(recipe: Recipe) -> keras.Optimizer:
    decay = recipe.weight_decay or None
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(recipe.learning_rate, momentum=0.9, weight_decay=decay)
    return keras.optimizers.Adam(recipe.learning_rate, weight_decay=decay)
