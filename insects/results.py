"""The honest results table: each network, with and without the leak, by series and elsewhere."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from insects.datasets import Photo, is_folder, load_dataset
from insects.datasets.folder import FilePhoto, photo_files
from insects.datasets.splits import apply_split
from insects.errors import DatasetError, RunError
from insects.inference import Model, load_model
from insects.markdown import table
from insects.metrics import measure, wilson_interval
from insects.networks import NETWORKS
from insects.runs import Run, runs_folder
from insects.storage import Progress
from insects.training.settings import Settings

SEEDS = (0, 1, 2)
SPLITS = ("published", "deduplicated", "by_series")
# What the articles' authors wrote of their networks, for the table.
REPORTED = {"tang": "100 %", "zhang": "one photo, 99.9 % sure", "efficientnet_lite0": "–"}


def evaluate(network: str, folder: Path | None, on_progress: Progress) -> dict[str, Any]:
    """Return how good a run is on the photos of a folder, or on its own test photos.

    Args:
        folder: has folders named by the network's classes; others in it are not looked at.

    Raises:
        DatasetError: the folder has no photos of the network's classes, or the run's own photos
            are not there any more.
        RunError: there is no such run.
    """
    model = load_model(network)
    photos = (
        _own_test_photos(model.run, on_progress)
        if folder is None
        else elsewhere(folder, model.class_names)
    )
    return {
        "network": network,
        "photos_from": str(folder) if folder else model.run.config["split"],
        **_measure(model, photos, on_progress),
    }


def elsewhere(folder: Path, class_names: Sequence[str]) -> list[Photo]:
    """Return the photos in a folder's folders of these names.

    Raises:
        DatasetError: there are none.
    """
    found: list[Photo] = [
        FilePhoto(path, name, "test")
        for name in class_names
        if (folder / name).is_dir()
        for path in photo_files(folder / name)
    ]
    if not found:
        raise DatasetError(f"Expected folders named {', '.join(class_names)} in {folder}.")
    return found


def reproduce(folder: Path | None, on_progress: Progress) -> list[dict[str, Any]]:
    """Return a row for each network, split and seed, training what has not been trained yet.

    Args:
        folder: photos from elsewhere, or None to leave them out.
    """
    rows = []
    for network in NETWORKS:
        for split in SPLITS:
            for seed in SEEDS:
                run = _trained(Settings(network, split=split, seed=seed), on_progress)
                row = {"network": network, "split": split, "seed": seed}
                row["test"] = _brief(run.metrics["test"])
                if folder is not None:
                    row["elsewhere"] = _on_photos_elsewhere(run, folder, on_progress)
                rows.append(row)
    return rows


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table, a line a network."""
    header = ["network", "the article's score", "copies of the test photos in training"]
    header += ["copies taken out", "no series parted", "photos from elsewhere"]
    lines = []
    for network in NETWORKS:
        mine = [row for row in rows if row["network"] == network]
        honest = [row for row in mine if row["split"] == "deduplicated"]
        cells = [
            _cell([row["test"] for row in mine if row["split"] == "published"]),
            _cell([row["test"] for row in honest]),
            _cell([row["test"] for row in mine if row["split"] == "by_series"]),
            _cell([row["elsewhere"] for row in honest if "elsewhere" in row]),
        ]
        lines.append([NETWORKS[network].title, REPORTED[network], *cells])
    return table(header, lines)


def sentence(row: dict[str, Any]) -> str:
    """Return the outcome of `evaluate` in words."""
    low, high = wilson_interval(row["correct"], row["photos"])
    return (
        f"{row['network']}: {row['correct']} of {row['photos']} photos right, "
        f"{row['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%})"
    )


def _on_photos_elsewhere(run: Run, folder: Path, on_progress: Progress) -> dict[str, Any]:
    model = load_model(run.path)
    return _brief(_measure(model, elsewhere(folder, model.class_names), on_progress))


def _own_test_photos(run: Run, on_progress: Progress) -> tuple[Photo, ...]:
    config = run.config
    if is_folder(run.dataset) and not Path(run.dataset).is_dir():
        raise DatasetError(f"The photos of the run {run.name} are not in {run.dataset} any more.")
    dataset = load_dataset(run.dataset, seed=config["seed"])
    dataset = apply_split(dataset, config["split"], on_progress)
    if is_folder(run.dataset) and dataset.fingerprint != config["dataset_fingerprint"]:
        raise DatasetError(f"The photos in {run.dataset} are not those of the run {run.name}.")
    return dataset.part("test")


def _measure(model: Model, photos: Any, on_progress: Progress) -> dict[str, Any]:
    index = {name: i for i, name in enumerate(model.class_names)}
    probabilities = []
    for i, photo in enumerate(photos):
        probabilities.append(model.predict(photo.load()).probabilities)
        on_progress("predicting", i + 1, len(photos))
    return measure(np.array(probabilities), np.array([index[photo.label] for photo in photos]))


def _trained(settings: Settings, on_progress: Progress) -> Run:
    """Return the run of these settings, trained now where it is not there yet.

    Raises:
        RunError: a run of that name was trained otherwise, or not to its end.
    """
    run = Run(runs_folder() / settings.run_name)
    if run.path.exists() and run.status[0] == "failed":
        shutil.rmtree(run.path)
    if not run.path.exists():
        from insects.training.train import train

        print(f"training {settings.run_name}", file=sys.stderr)
        return train(settings, on_progress=on_progress)
    if run.status[0] == "stopped":
        raise RunError(f"{run.path} was stopped before its end; let it go on, or delete it.")
    if run.require_finished().config["recipe"] != settings.checked_recipe().to_dict():
        raise RunError(f"{run.path} was trained by another recipe; move it away.")
    return run


def _brief(metrics: dict[str, Any]) -> dict[str, Any]:
    return {name: metrics[name] for name in ("photos", "correct", "accuracy")}


def _cell(outcomes: list[dict[str, Any]]) -> str:
    """Return the mean over seeds with its interval, for which one seed's photos are counted."""
    if not outcomes:
        return "–"
    photos = outcomes[0]["photos"]
    mean = sum(outcome["correct"] for outcome in outcomes) / len(outcomes)
    low, high = wilson_interval(mean, photos)
    counts = ", ".join(str(outcome["correct"]) for outcome in outcomes)
    return f"{mean / photos:.0%} ({low:.0%}–{high:.0%}); {counts} of {photos}"
