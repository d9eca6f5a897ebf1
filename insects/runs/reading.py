"""Read what a training is still writing: a row cut short is no row, a huge file no trouble."""

import csv
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

MAX_ROWS = 1000
MAX_BYTES = 4_000_000


def read_rows(path: Path, most: int = MAX_ROWS) -> list[dict[str, float]]:
    """Return the whole rows of a CSV file of numbers, thinned evenly to about `most` at most.

    The first row and the last are always among them.
    """
    rows = list(_rows(path))
    step = -(-len(rows) // most) or 1
    return rows if step == 1 else [*rows[:-1:step], rows[-1]]


def _rows(path: Path) -> Iterator[dict[str, float]]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("ascii", "replace")
    except OSError:
        return
    whole, _, _ = text.rpartition("\n")  # what is behind the last line's end is still being written
    for row in csv.DictReader(whole.splitlines()):
        if None in row or None in row.values():
            continue
        try:
            numbers = {name: float(value) for name, value in row.items()}
        except ValueError:
            continue
        yield numbers


def read_note(path: Path) -> dict[str, Any]:
    """Return a JSON object from a small file, empty where there is none or a broken one."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_matrix(path: Path) -> np.ndarray | None:
    """Return a square matrix of counts, (n, n) int, or None where there is none or a broken one."""
    try:
        if os.path.getsize(path) > MAX_BYTES:
            return None
        rows = [[int(x) for x in line.split(",")] for line in path.read_text().splitlines()]
    except (OSError, ValueError):
        return None
    if not rows or any(len(row) != len(rows) for row in rows):
        return None
    return np.array(rows)


def keep_rows_before(path: Path, epoch: int) -> None:
    """Rewrite a CSV file without the rows of that epoch and later ones, and without a cut row."""
    try:
        lines = path.read_text().rpartition("\n")[0].splitlines()
    except OSError:
        return
    if not lines or "epoch" not in (names := lines[0].split(",")):
        path.unlink()
        return
    column = names.index("epoch")
    kept = [line for line in lines[1:] if _epoch_of(line, column, len(names)) < epoch]
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text("\n".join([lines[0], *kept]) + "\n")
    os.replace(draft, path)


def _epoch_of(line: str, column: int, columns: int) -> float:
    values = line.split(",")
    try:
        return float(values[column]) if len(values) == columns else math.inf
    except ValueError:
        return math.inf
