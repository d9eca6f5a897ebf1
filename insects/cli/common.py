"""What the commands share: their options, their output, their progress bar."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from insects.errors import InsectsError
from insects.storage import write_atomically

DEFAULT_NETWORK = "efficientnet_lite0"
SECONDS_BETWEEN_NOTES = 0.25


def add_command(commands: Any, name: str, command: Callable, text: str) -> argparse.ArgumentParser:
    """Add a command with the option that all have."""
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print JSON, for a program to read")
    parser.set_defaults(command=command)
    return parser


def print_json(value: Any) -> None:
    """Print a value for a program to read."""
    print(json.dumps(value, indent=1))


def write_file(path: Path, data: bytes) -> None:
    """Write a file that the user named.

    Raises:
        InsectsError: it cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InsectsError(f"{path} cannot be written: {error.strerror}.") from None


class Steps:
    """Shows how far the work is: a bar that starts anew at each stage, and a file for programs.

    Args:
        path: a JSON file to keep, with what is being done, the steps done and the steps in all.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._written = 0.0
        self._bar: Any = None
        self._stage = ""

    def __enter__(self) -> "Steps":
        return self

    def __call__(self, stage: str, done: int, of: int) -> None:
        from tqdm import tqdm

        if stage != self._stage:
            self.__exit__()
            self._stage = stage
            self._written = 0.0
            self._bar = tqdm(total=of, desc=stage, disable=None, leave=False)
        self._bar.update(done - self._bar.n)
        if self._path and time.monotonic() - self._written > SECONDS_BETWEEN_NOTES:
            self._written = time.monotonic()
            write_atomically(self._path, json.dumps({"stage": stage, "done": done, "of": of}))

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
