"""The results tables: each network with and without the leak, by series, and elsewhere."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scipy.special import softmax

from insects.datasets.published import CLASS_NAMES
from insects.datasets.splits import FOLDS
from insects.elsewhere import CHOOSING, REPORTING
from insects.errors import RunError
from insects.evaluation import ask, calibration, figures
from insects.inference import load_model
from insects.markdown import area_text, error_text, share_text, table
from insects.metrics import share, wilson_interval
from insects.networks import NETWORKS, Recipe
from insects.predictions import load_predictions
from insects.recalibration import photos_to_calibrate, temperature_for
from insects.runs import Run, runs_folder
from insects.storage import Progress
from insects.training.settings import Settings

SEEDS = (0, 1, 2)
PUBLISHED, HONEST = SPLITS = ("published", "deduplicated")
BY_SERIES = tuple(f"by_series_{i + 1}_of_{FOLDS}" for i in range(FOLDS))


@dataclass(frozen=True)
class Line:
    """A network and how it is trained: a line of the results table.

    Args:
        name: of the line, and where `recipe` is not the network's own, of its runs.
        title: as a reader reads it.
        reported: what the article's authors wrote of it.
        network: an architecture's name.
        recipe: None for the network's own.
        splits: what it is trained on with every seed.
    """

    name: str
    title: str
    reported: str
    network: str
    recipe: Recipe | None = None
    splits: tuple[str, ...] = SPLITS

    def settings(self) -> Iterator[Settings]:
        """Yield what is to be trained: every split with every seed, and every fold with one."""
        asked = [(split, seed) for split in self.splits for seed in SEEDS]
        for split, seed in [*asked, *((fold, SEEDS[0]) for fold in BY_SERIES)]:
            yield Settings(self.network, split=split, seed=seed, recipe=self.recipe)

    def folder_of(self, settings: Settings) -> Path:
        """Return the run directory of one of its trainings."""
        own = f"{self.name}-{settings.split}-seed{settings.seed}"
        return runs_folder() / (own if self.recipe else settings.run_name)


_SHIPPED = NETWORKS["efficientnet_lite0"]
LINES = (
    Line(_SHIPPED.name, _SHIPPED.title, "–", _SHIPPED.name),
    Line(
        "plain-head",
        f"{_SHIPPED.title}, plain head",
        "–",
        _SHIPPED.name,
        recipe=replace(_SHIPPED.recipe, pull=0.0),
        splits=(HONEST,),
    ),
    Line("zhang", NETWORKS["zhang"].title, "one photo, 99.9 % sure", "zhang"),
    Line("tang", NETWORKS["tang"].title, "100 %", "tang"),
)


def reproduce(folder: Path | None, on_progress: Progress) -> list[dict[str, Any]]:
    """Return a row for each line, split and seed, training what has not been trained yet.

    Args:
        folder: photos from elsewhere with their SOURCES.tsv, or None to leave them out.

    Returns:
        Rows with `line`, `network`, `split`, `seed` and `test`; those of `deduplicated` also with
        `elsewhere`, what `insects.evaluation.figures` says of each part. They have the temperature
        that was fitted on the part to choose with.

    Raises:
        DatasetError: the folder lacks photos of a part, has too few to choose with, or does not say
            their sources.
        RunError: a run of such a name was trained otherwise, or not to its end.
    """
    if folder is not None:
        photos_to_calibrate(folder, CLASS_NAMES)  # complains before hours of work
    rows = []
    for line in LINES:
        for settings in line.settings():
            run = _trained(settings, line.folder_of(settings), on_progress)
            row = {
                "line": line.name,
                "network": line.network,
                "split": settings.split,
                "seed": settings.seed,
            }
            if folder is not None and settings.split == HONEST:
                rows.append({**row, **_with_elsewhere(run, folder, on_progress)})
            else:
                rows.append({**row, "test": _of_test(run)})
    return rows


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a table, a line a network."""
    header = ["network", "the article's score", "copies of the test photos in training"]
    header += ["copies taken out", "no series parted", "photos from elsewhere, reporting part"]
    lines = []
    for line in LINES:
        mine = [row for row in rows if row["line"] == line.name]
        honest = [row for row in mine if row["split"] == HONEST]
        cells = [
            _mean([row["test"] for row in mine if row["split"] == PUBLISHED]),
            _mean([row["test"] for row in honest]),
            _pooled([row["test"] for row in mine if row["split"] in BY_SERIES]),
            _mean([row["elsewhere"][REPORTING] for row in honest if "elsewhere" in row]),
        ]
        lines.append([line.title, line.reported, *cells])
    return table(header, lines)


