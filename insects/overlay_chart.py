"""An explanation as charts to point at: regions over the photo, and the strongest as bars.

Nothing is shown here. What is drawn of a running explanation, and what is exported, is a plain
picture: `insects.figures.overlay`.
"""

from collections.abc import Collection, Sequence
from typing import Any

import altair as alt
import numpy as np
from scipy.ndimage import find_objects
from skimage.measure import approximate_polygon, find_contours

from insects.convergence import WIDTH_95
from insects.explanation import Explanation
from insects.figures import AGAINST, FOR, data_url, paints, pale, point_inside, scale_limit
from insects.ranking import STRONGEST_SHOWN, Region, decimals, ranked

# Pixels of the network by which an outline may be off, so that a page gets few points of it.
TOLERANCE = 0.7
LABEL_WIDTH = 92  # px, the same in the charts of all classes
# How an outline is drawn, the later over the earlier: dashes lie below solid lines.
UNSURE, UNKNOWN, SURE, MARKED = 0, 1, 2, 3
OUTLINES = {
    UNSURE: {"stroke": "#6b7280", "width": 0.6},
    UNKNOWN: {"stroke": "#6b7280", "width": 0.6},
    SURE: {"stroke": "#1b1f24", "width": 1.2},
    MARKED: {"stroke": "#ffd91a", "width": 4},
}

Ring = list[list[int]]


def region_outlines(segments: np.ndarray) -> list[list[Ring]]:
    """Return the outlines of each superpixel, outer and inner ones, as closed rings of [x, y].

    Args:
        segments: (image_size, image_size) int, 0 … n_superpixels - 1.
    """
    boxes = find_objects(segments + 1)
    return [_rings(segments[box] == i, box) for i, box in enumerate(boxes)]


def _rings(inside: np.ndarray, box: tuple[slice, slice]) -> list[Ring]:
    """Return the rings about the pixels that are inside a box, (h, w) bool."""
    corner = np.array([box[0].start, box[1].start]) - 0.5  # a pixel of padding, less half of one
    contours = find_contours(np.pad(inside, 1).astype(float), 0.5)
    rings = (np.rint(approximate_polygon(one, TOLERANCE) + corner) for one in contours)
    return [ring[:, ::-1].astype(int).tolist() for ring in rings]


def overlay_chart(
    explanation: Explanation,
    class_name: str,
    photo: np.ndarray,
    outlines: Sequence[list[Ring]],
    marked: Collection[int] = (),
    limit: float | None = None,
) -> alt.LayerChart:
    """Return a class's SHAP values as coloured regions over the grey photo.

    Each region tells its value where it is pointed at, and can be selected by a click: the
    parameter `region`. The strongest carry their numbers; those that are marked, their values: on a
    touch screen nothing can be pointed at. The chart is as wide as its place and keeps the photo's
    proportions. The outline of a region whose sign is not sure is dashed.

    Args:
        photo: (H, W, 3) uint8.
        outlines: as of `region_outlines`.
        marked: superpixels that are outlined in yellow.
        limit: the end of the colour scale, where it is not this explanation's own.
    """
    grey = pale(photo)
    height, width = grey.shape
    scale = np.array([width, height]) / explanation.segments.shape[0]
    shapes = [_shape(rings, scale) for rings in outlines]
    features = _features(explanation, class_name, shapes, marked, limit)
    proportion = alt.param(name="height", expr=f"width * {height / width:.4f}")
    labels = _labels(explanation, class_name, marked)
    layers = [_background(grey), _regions(features), *_written(labels)]
    chart = alt.layer(*layers).add_params(proportion)
    padding = dict.fromkeys(("top", "right", "bottom", "left"), 0)
    chart = chart.project(type="identity").properties(background="transparent", padding=padding)
    return chart.configure_view(strokeWidth=0)


def _shape(rings: list[Ring], scale: np.ndarray) -> dict[str, Any]:
    """Return rings as a GeoJSON geometry, in pixels of the photo that is drawn."""
    stretched = [np.rint(np.array(ring) * scale).astype(int).tolist() for ring in rings]
    return {"type": "Polygon", "coordinates": stretched}


def _features(
    explanation: Explanation,
    class_name: str,
    shapes: Sequence[dict[str, Any]],
    marked: Collection[int],
    limit: float | None,
) -> list[dict[str, Any]]:
    """Return one GeoJSON feature a region, in the order in which they are drawn."""
    colours, opacities = paints(explanation, class_name, limit)
    places = decimals(explanation)
    features = []
    for region in ranked(explanation, class_name):
        rank = _rank(region, marked)
        features.append(
            {
                "type": "Feature",
                "geometry": shapes[region.number],
                "region": region.number,
                "text": region.sentence(class_name, places),
                "fill": "#" + bytes(colours[region.number].round().astype(np.uint8)).hex(),
                "opacity": round(float(opacities[region.number]), 3),
                "rank": rank,
                **OUTLINES[rank],
            }
        )
    return sorted(features, key=lambda feature: feature["rank"])


def _rank(region: Region, marked: Collection[int]) -> int:
    """Return how a region's outline is drawn."""
    if region.number in marked:
        return MARKED
    return {None: UNKNOWN, False: UNSURE, True: SURE}[region.is_sure]


