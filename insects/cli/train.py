"""`train`: make a run, or let one go on; `train-queued`: train one that waits."""

import argparse
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from insects.cli import runs
from insects.cli.common import DEFAULT_NETWORK, Steps, add_command
from insects.errors import RunError, SettingsError

NUMBERS = ("epochs", "batch_size", "learning_rate")


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    _add_train(commands)
    _add_train_queued(commands)
    runs.add_commands(commands)


def _add_train(commands: Any) -> None:
    from insects.datasets.splits import SPLITS
    from insects.networks import NETWORKS

    parser = add_command(
        commands,
        "train",
        _train,
        "Train a network into a new run directory, or let a run go on. "
        "Ctrl-C ends it after its batch; what it learned is kept.",
    )
    parser.add_argument("--network", choices=NETWORKS, default=DEFAULT_NETWORK)
    parser.add_argument(
        "--dataset", default="published", help="published, drawn, or the path of a folder of photos"
    )
    parser.add_argument(
        "--split",
        default="deduplicated",
        help=f"{', '.join(SPLITS)}, or a fold, such as by_series_2_of_5",
    )
    parser.add_argument(
        "--background-bias",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of drawn insects, how many sit on ground that betrays their class, 0 to 1",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="by default the recipe's, as are these three:")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--augment", action="store_true", help="vary the photos at each epoch")
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="set a tenth of the training photos aside to fit a temperature on, if that is enough",
    )
    parser.add_argument("--minutes", type=float, help="end it after so long; by default never")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--run", type=Path, metavar="DIR", help="the run directory to write; it must not exist"
    )
    where.add_argument(
        "--resume", metavar="RUN", help="let a run go on, perhaps to more --epochs in all"
    )


def _add_train_queued(commands: Any) -> None:
    parser = add_command(
        commands,
        "train-queued",
        _train_queued,
        "Train the run that waits in a directory, as its config says. The app starts this for each "
        "training; it makes no run.",
    )
    parser.add_argument("run", type=Path, metavar="DIR", help="a run directory that is queued")


def _train(options: argparse.Namespace) -> None:
    _learn(_run_to_train(options), options.json)


def _train_queued(options: argparse.Namespace) -> None:
    from insects.runs import Run

    run = Run(options.run)
    _recipe(run)  # complains before anything is written
    run.require_queued()
    _learn(run, options.json)


def _learn(run: Any, as_json: bool) -> None:
    """Train a queued run when its turn comes, and print what became of it."""
    from insects.inference import silence
    from insects.runs.notes import Notes
    from insects.runs.queue import turn, underway
    from insects.training.limits import check_memory

    with Steps() as steps, underway(run), _interrupt_means_stop(run), turn(run, Notes(run, steps)):
        check_memory(run.config["network"], run.config.get("photos", 0), _recipe(run))
        with silence():  # TensorFlow takes seconds, so only once all is checked
            from insects.training.train import learn
        run = learn(run, steps)
    runs.show_run(run, as_json)
    if run.config.get("calibrate") and not as_json:
        from insects.wording import how_calibrated

        print(f"  {how_calibrated(run.metrics, wanted=True)}")


def _run_to_train(options: argparse.Namespace) -> Any:
    """Return the run, queued: one to go on, or a new one."""
    from insects.runs import find_run, runs_folder
    from insects.training.launch import create, requeue

    if options.resume:
        return requeue(find_run(options.resume), options.epochs)
    settings = _settings(options)
    settings.checked_recipe()
    settings.check_dataset()
    dataset = settings.load_dataset()
    return create(settings, dataset, options.run or runs_folder() / settings.run_name)


def _settings(options: argparse.Namespace) -> Any:
    from dataclasses import replace

    from insects.networks import get_network
    from insects.training.settings import Settings

    given = {name: getattr(options, name) for name in NUMBERS}
    given = {name: value for name, value in given.items() if value is not None}
    return Settings(
        network=options.network,
        dataset=options.dataset,
        split=options.split,
        seed=options.seed,
        recipe=replace(get_network(options.network).recipe, **given),
        augment=options.augment,
        calibrate=options.calibrate,
        background_bias=options.background_bias,
        minutes=options.minutes,
    )


def _recipe(run: Any) -> Any:
    """Return the recipe that a run's config holds.

    Raises:
        RunError: there is no such config, or it is damaged.
    """
    from insects.training.settings import Settings

    try:
        return Settings.from_config(run.config).checked_recipe()
    except (SettingsError, AttributeError, TypeError):
        raise RunError(f"The config of the run {run.name} does not say how to train it.") from None


@contextmanager
def _interrupt_means_stop(run: Any) -> Iterator[None]:
    """Take the first Ctrl-C as a wish to stop after the batch, and a second one at its word."""

    def ask(*_: object) -> None:
        if run.wants_to_stop:
            raise KeyboardInterrupt
        run.ask_to_stop()

    if threading.current_thread() is not threading.main_thread():  # only it may listen
        yield
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
