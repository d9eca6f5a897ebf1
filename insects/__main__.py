"""The command line: `python -m insects COMMAND`. TensorFlow is imported only by `train`."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before TensorFlow or LiteRT is imported: an error is one line, and their INFO lines are not.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GLOG_minloglevel", "3")

from insects.errors import InsectsError, SettingsError

DEFAULT_NETWORK = "efficientnet_lite0"


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
    _add_predict(commands)
    _add_explain(commands)
    _add_train(commands)
    _add_runs(commands)
    _add_evaluate(commands)
    _add_bench(commands)
    return parser


def _add(commands: Any, name: str, command: Callable, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print JSON, for a program to read")
    parser.set_defaults(command=command)
    return parser


def _add_photo_and_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", type=Path)
    parser.add_argument("--network", default=DEFAULT_NETWORK, help="a run's name or directory")


def _add_predict(commands: Any) -> None:
    _add_photo_and_network(_add(commands, "predict", _predict, "Say which class a photo shows."))


def _predict(options: argparse.Namespace) -> None:
    from insects.inference import load_model
    from insects.photos import load_photo
    from insects.wording import headline

    photo = load_photo(options.photo)
    prediction = load_model(options.network).predict(photo)
    by_class = {
        name: float(p)
        for name, p in zip(prediction.class_names, prediction.probabilities, strict=True)
    }
    if options.json:
        _print_json(
            {"network": options.network, "label": prediction.label, "probabilities": by_class}
        )
        return
    print(headline(prediction))
    for name, probability in sorted(by_class.items(), key=lambda item: -item[1]):
        print(f"  {name:<12} {probability:7.2%}")


def _add_explain(commands: Any) -> None:
    from insects.explanation import METHODS, OUTPUTS, Settings
    from insects.superpixels import BASELINES

    default = Settings()
    parser = _add(commands, "explain", _explain, "Say which parts of a photo make the class.")
    _add_photo_and_network(parser)
    parser.add_argument("--n-segments", type=int, default=default.n_segments, help="superpixels")
    parser.add_argument("--nsamples", type=int, default=default.nsamples, help="evaluations")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--method", choices=METHODS, default=default.method)
    parser.add_argument("--baseline", choices=BASELINES, default=default.baseline)
    parser.add_argument("--output", choices=OUTPUTS, default=default.output)
    parser.add_argument("--figure", type=Path, metavar="PNG", help="write the figure there")


def _explain(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from insects.explanation import Settings, explain
    from insects.inference import load_model
    from insects.photos import load_photo
    from insects.wording import describe, percent

    names = ("n_segments", "nsamples", "seed", "method", "baseline", "output")
    chosen = {name: getattr(options, name) for name in names}
    Settings(**chosen)  # complains before any work is done
    photo = load_photo(options.photo)
    model = load_model(options.network)
    if options.figure:
        _write(options.figure, b"")  # complains before any work is done
    with tqdm(total=options.nsamples, unit="sample", disable=None, leave=False) as bar:

        def on_progress(spent: int, of: int) -> None:
            bar.total = of
            bar.update(spent - bar.n)

        *_, explanation = explain(model, photo, on_progress=on_progress, **chosen)
    if options.figure:
        from insects.figures import explanation_figure, to_png

        _write(options.figure, to_png(explanation_figure(explanation, photo)))
    if options.json:
        _print_json(explanation.to_dict())
        return
    print(f"{explanation.label} {percent(float(explanation.probabilities.max()))}")
    print(describe(explanation))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InsectsError(f"{path} cannot be written: {error.strerror}.") from None


def _add_train(commands: Any) -> None:
    from insects.datasets import DATASETS
    from insects.datasets.splits import SPLITS
    from insects.networks import NETWORKS

    parser = _add(commands, "train", _train, "Train a network into a new run directory.")
    parser.add_argument("--network", choices=NETWORKS, default=DEFAULT_NETWORK)
    parser.add_argument("--dataset", choices=DATASETS, default="published")
    parser.add_argument("--split", choices=SPLITS, default="deduplicated")
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
        recipe=replace(get_network(options.network).recipe, **given),
    )
    settings.checked_recipe()
    with silence():  # TensorFlow takes seconds, so only once all is checked, and greets in lines
        from insects.training.train import train

    with _Steps() as steps:
        run = train(settings, options.run, steps)
    _show_run(run, options.json)


class _Steps:
    """A progress bar that starts anew at each stage of the work."""

    def __enter__(self) -> "_Steps":
        self._bar: Any = None
        self._stage = ""
        return self

    def __call__(self, stage: str, done: int, of: int) -> None:
        from tqdm import tqdm

        if stage != self._stage:
            self.__exit__()
            self._stage = stage
            self._bar = tqdm(total=of, desc=stage, disable=None, leave=False)
        self._bar.update(done - self._bar.n)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _add_runs(commands: Any) -> None:
    parser = _add(commands, "runs", _runs, "List the runs, shipped and trained here, or show one.")
    parser.add_argument("run_name", nargs="?", metavar="RUN")


def _runs(options: argparse.Namespace) -> None:
    from insects.runs import find_run, list_runs

    if options.run_name:
        _show_run(find_run(options.run_name), options.json)
        return
    runs = list_runs()
    if options.json:
        _print_json([_run_facts(run) for run in runs])
        return
    for run in runs:
        print(_run_line(run))


def _show_run(run: Any, as_json: bool) -> None:
    if as_json:
        _print_json(_run_facts(run))
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


def _add_evaluate(commands: Any) -> None:
    parser = _add(commands, "evaluate", _evaluate, "Measure a network on photos.")
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
    with _Steps() as steps:
        if options.table:
            rows = results.reproduce(options.photos, steps)
            text = results.markdown(rows)
            if options.write:
                put_between(options.write, "results", text)
        else:
            rows = [results.evaluate(options.network, options.photos, steps)]
            text = "\n".join(results.sentence(row) for row in rows)
    if options.json:
        _print_json(rows if options.table else rows[0])
        return
    print(text)


def _add_bench(commands: Any) -> None:
    parser = _add(commands, "bench", _bench, "Measure speed, error and memory, as ratios.")
    parser.add_argument("--quick", action="store_true", help="fewer photos, shorter references")
    parser.add_argument("--only", metavar="NAME", help="one part: speed, error, defaults or server")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="put the figures into this Markdown file"
    )


def _bench(options: argparse.Namespace) -> None:
    from insects.bench import PARTS, run_bench
    from insects.markdown import nested, put_between, split_at

    for name in [options.only] if options.only else PARTS:
        if options.write:
            split_at(options.write, name)  # complains before any work is done
    with _Steps() as steps:
        outcome = run_bench(quick=options.quick, only=options.only, on_progress=steps)
    machine = nested(outcome["machine"])
    parts = {name: part for name, part in outcome.items() if name != "machine"}
    texts = {name: f"{nested(part)}\n\n({machine})" for name, part in parts.items()}
    if options.write:
        for name, text in texts.items():
            put_between(options.write, name, text)
    if options.json:
        _print_json(outcome)
        return
    for name, text in texts.items():
        print(f"## {name}\n\n{text}\n")


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1))


if __name__ == "__main__":
    sys.exit(main())