def _labels(
    explanation: Explanation, class_name: str, marked: Collection[int]
) -> list[dict[str, Any]]:
    """Return what is written on regions, and where: (x, y) in shares of the chart's sides."""
    places = decimals(explanation)
    labels = []
    for rank, region in enumerate(ranked(explanation, class_name)):
        if rank >= STRONGEST_SHOWN and region.number not in marked:
            continue
        point = point_inside(explanation.segments == region.number)
        x, y = np.array(point) / explanation.segments.shape[0]
        text = str(region.number)
        if region.number in marked:
            text += f": {region.figures(places)}"
        labels.append({"x": round(x, 3), "y": round(y, 3), "text": text})
    return labels


def _written(labels: list[dict[str, Any]]) -> list[alt.Chart]:
    """Return layers that write labels, in dark letters with a light rim.

    Letters begin where they are at the left of the chart, and end there at its right, so that all
    of them are in it.
    """
    where = {
        "x": alt.expr("datum.x * width"),
        "y": alt.expr("datum.y * height"),
        "align": alt.expr("datum.x < 0.3 ? 'left' : datum.x > 0.7 ? 'right' : 'center'"),
        "baseline": "middle",
        "fontSize": 11,
        "fontWeight": "bold",
    }
    chart = alt.Chart(alt.Data(values=labels)).encode(text="text:N")
    rim = chart.mark_text(**where, stroke="white", strokeWidth=3, strokeJoin="round", opacity=0.85)
    return [rim, chart.mark_text(**where, color="#1b1f24")]


def _background(grey: np.ndarray) -> alt.Chart:
    """Return the photo as a layer that fills the chart."""
    full = {"width": alt.expr("width"), "height": alt.expr("height")}
    mark = alt.Chart(alt.Data(values=[{}])).mark_image(
        url=data_url(grey), align="left", baseline="top", aspect=False, **full
    )
    return mark.encode(x=alt.value(0), y=alt.value(0))


def _regions(features: list[dict[str, Any]]) -> alt.Chart:
    chart = alt.Chart(alt.Data(values=features)).mark_geoshape(cursor="pointer", strokeJoin="round")
    dashes = alt.condition(f"datum.rank == {UNSURE}", alt.value([3, 3]), alt.value([1, 0]))
    return chart.encode(
        fill=alt.Fill("fill:N", scale=None, legend=None),
        fillOpacity=alt.FillOpacity("opacity:Q", scale=None, legend=None),
        stroke=alt.Stroke("stroke:N", scale=None, legend=None),
        strokeWidth=alt.StrokeWidth("width:Q", scale=None, legend=None),
        strokeDash=dashes,
        tooltip=alt.Tooltip("text:N"),
        description="text:N",
    ).add_params(alt.selection_point(name="region", fields=["region"], on="click", clear=False))


def strongest_chart(explanation: Explanation, class_name: str, text_colour: str) -> alt.LayerChart:
    """Return the strongest regions of a class as bars, each with its 95 % error bar.

    All classes of an explanation have the same axis, so that bars compare between charts.

    Args:
        text_colour: of names and axis; give a light one on a dark page.
    """
    regions, places = ranked(explanation, class_name)[:STRONGEST_SHOWN], decimals(explanation)
    rows = [_bar(region, class_name, places) for region in regions]
    axis = {"labelColor": text_colour, "domain": False, "grid": False, "title": None}
    y_axis = alt.Axis(ticks=False, minExtent=LABEL_WIDTH, maxExtent=LABEL_WIDTH, **axis)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("name:N", sort=None, axis=y_axis), tooltip=alt.Tooltip("text:N")
    )
    end = _axis_end(explanation)
    scale = alt.Scale(domain=[-end, end], nice=False)
    x_axis = alt.Axis(tickCount=3, tickColor=text_colour, **axis)
    zero = alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=text_colour, opacity=0.5)
    layers = [
        zero.encode(x=alt.X("zero:Q", scale=scale, axis=x_axis)),
        base.mark_bar(height=11).encode(
            x=alt.X("value:Q", scale=scale), color=alt.Color("colour:N", scale=None, legend=None)
        ),
    ]
    if explanation.standard_errors is not None:
        error_bars = base.mark_rule(color=text_colour, strokeWidth=2)
        layers.append(error_bars.encode(x=alt.X("low:Q", scale=scale), x2="high:Q"))
    chart = alt.layer(*layers).properties(height=22 * len(rows), background="transparent")
    return chart.configure_view(strokeWidth=0)


def _bar(region: Region, class_name: str, places: int) -> dict[str, Any]:
    reach = WIDTH_95 * (region.error or 0.0)
    return {
        "name": f"{region.place} · {region.number}",
        "value": region.value,
        "low": region.value - reach,
        "high": region.value + reach,
        "colour": FOR if region.value >= 0 else AGAINST,
        "text": region.sentence(class_name, places),
    }


def _axis_end(explanation: Explanation) -> float:
    """Return the end of an axis that has room for every error bar that is drawn of any class."""
    shown = [
        abs(region.value) + WIDTH_95 * (region.error or 0.0)
        for name in explanation.class_names
        for region in ranked(explanation, name)[:STRONGEST_SHOWN]
    ]
    return 1.02 * max(*shown, scale_limit(explanation))
