"""`predict` and `explain`: what a network says of one photo, and why."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insects.cli.common import DEFAULT_NETWORK, add_command, print_json, write_file

if TYPE_CHECKING:
    from insects.inference import Prediction


def add_commands(commands: Any) -> None:
    """Add these commands to the parser's."""
    _add_predict(commands)
    _add_explain(commands)


def _add_predict(commands: Any) -> None:
    _add_photo_and_network(
        add_command(commands, "predict", _predict, "Say which class a photo shows.")
    )


def _predict(options: argparse.Namespace) -> None:
    from insects.inference import load_model
    from insects.photos import load_photo
    from insects.wording import headline, singular

    photo = load_photo(options.photo)
    prediction = load_model(options.network).predict(photo)
    by_class = {
        name: float(p)
        for name, p in zip(prediction.class_names, prediction.probabilities, strict=True)
    }
    if options.json:
        print_json(
            {
                "network": options.network,
                "label": prediction.label,
                "probabilities": by_class,
                "familiarity": prediction.familiarity,
                "is_familiar": prediction.is_familiar,
                "familiarity_verdict": prediction.familiarity_verdict,
            }
        )
        return
    print(headline(prediction))
    for name, probability in sorted(by_class.items(), key=lambda item: -item[1]):
        print(f"  {singular(name):<12} {probability:7.2%}")
    _warn(prediction)


def _add_explain(commands: Any) -> None:
    from insects.explanation import METHODS, OUTPUTS, Settings
    from insects.superpixels import BASELINES
    from insects.wording import METHOD_SENTENCES

    default = Settings()
    parser = add_command(
        commands, "explain", _explain, "Say which parts of a photo make the class."
    )
    _add_photo_and_network(parser)
    parser.add_argument("--n-segments", type=int, default=default.n_segments, help="superpixels")
    parser.add_argument("--nsamples", type=int, default=default.nsamples, help="evaluations")
    parser.add_argument(
        "--automatic",
        action="store_true",
        help="stop before --nsamples where errors are small and the strongest 3 regions settled",
    )
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=default.method,
        help=" ".join(f"{method}: {METHOD_SENTENCES[method]}" for method in METHODS)
        + " It explains logits by 61 background photos, whatever --n-segments, --nsamples, "
        "--baseline and --output say.",
    )
    parser.add_argument("--baseline", choices=BASELINES, default=default.baseline)
    parser.add_argument("--output", choices=OUTPUTS, default=default.output)
    parser.add_argument("--figure", type=Path, metavar="PNG", help="write the figure there")


def _explain(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from insects.convergence import summary, until_settled
    from insects.explanation import Settings, explain, require_support
    from insects.inference import load_model
    from insects.photos import load_photo
    from insects.wording import describe, headline, how_settled

    names = ("n_segments", "nsamples", "seed", "method", "baseline", "output")
    chosen = {name: getattr(options, name) for name in names}
    settings = Settings(**chosen).in_use()  # complains before any work is done
    photo = load_photo(options.photo)
    model = load_model(options.network)
    require_support(model, settings.method)
    if options.figure:
        write_file(options.figure, b"")  # complains before any work is done
    unit = "photo" if settings.is_pixelwise else "sample"
    with tqdm(total=settings.nsamples, unit=unit, disable=None, leave=False) as bar:

        def on_progress(spent: int, of: int) -> None:
            bar.total = of
            bar.update(spent - bar.n)

        explanations = explain(model, photo, on_progress=on_progress, **chosen)
        *_, explanation = until_settled(explanations) if options.automatic else explanations
    if options.figure:
        from insects.figures import explanation_figure, to_png

        write_file(options.figure, to_png(explanation_figure(explanation, photo)))
    if options.json:
        print_json({**explanation.to_dict(), "convergence": summary(explanation)})
        return
    print(headline(explanation.prediction))
    print(describe(explanation))
    if options.automatic:
        print(f"{explanation.nsamples} {unit}s. {how_settled(explanation)}")
    _warn(explanation.prediction)


def _warn(prediction: "Prediction") -> None:
    """Say so where a photo looks like none of the classes, or may do so."""
    from insects.inference import Verdict
    from insects.wording import familiarity

    if prediction.familiarity_verdict in (Verdict.UNSURE, Verdict.UNLIKE):
        print(familiarity(prediction))


def _add_photo_and_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", type=Path)
    parser.add_argument("--network", default=DEFAULT_NETWORK, help="a run's name or directory")
