"""`shortcut`: which of the Shortcut lab's networks look at the insect, and which at the ground."""

import argparse
from pathlib import Path
from typing import Any

from insects.cli.common import Steps, add_command, print_json
from insects.shortcut import PAIR


def add_commands(commands: Any) -> None:
    """Add this command to the parser's."""
    parser = add_command(
        commands,
        "shortcut",
        _shortcut,
        "Measure networks that learned drawn insects: right answers on ground that betrays the "
        "class and on ground that does not, and how much of the relevance lies on the insect.",
    )
    parser.add_argument(
        "--network",
        nargs="+",
        default=PAIR,
        metavar="RUN",
        help="runs, or their directories; by default the two of the Shortcut lab",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the figures in each run's metrics.json"
    )
    parser.add_argument(
        "--progress", type=Path, metavar="FILE", help="keep how far the work is in this file"
    )


def _shortcut(options: argparse.Namespace) -> None:
    from insects import shortcut

    with Steps(options.progress) as steps:
        found = {name: shortcut.measure(name, steps) for name in options.network}
    if options.keep:
        for name, figures in found.items():
            shortcut.keep(name, figures)
    if options.json:
        print_json({name: figures.to_dict() for name, figures in found.items()})
        return
    print(shortcut.report(found))
