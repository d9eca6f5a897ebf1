"""What a zip that says to be a run may hold: names, sizes, and each file's own form."""

import csv
import json
import math
import re
import zipfile
from pathlib import Path
from typing import Any

from insects.datasets import DATASETS
from insects.datasets.folder import MAX_CLASSES, MIN_CLASSES
from insects.datasets.splits import split_key
from insects.errors import InsectsError, RunError
from insects.networks import NETWORKS
from insects.predictions import is_temperature
from insects.training.settings import Settings
from insects.zips import ZipError, open_zip, read_member

MAX_BYTES = 300_000_000
MAX_SMALL_BYTES = 1_000_000
MAX_MATRIX_BYTES = 10_000  # of 20 classes with 10 digits and a comma a cell: 4,400
MAX_MODEL_BYTES = 60_000_000
MAX_EPOCHS = 1000
MAX_ENTRIES = MAX_EPOCHS + 10
MAX_TITLE = 80
REQUIRED = ("config.json", "metrics.json", "model.tflite")
SMALL = ("config.json", "metrics.json", "history.csv", "MODEL_CARD.md")
CONFUSION = re.compile(r"confusion/\d{3}\.csv")
COLUMNS = ("epoch", "accuracy", "loss", "val_accuracy", "val_loss")
KEY = re.compile(r"[a-z_]{1,40}")
HEX = re.compile(r"[0-9a-f]{64}")
PARTS = ("train", "test")


