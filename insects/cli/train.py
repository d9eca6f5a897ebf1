"""`train` and `runs`: make a run, look at those that are there."""

import argparse
import os
from pathlib import Path
from typing import Any

from insects.cli.common import DEFAULT_NETWORK, Steps, add_command, print_json

OWNER = "INSECTS_OWNER"  # for the app: what stands in a command can be seen by all on the machine


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    _add_train(commands)
    _add_runs(commands)


def _add_train(commands: Any) -> None:
    from insects.datasets.splits import SPLITS
    from insects.networks import NETWORKS

    parser = add_command(commands, "train", _train, "Train a network into a new run directory.")
    parser.add_argument("--network", choices=NETWORKS, default=DEFAULT_NETWORK)
    parser.add_argument(
        "--dataset", default="published", help="published, drawn, or the path of a folder of photos"
    )
    parser.add_argument(
        "--split",
        default="deduplicated",
        help=f"{', '.join(SPLITS)}, or a fold, such as by_series_2_of_5",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="by default the recipe's, as are these three:")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--run", type=Path, metavar="DIR", help="the run directory to write")


def _train(options: argparse.Namespace) -> None:
    from dataclasses import replace

    from insects.inference import silence
    from insects.networks import get_network
    from insects.training.settings import Settings

    given = {
        name: getattr(options, name)
        for name in ("epochs", "batch_size", "learning_rate")
        if getattr(options, name) is not None
    }
    settings = Settings(
        network=options.network,
        dataset=options.dataset,
        split=options.split,
        seed=options.seed,
        owner=os.environ.get(OWNER, ""),
        recipe=replace(get_network(options.network).recipe, **given),
    )
    settings.checked_recipe()
    settings.check_dataset()
    with silence():  # TensorFlow takes seconds, so only once all is checked, and greets in lines
        from insects.training.train import train

    with Steps() as steps:
        run = train(settings, options.run, steps)
    _show_run(run, options.json)


def _add_runs(commands: Any) -> None:
    parser = add_command(
        commands, "runs", _runs, "List the runs, shipped and trained here, or show one."
    )
    parser.add_argument("run_name", nargs="?", metavar="RUN")


def _runs(options: argparse.Namespace) -> None:
    from insects.runs import find_run, list_runs

    if options.run_name:
        _show_run(find_run(options.run_name), options.json)
        return
    runs = list_runs()
    if options.json:
        print_json([_run_facts(run) for run in runs])
        return
    for run in runs:
        print(_run_line(run))


def _show_run(run: Any, as_json: bool) -> None:
    if as_json:
        print_json(_run_facts(run))
        return
    print(_run_line(run))
    print(f"  {run.path}")


def _run_facts(run: Any) -> dict[str, Any]:
    state, why = run.status
    metrics = run.metrics if state == "finished" else None
    return {
        "name": run.name,
        "path": str(run.path),
        "shipped": run.is_shipped,
        "status": state,
        "why": why,
        "config": run.config,
        "metrics": metrics,
    }


def _run_line(run: Any) -> str:
    state, why = run.status
    if state != "finished":
        return f"{run.name}: {state}{', ' + why if why else ''}"
    test = run.metrics["test"]
    return f"{run.name}: {test['correct']} of {test['photos']} test photos right"
