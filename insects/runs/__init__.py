"""Run directories: the one form in which a trained network lives, shipped and trained alike."""

from insects.runs.folder import (
    ENVIRONMENT,
    delete_run,
    find_run,
    free_run,
    install,
    list_runs,
    runs_folder,
    size_of,
)
from insects.runs.run import NAME, SHIPPED, STATES, Run

__all__ = [
    "ENVIRONMENT",
    "NAME",
    "SHIPPED",
    "STATES",
    "Run",
    "delete_run",
    "find_run",
    "free_run",
    "install",
    "list_runs",
    "runs_folder",
    "size_of",
]
