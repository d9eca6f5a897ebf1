"""`evaluate` and `bench`: how good a network is, how good and fast the explanations are."""

import argparse
from pathlib import Path
from typing import Any

from insects.cli.common import DEFAULT_NETWORK, Steps, add_command, print_json
from insects.elsewhere import ALL, PARTS, REPORTING
from insects.errors import SettingsError


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    _add_evaluate(commands)
    _add_bench(commands)


def _add_evaluate(commands: Any) -> None:
    parser = add_command(commands, "evaluate", _evaluate, "Measure a network on photos.")
    parser.add_argument("--network", default=DEFAULT_NETWORK, help="a run's name or directory")
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="FOLDER",
        help="class-named folders of photos; in one named `other`, photos of none of the classes",
    )
    parser.add_argument(
        "--part",
        choices=PARTS,
        default=ALL,
        help="the photos to choose with or those to report on, by their source in SOURCES.tsv",
    )
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="fit the temperature on the photos to choose with, and keep it in the run with what "
        "the photos to report on say of it",
    )
    parser.add_argument(
        "--saved-again",
        action="store_true",
        help="measure how far the familiarity of the --photos moves when they are saved again, in "
        "other formats and sizes",
    )
    parser.add_argument(
        "--table",
        action="store_true",
        help="train what is missing, and print the results tables of the README",
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="with --table or --saved-again: put the tables into this Markdown file",
    )


def _evaluate(options: argparse.Namespace) -> None:
    if options.part != ALL and (options.table or not options.photos):
        raise SettingsError("--part is for --photos, without --table, which has both parts.")
    if options.calibrate and (options.table or not options.photos or options.part != ALL):
        raise SettingsError("--calibrate is for --photos, without --table or --part.")
    if options.saved_again and (options.table or options.calibrate or not options.photos):
        raise SettingsError("--saved-again is for --photos, without --table or --calibrate.")
    if options.table:
        _tables(options)
        return
    if options.saved_again:
        _saved_again(options)
        return
    from insects.evaluation import evaluate, report

    part = options.part
    with Steps() as steps:
        if options.calibrate:
            from insects.recalibration import recalibrate

            part = REPORTING
            recalibrate(options.network, options.photos, steps)
        outcome = evaluate(options.network, options.photos, steps, part)
    if options.json:
        print_json(outcome)
        return
    print(report(outcome))


def _saved_again(options: argparse.Namespace) -> None:
    from insects.markdown import put_between, split_at
    from insects.saved_again import measure, report

    name = f"saved again, {options.part}"
    if options.write:
        split_at(options.write, name)  # complains before any work is done
    with Steps() as steps:
        outcome = measure(options.network, options.photos, steps, options.part)
    if options.write:
        put_between(options.write, name, report(outcome))
    if options.json:
        print_json(outcome)
        return
    print(report(outcome))


def _tables(options: argparse.Namespace) -> None:
    from insects import results
    from insects.markdown import put_between, split_at

    for name in ("results", "trust") if options.write else ():
        split_at(options.write, name)  # complains before any work is done
    with Steps() as steps:
        rows = results.reproduce(options.photos, steps)
    texts = {"results": results.markdown(rows), "trust": results.trust(rows)}
    if options.write:
        for name, text in texts.items():
            put_between(options.write, name, text)
    if options.json:
        print_json(rows)
        return
    print("\n\n".join(texts.values()))


def _add_bench(commands: Any) -> None:
    parser = add_command(commands, "bench", _bench, "Measure speed, error and memory, as ratios.")
    parser.add_argument("--quick", action="store_true", help="fewer photos, shorter references")
    parser.add_argument(
        "--only",
        metavar="NAME",
        help="one part: speed, error, coverage, defaults, faithfulness, localisation, training, "
        "strip or server",
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