def checked_members(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle by name; model.keras and the card are left unread.

    Raises:
        RunError: it is no zip, or has a file that no bundle has, twice, or too large.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RunError(f"A bundle has at most {MAX_BYTES // 1_000_000} MB.")
        with open_zip(path, MAX_ENTRIES) as bundle:
            wanted = _wanted(bundle.infolist())
            return {info.filename: _read(bundle, info) for info in wanted}
    except OSError as error:
        raise RunError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except (ZipError, ValueError) as error:
        raise RunError(f"This is not a bundle of a run: it {shown(error)}.") from None


def _wanted(infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise ValueError("has a file twice")
    for info in infos:
        _check_member(info)
    if missing := [name for name in REQUIRED if name not in names]:
        raise ValueError(f"has no {missing[0]}")
    return [info for info in infos if info.filename not in ("model.keras", "MODEL_CARD.md")]


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if CONFUSION.fullmatch(name):
        most = MAX_MATRIX_BYTES
    elif name in SMALL:
        most = MAX_SMALL_BYTES
    elif name in ("model.tflite", "model.keras"):
        most = MAX_MODEL_BYTES if name == "model.tflite" else MAX_BYTES
    else:
        raise ValueError(f"has a file {name[:60]!r}, as no bundle does")
    if info.file_size > most:
        raise ValueError(f"has a {name} that is too large")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"has a {name} that is packed in an unusual way")
    if info.flag_bits & 0x01:
        raise ValueError(f"has a {name} that is encrypted")


def _read(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        return read_member(bundle, info)
    except ZipError as error:
        raise RunError(f"The bundle's {info.filename} {error}.") from None


def checked_config(content: bytes) -> dict[str, Any]:
    """Return the config of a run that may be taken in, made anew from what it must hold.

    Raises:
        RunError: something in it is not as expected.
    """
    given = _parsed("config.json", content)
    try:
        network = NETWORKS[given["network"]]
        settings = Settings.from_config({**given, "dataset": _title(given["dataset"])})
        config = settings.to_config()
        if given["image_size"] != network.image_size or given.get("backbone") != network.backbone:
            raise ValueError("its image_size or backbone is not the network's")
        config["split"] = split_key(given["split"])
        config["class_names"] = _class_names(given["class_names"])
        if isinstance(print_ := given.get("dataset_fingerprint"), str) and HEX.fullmatch(print_):
            config["dataset_fingerprint"] = print_
        config["imported"] = True
    except (KeyError, TypeError, ValueError, AttributeError, InsectsError) as error:
        raise RunError(f"The bundle's config.json was refused: {shown(error)}.") from None
    return config


def _title(name: Any) -> str:
    """Return a dataset's name that leads nowhere: a known one, or what its owner called it."""
    if name in DATASETS:
        return str(name)
    plain = isinstance(name, str) and name.isprintable() and 0 < len(name) <= MAX_TITLE
    if not plain or any(sign in name for sign in '/\\:<>"|?*') or not name.strip(". "):
        raise ValueError("its dataset is not a plain name")
    return f"{name} (imported)" if not name.endswith("(imported)") else name


def _class_names(names: Any) -> list[str]:
    good = (
        isinstance(names, list)
        and MIN_CLASSES <= len(names) <= MAX_CLASSES
        and all(isinstance(name, str) and name.isprintable() for name in names)
        and all(0 < len(name) <= MAX_TITLE for name in names)
        and len(set(names)) == len(names)
    )
    if not good:
        raise ValueError(f"expected {MIN_CLASSES} to {MAX_CLASSES} names of classes")
    return names


def checked_metrics(content: bytes, n_classes: int) -> dict[str, Any]:
    """Return the measures of a run, those that are understood alone.

    Raises:
        RunError: the measures of a part are missing, or do not agree with each other.
    """
    given = _parsed("metrics.json", content)
    try:
        found: dict[str, Any] = {part: _measures(given[part], n_classes) for part in PARTS}
        if (calibration := given.get("calibration")) is not None:
            found["calibration"] = _calibration(calibration)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise RunError(f"The bundle's metrics.json was refused: {shown(error)}.") from None
    return found


def _calibration(given: dict[str, Any]) -> dict[str, Any]:
    for name in ("temperature", "photos", "ece_before", "ece_after"):
        _finite(given[name])
    if not is_temperature(given["temperature"]):
        raise ValueError("its temperature is out of bounds")
    return _plain(given)


def _finite(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError("one of its figures is no number")
    return number


def _measures(given: dict[str, Any], n_classes: int) -> dict[str, Any]:
    matrix = _matrix(given["confusion"], n_classes)
    photos = sum(map(sum, matrix))
    correct = sum(matrix[i][i] for i in range(n_classes))
    if not photos or (given["photos"], given["correct"]) != (photos, correct):
        raise ValueError("its figures do not agree with each other")
    loss = _finite(given["loss"])
    rest = {"ece": _finite(given["ece"])} if given.get("ece") is not None else {}
    if given.get("reliability") is not None:
        rest["reliability"] = _plain(given["reliability"])
    of_all = {"photos": photos, "correct": correct, "accuracy": correct / photos, "loss": loss}
    return {**of_all, "confusion": matrix, **rest}


def _matrix(rows: Any, n_classes: int) -> list[list[int]]:
    if len(rows) != n_classes or any(len(row) != n_classes for row in rows):
        raise ValueError("a confusion matrix has another size")
    if any(type(n) is not int or not 0 <= n < 10**9 for row in rows for n in row):
        raise ValueError("a confusion matrix holds no counts")
    return [list(row) for row in rows]


def _plain(value: Any, depth: int = 0) -> Any:
    """Return numbers in lists and objects as they are; nothing else passes."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth < 4 and isinstance(value, list) and len(value) <= MAX_EPOCHS:
        return [_plain(one, depth + 1) for one in value]
    if (
        depth < 4
        and isinstance(value, dict)
        and len(value) <= 50
        and all(map(KEY.fullmatch, value))
    ):
        return {key: _plain(one, depth + 1) for key, one in value.items()}
    raise ValueError("it holds more than numbers")


def checked_history(content: bytes) -> str:
    """Return the curves, written anew; rows that are no numbers are dropped."""
    lines = [",".join(COLUMNS)]
    for row in list(csv.DictReader(content.decode("ascii", "replace").splitlines()))[:MAX_EPOCHS]:
        try:
            numbers = [float(row[name]) for name in COLUMNS]
        except (KeyError, TypeError, ValueError):
            continue
        if all(map(math.isfinite, numbers)):
            lines.append(",".join([str(int(numbers[0])), *map(repr, numbers[1:])]))
    return "\n".join(lines) + "\n"


def checked_matrices(contents: dict[str, bytes], n_classes: int) -> dict[str, str]:
    """Return the confusion matrices by file name, written anew.

    Raises:
        RunError: one is none.
    """
    found = {}
    for name, content in contents.items():
        if CONFUSION.fullmatch(name):
            try:
                rows = [[int(n) for n in line.split(b",")] for line in content.splitlines()]
                matrix = _matrix(rows, n_classes)
            except ValueError as error:
                raise RunError(f"The bundle's {name} was refused: {shown(error)}.") from None
            found[name] = "\n".join(",".join(map(str, row)) for row in matrix) + "\n"
    return found


def _parsed(name: str, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RunError(f"The bundle's {name} is no JSON object.")
    return found


def shown(why: object) -> str:
    """Return what is wrong as part of one sentence: a stranger may have chosen its words."""
    text = f"{why} is missing" if isinstance(why, KeyError) else str(why)
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return " ".join(words)[:200].rstrip(".")
