"""The command line: `python -m insects COMMAND`.

TensorFlow is imported only to train; and, in a process of its own, for `explain --method deep` and
`gradient`, and for `runs export` where model.keras has to be made.
"""

import argparse
import os
import sys
from typing import Any

# Before TensorFlow or LiteRT is imported: an error is one line, and their INFO lines are not.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GLOG_minloglevel", "3")

from insects.cli import data, explain, measure, shortcut, train
from insects.errors import InsectsError, SettingsError

COMMANDS = (data, explain, train, measure, shortcut)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 could not, 2 wrong use."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except SettingsError as error:
        return _complain(error, 2)
    except InsectsError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return _complain("Interrupted.", 1)
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        return _complain(f"{error.filename or 'The system'}: {error.strerror}.", 1)
    return 0


def _complain(error: object, status: int) -> int:
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return status


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> Any:
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m insects", description=__doc__)
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for module in COMMANDS:
        module.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
