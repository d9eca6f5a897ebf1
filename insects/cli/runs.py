"""`runs`: look at the runs that are there, end, remove, take along and take in."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from insects.cli.common import add_command, print_json, write_file

ACTIONS = ("list", "show", "stop", "delete", "export", "import")


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    parser = add_command(
        commands,
        "runs",
        _runs,
        "List the runs, shipped and trained here; or show, stop, delete, export or import one.",
    )
    parser.add_argument(
        "action", nargs="?", metavar="ACTION", help=f"{', '.join(ACTIONS)}; or a run, to show it"
    )
    parser.add_argument("target", nargs="?", metavar="RUN", help="a run; for import a zip file")
    parser.add_argument("--to", type=Path, metavar="FILE", help="for export: the zip to write")
    parser.add_argument("--name", help="for import: what to call the run")


def _runs(options: argparse.Namespace) -> None:
    from insects.errors import SettingsError

    action, target = options.action or "list", options.target
    if action not in ACTIONS and target is None:
        action, target = "show", action
    if action not in ACTIONS:
        raise SettingsError(f"Expected one of {', '.join(ACTIONS)}, not {action!r}.")
    if (target is None) != (action == "list"):
        wanted = "no run" if action == "list" else "a zip" if action == "import" else "a run"
        raise SettingsError(f"`runs {action}` takes {wanted}.")
    actions: dict[str, Callable[[Any, argparse.Namespace], None]] = {
        "list": _list,
        "show": _show,
        "stop": _stop,
        "delete": _delete,
        "export": _export,
        "import": _import,
    }
    actions[action](target, options)


def _list(_: None, options: argparse.Namespace) -> None:
    from insects.runs import list_runs

    runs = list_runs()
    if options.json:
        print_json([run_facts(run) for run in runs])
        return
    for run in runs:
        print(run_line(run))


def _show(target: str, options: argparse.Namespace) -> None:
    from insects.runs import find_run

    show_run(find_run(target), options.json)


def _stop(target: str, options: argparse.Namespace) -> None:
    from insects.runs import find_run
    from insects.training import launch

    launch.stop(find_run(target))
    _say(options, stopping=target)


def _delete(target: str, options: argparse.Namespace) -> None:
    from insects.runs import find_run
    from insects.training import launch

    launch.delete(find_run(target))
    _say(options, deleted=target)


def _export(target: str, options: argparse.Namespace) -> None:
    from insects.bundle import export_run
    from insects.runs import find_run

    run = find_run(target)
    path = options.to or Path(f"{run.name}.zip")
    write_file(path, export_run(run))
    _say(options, exported=str(path))


def _import(target: str, options: argparse.Namespace) -> None:
    from insects.bundle import import_run

    show_run(import_run(Path(target), options.name), options.json)


def _say(options: argparse.Namespace, **facts: str) -> None:
    if options.json:
        print_json(facts)
        return
    for what, which in facts.items():
        print(f"{what} {which}")


def show_run(run: Any, as_json: bool) -> None:
    """Print a run."""
    if as_json:
        print_json(run_facts(run))
        return
    print(run_line(run))
    print(f"  {run.path}")


def run_facts(run: Any) -> dict[str, Any]:
    """Return what a program may want to know of a run."""
    state, why = run.status
    metrics = run.metrics if state in ("finished", "stopped") else None
    return {
        "name": run.name,
        "path": str(run.path),
        "shipped": run.is_shipped,
        "status": state,
        "why": why,
        "epochs_done": run.epochs_done,
        "config": run.config,
        "metrics": metrics,
    }


def run_line(run: Any) -> str:
    """Return a run in a line."""
    state, why = run.status
    if state not in ("finished", "stopped"):
        return f"{run.name}: {state}{', ' + why if why else ''}"
    test = run.metrics["test"]
    stopped = "" if state == "finished" else f" (stopped{', ' + why if why else ''})"
    return f"{run.name}: {test['correct']} of {test['photos']} test photos right{stopped}"
