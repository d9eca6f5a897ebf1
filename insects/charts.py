"""Trainings, and checks of explanations, as charts; nothing is shown here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from insects.faithfulness import Curve
from insects.figures import class_colour

SMOOTHED_SHARE = 0.05  # how far back an average of the raw curve reaches, of its length
PART_WORDS = {"train": "training photos", "test": "test photos"}
QUANTITIES = {"accuracy": "accuracy", "loss": "loss (nats)"}


@dataclass(frozen=True)
class Curves:
    """What a chart needs of one run.

    Args:
        name: for the legend.
        epochs: asked for, the length of the axis.
        steps_per_epoch: of the training.
        batches: rows with step, loss and accuracy of the training photos; a run that came with the
            app or from a zip has none, and shows what its history has of these photos.
        history: rows with epoch, loss, accuracy, val_loss and val_accuracy.
    """

    name: str
    epochs: int
    steps_per_epoch: float
    batches: Sequence[Mapping[str, float]]
    history: Sequence[Mapping[str, float]]

    def table(self, quantity: str) -> pd.DataFrame:
        """Return one row a point: run, part, epoch, value and smoothed value.

        Args:
            quantity: "loss" or "accuracy".
        """
        learned = [(row["step"] / self.steps_per_epoch, row) for row in self.batches]
        learned = learned or [(row["epoch"] + 1, row) for row in self.history]
        train = pd.DataFrame(
            {
                "epoch": [epoch for epoch, _ in learned],
                "value": [row[quantity] for _, row in learned],
                "part": "train",
            }
        )
        test = pd.DataFrame(
            {
                "epoch": [row["epoch"] + 1 for row in self.history],
                "value": [row[f"val_{quantity}"] for row in self.history],
                "part": "test",
            }
        )
        span = 1 + SMOOTHED_SHARE * len(train)
        train["smoothed"] = train["value"].ewm(span=span).mean()
        test["smoothed"] = test["value"]
        return pd.concat([train, test]).assign(run=self.name).astype({"epoch": float})


def curves_table(runs: Sequence[Curves], quantity: str) -> pd.DataFrame:
    """Return the points of several runs, one row each, as of `Curves.table`."""
    return pd.concat([run.table(quantity) for run in runs], ignore_index=True)


def curves_chart(
    names: Sequence[str], epochs: int, quantity: str, text_colour: str, height: int = 220
) -> alt.LayerChart:
    """Return how a quantity grew, a colour a run: training photos in lines, test photos dotted.

    It has no points, which are those of `curves_table`: so one chart does while they grow. The axis
    has its full length from the start, so that nothing jumps while a run goes on.

    Args:
        names: of the runs.
        epochs: of the longest.
        quantity: "loss" or "accuracy".
    """
    axis = {"labelColor": text_colour, "titleColor": text_colour, "grid": False}
    x = alt.X(
        "epoch:Q",
        scale=alt.Scale(domain=[0, epochs], nice=False),
        axis=alt.Axis(title="epoch", tickMinStep=1, **axis),
    )
    y_scale = alt.Scale(domain=[0, 1]) if quantity == "accuracy" else alt.Scale(zero=True)
    title = QUANTITIES[quantity]
    colours = alt.Scale(domain=list(names), range=[class_colour(i) for i in range(len(names))])
    color = alt.Color("run:N", scale=colours, legend=None)
    base = alt.Chart().encode(x=x, color=color)
    tooltip = ["run:N", "part:N", "epoch:Q", alt.Tooltip("value:Q", format=".3f")]

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=y_scale, axis=alt.Axis(title=title, **axis))

    raw = base.mark_line(opacity=0.25, strokeWidth=1).encode(y=y("value"))
    raw = raw.transform_filter("datum.part === 'train'")
    smooth = base.mark_line(strokeWidth=2).encode(y=y("smoothed"))
    smooth = smooth.transform_filter("datum.part === 'train'")
    test = base.mark_line(strokeDash=[5, 4], strokeWidth=2, point={"size": 45}).encode(
        y=y("value"), tooltip=tooltip
    )
    test = test.transform_filter("datum.part === 'test'")
    return (raw + smooth + test).properties(height=height).configure_view(strokeWidth=0)


def reliability_chart(
    bins: Sequence[Mapping[str, float]], text_colour: str, height: int = 240
) -> alt.LayerChart:
    """Return how often answers of each confidence are right, beside the line where they should be.

    Args:
        bins: with low, high, photos, confidence and accuracy; those without photos are left out.
    """
    data = pd.DataFrame([row for row in bins if row["photos"]])
    axis = {"labelColor": text_colour, "titleColor": text_colour, "format": "%", "grid": False}
    unit = alt.Scale(domain=[0, 1])
    x = alt.X("confidence:Q", scale=unit, axis=alt.Axis(title="said to be sure", **axis))
    y = alt.Y("accuracy:Q", scale=unit, axis=alt.Axis(title="were right", **axis))
    line = alt.Chart(pd.DataFrame({"confidence": [0.0, 1.0], "accuracy": [0.0, 1.0]}))
    ideal = line.mark_line(strokeDash=[4, 4], color=text_colour, opacity=0.5).encode(x=x, y=y)
    points = (
        alt.Chart(data)
        .mark_circle(color=class_colour(0), opacity=0.9)
        .encode(
            x=x,
            y=y,
            size=alt.Size("photos:Q", scale=alt.Scale(range=[30, 400]), legend=None),
            tooltip=[
                alt.Tooltip("photos:Q"),
                alt.Tooltip("confidence:Q", format=".0%"),
                alt.Tooltip("accuracy:Q", format=".0%"),
            ],
        )
    )
    return (ideal + points).properties(height=height).configure_view(strokeWidth=0)


def faithfulness_chart(
    curve: Curve, class_name: str, text_colour: str, height: int = 200
) -> alt.LayerChart:
    """Return how the score follows an explanation: its order a line, random orders a band.

    The band is their mean, dashed, and a standard deviation to either side.

    Args:
        class_name: whose score it is.
    """
    mean, sd = curve.random_scores.mean(axis=0), curve.random_scores.std(axis=0, ddof=1)
    columns = {"mean": mean, "low": mean - sd, "high": mean + sd}
    data = pd.DataFrame({"share": curve.shares, "score": curve.scores, **columns})
    axis = {"labelColor": text_colour, "titleColor": text_colour, "format": "%", "grid": False}
    deed = {"deletion": "taken away", "insertion": "shown"}[curve.kind]
    x_axis = alt.Axis(title=f"parts {deed}, strongest first", **axis)
    base = alt.Chart(data).encode(
        x=alt.X("share:Q", scale=alt.Scale(domain=[0, 1]), axis=x_axis),
        tooltip=[
            alt.Tooltip("share:Q", format=".0%", title=f"parts {deed}"),
            alt.Tooltip("score:Q", format=".1%", title="in this order"),
            alt.Tooltip("mean:Q", format=".1%", title="at random, mean"),
        ],
    )

    def y(field: str) -> alt.Y:
        y_axis = alt.Axis(title=f"sure of {class_name}", values=[0, 0.5, 1], **axis)
        return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, 1], clamp=True), axis=y_axis)

    band = base.mark_area(color=text_colour, opacity=0.15).encode(y=y("low"), y2="high:Q")
    control = base.mark_line(color=text_colour, opacity=0.6, strokeDash=[5, 4]).encode(y=y("mean"))
    colour = class_colour(1)
    points = {"size": 30, "color": colour}  # their colour would be the page's
    line = base.mark_line(color=colour, strokeWidth=2.5, point=points).encode(y=y("score"))
    return (band + control + line).properties(height=height).configure_view(strokeWidth=0)


def thinned(rows: Sequence[Mapping[str, float]], most: int) -> list[Mapping[str, float]]:
    """Return at most that many of the rows, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    return [rows[i] for i in np.linspace(0, len(rows) - 1, most).astype(int)]
