"""A command as a person runs it, and its complaint."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLASS_NAMES = ["beetles", "cockroach", "dragonflies"]
FEW = ("--n-segments", "12", "--nsamples", "100")


def process(*arguments: object, **environment: str) -> tuple[int, str, str]:
    """Run a command as a person does, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "insects", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def complaint(outcome: tuple[int, str, str], status: int) -> str:
    """Return the one line of a command that could not do it: nothing else may be printed."""
    assert outcome[:2] == (status, "")
    (line,) = outcome[2].splitlines()
    assert line.startswith("error: ")
    assert outcome[2] == line + "\n"
    return line
