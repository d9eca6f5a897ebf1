"""`evaluate` and `bench`: how good a network is, how good and fast the explanations are."""

import argparse
from pathlib import Path
from typing import Any

from insects.cli.common import DEFAULT_NETWORK, Steps, add_command, print_json


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    _add_evaluate(commands)
    _add_bench(commands)


def _add_evaluate(commands: Any) -> None:
    parser = add_command(commands, "evaluate", _evaluate, "Measure a network on photos.")
    parser.add_argument("--network", default=DEFAULT_NETWORK, help="a run's name or directory")
    parser.add_argument(
        "--photos", type=Path, metavar="FOLDER", help="class-named folders of photos"
    )
    parser.add_argument(
        "--table",
        action="store_true",
        help="train what is missing, and print the results table of the README",
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="with --table: put it into this Markdown file"
    )


def _evaluate(options: argparse.Namespace) -> None:
    from insects import results
    from insects.markdown import put_between, split_at

    if options.table and options.write:
        split_at(options.write, "results")  # complains before any work is done
    with Steps() as steps:
        if options.table:
            rows = results.reproduce(options.photos, steps)
            text = results.markdown(rows)
            if options.write:
                put_between(options.write, "results", text)
        else:
            rows = [results.evaluate(options.network, options.photos, steps)]
            text = "\n".join(results.sentence(row) for row in rows)
    if options.json:
        print_json(rows if options.table else rows[0])
        return
    print(text)


def _add_bench(commands: Any) -> None:
    parser = add_command(commands, "bench", _bench, "Measure speed, error and memory, as ratios.")
    parser.add_argument("--quick", action="store_true", help="fewer photos, shorter references")
    parser.add_argument(
        "--only", metavar="NAME", help="one part: speed, error, defaults, training or server"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="put the figures into this Markdown file"
    )


def _bench(options: argparse.Namespace) -> None:
    from insects.bench import PARTS, run_bench
    from insects.markdown import nested, put_between, split_at

    for name in [options.only] if options.only else PARTS:
        if options.write:
            split_at(options.write, name)  # complains before any work is done
    with Steps() as steps:
        outcome = run_bench(quick=options.quick, only=options.only, on_progress=steps)
    machine = nested(outcome["machine"])
    parts = {name: part for name, part in outcome.items() if name != "machine"}
    texts = {name: f"{nested(part)}\n\n({machine})" for name, part in parts.items()}
    if options.write:
        for name, text in texts.items():
            put_between(options.write, name, text)
    if options.json:
        print_json(outcome)
        return
    for name, text in texts.items():
        print(f"## {name}\n\n{text}\n")
