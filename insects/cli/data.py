"""`data`: fetch the published photos, unpack one's own, and ask whether they can be trusted."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from insects.cli.common import Steps, add_command, print_json


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    parser = commands.add_parser("data", help=__doc__, description=__doc__)
    under = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_fetch(under)
    _add_unpack(under)
    _add_health(under)


def _add(commands: Any, name: str, command: Callable, text: str) -> argparse.ArgumentParser:
    """Add a command whose work takes long: whoever started it can read how far it is."""
    parser = add_command(commands, name, command, text)
    parser.add_argument(
        "--progress", type=Path, metavar="FILE", help="keep how far the work is in this file"
    )
    return parser


def _add_fetch(commands: Any) -> None:
    text = "Fetch the articles' photos, once, into the cache folder."
    _add(commands, "fetch", _fetch, text)


def _fetch(options: argparse.Namespace) -> None:
    from insects.datasets.fetch import fetch_published

    with Steps(options.progress) as steps:
        folder = fetch_published(steps)
    if options.json:
        print_json({"folder": str(folder)})
        return
    print(f"The published photos are in {folder}")


def _add_unpack(commands: Any) -> None:
    text = "Unpack a zip of photos in class-named folders, checked file by file."
    parser = _add(commands, "unpack", _unpack, text)
    parser.add_argument("archive", metavar="ZIP", type=Path)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where to; it must not exist")


def _unpack(options: argparse.Namespace) -> None:
    from insects.datasets.unpack import unpack

    with Steps(options.progress) as steps:
        unpacked = unpack(options.archive, options.folder, steps)
    if options.json:
        print_json(unpacked.to_dict())
        return
    print(unpacked.sentence)


def _add_health(commands: Any) -> None:
    text = "Say whether the photos of a dataset can be trusted: copies, look-alikes, odd files, …"
    parser = _add(commands, "health", _health, text)
    parser.add_argument(
        "dataset",
        nargs="?",
        metavar="FOLDER",
        help="or a dataset's name; by default the published photos, else the drawn ones",
    )
    parser.add_argument("--split", default="published", help="as they came, or split otherwise")


def _health(options: argparse.Namespace) -> None:
    from insects.datasets import default_dataset, load_dataset
    from insects.datasets.health import examine
    from insects.datasets.splits import apply_split, split_key

    split_key(options.split)  # complains before any work is done
    dataset = load_dataset(options.dataset or default_dataset())
    with Steps(options.progress) as steps:
        report = examine(apply_split(dataset, options.split, steps), steps)
    if options.json:
        print_json(report.to_dict())
        return
    print(report.text())