def trust(rows: list[dict[str, Any]]) -> str:
    """Return how far the networks can be trusted as a table, a column a network.

    It is about those of the first seed, trained with the copies taken out.
    """
    of_line = {
        row["line"]: row for row in rows if row["split"] == HONEST and row["seed"] == SEEDS[0]
    }
    columns = [of_line[line.name] for line in LINES if line.name in of_line]
    titles = [line.title for line in LINES if line.name in of_line]
    lines = _test_lines(columns)
    for part in (CHOOSING, REPORTING):
        lines += _elsewhere_lines(columns, part)
    return table(["", *titles], lines)


def _test_lines(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [
        ["test photos: calibration error", *(error_text(r["test"], "ece_before") for r in rows)],
        ["test photos: the same with temperature", *(error_text(r["test"], "ece") for r in rows)],
    ]


def _elsewhere_lines(rows: list[dict[str, Any]], part: str) -> list[list[str]]:
    """Return what is to be said of a part of the photos from elsewhere, a cell a row."""
    says: dict[str, Callable[[dict[str, Any]], str]] = {
        "right": lambda f: share_text(share(f["correct"], f["photos"])),
        "calibration error": lambda f: error_text(f, "ece_before"),
        "the same with temperature": lambda f: error_text(f, "ece"),
        "AUROC of familiarity": lambda f: area_text(f["auroc"]),
        "AUROC of the highest probability": lambda f: area_text(f["auroc_by_probability"]),
        "insects accepted": lambda f: share_text(f["accepted"]),
        "others refused": lambda f: share_text(f["refused"]),
    }
    return [
        [
            f"elsewhere, {part}: {what}",
            *(say(r["elsewhere"][part]) if "elsewhere" in r else "–" for r in rows),
        ]
        for what, say in says.items()
    ]


def _with_elsewhere(run: Run, folder: Path, on_progress: Progress) -> dict[str, Any]:
    """Return `test` and `elsewhere`, with the temperature of the part to choose with."""
    model = load_model(run.path)
    choosing, reporting = (
        ask(model, photos, on_progress) for photos in photos_to_calibrate(folder, model.class_names)
    )
    temperature = temperature_for(choosing)
    parts = {CHOOSING: choosing, REPORTING: reporting}
    return {
        "test": _of_test(run, temperature),
        "elsewhere": {name: figures(part.at(temperature)) for name, part in parts.items()},
    }


def _of_test(run: Run, temperature: float = 1.0) -> dict[str, Any]:
    """Return how good a run is on its test photos, from what it said of them."""
    said, test = load_predictions(run).parts["test"], run.metrics["test"]
    probabilities = softmax(said.logits.astype(float) / temperature, axis=1)
    return {
        **{name: test[name] for name in ("photos", "correct", "accuracy")},
        **calibration(probabilities, said.labels, temperature),
    }


def _trained(settings: Settings, path: Path, on_progress: Progress) -> Run:
    """Return the run of these settings in that directory, trained now where it is not there yet.

    Raises:
        RunError: a run of that name was trained otherwise, or not to its end.
    """
    run = Run(path)
    if path.exists() and run.status[0] == "failed":
        shutil.rmtree(path)
    if not path.exists():
        from insects.training.train import train

        print(f"training {path.name}", file=sys.stderr)
        return train(settings, path, on_progress)
    if run.status[0] == "stopped":
        raise RunError(f"{path} was stopped before its end; let it go on, or delete it.")
    was = Settings.from_config(run.require_finished().config)
    if (was.recipe, was.calibrate) != (settings.checked_recipe(), settings.calibrate):
        raise RunError(f"{path} was trained by another recipe; move it away.")
    return run


def _mean(outcomes: list[dict[str, Any]]) -> str:
    """Return the mean over seeds with its interval, for which one seed's photos are counted."""
    if not outcomes:
        return "–"
    photos = outcomes[0]["photos"]
    mean = sum(outcome["correct"] for outcome in outcomes) / len(outcomes)
    low, high = wilson_interval(mean, photos)
    counts = ", ".join(str(outcome["correct"]) for outcome in outcomes)
    return f"{mean / photos:.0%} ({low:.0%}–{high:.0%}); {counts} of {photos}"


def _pooled(outcomes: list[dict[str, Any]]) -> str:
    """Return the share of all folds together, in which each photo is tested once."""
    if not outcomes:
        return "–"
    correct, photos = (sum(outcome[name] for outcome in outcomes) for name in ("correct", "photos"))
    return share_text(share(correct, photos))
