"""Explanations and predictions as pictures; nothing is shown here."""

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
from PIL import Image, ImageOps
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.segmentation import mark_boundaries

from insects.explanation import Explanation
from insects.inference import Prediction
from insects.ranking import STRONGEST_SHOWN, ranked
from insects.wording import describe, headline, short_percent, signed_end, singular, unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Against and for: the ends of a scale that people with any colour vision can tell apart.
AGAINST, NEUTRAL, FOR = "#2166ac", "#f2f2f2", "#c2410c"
# Classes, in the order of a dataset's names. None is like the two colours above. Each stands out
# from a light page and from a dark one. The first three differ for the colour-blind too.
CLASS_COLOURS = ("#1b9a59", "#9a66ee", "#e8478d", "#0e93a0", "#8f8a4a", "#7c8087")
# A dataset may have 20 classes; a figure has room for the most probable ones.
MOST_BARS, MOST_OVERLAYS = 8, 4
FIGURE_WIDTH = 54  # px, of ">99 %" behind the longest bar
OUTLINE = (1.0, 0.85, 0.1)
OVERLAY_SIDE = 480
# Values of single pixels are spikes: unsmoothed, and on a scale to their largest, all looks grey.
PIXEL_BLUR = 1.0  # standard deviation, in pixels of the network
PIXEL_SCALE_PERCENT = 99


def scale_limit(explanation: Explanation) -> float:
    """Return the end of the scale that all classes share: the largest absolute SHAP value.

    Of a pixel-level explanation it is the value that one pixel in 100 exceeds.
    """
    sizes = np.abs(shown_values(explanation))
    is_pixelwise = explanation.settings.is_pixelwise
    end = np.percentile(sizes, PIXEL_SCALE_PERCENT) if is_pixelwise else sizes.max()
    return float(max(end, 1e-9))


def shown_values(explanation: Explanation) -> np.ndarray:
    """Return the SHAP values as they are drawn, (n_superpixels, n_classes): pixels smoothed."""
    values = explanation.shap_values
    if not explanation.settings.is_pixelwise:
        return values
    maps = values.reshape(*explanation.segments.shape, -1)
    return gaussian_filter(maps, (PIXEL_BLUR, PIXEL_BLUR, 0)).reshape(values.shape)


def overlay(explanation: Explanation, class_name: str, photo: np.ndarray) -> np.ndarray:
    """Return a class's SHAP values as colours over the grey photo, (H, W, 3) uint8.

    Args:
        photo: (h, w, 3) uint8, gives the proportions; 480 px on the long side come out.
    """
    grey = pale(photo).astype(float)
    segments = _stretch(explanation.segments, grey.shape[1], grey.shape[0])
    colours, opacities = paints(explanation, class_name)
    opacity = opacities[segments][..., None]
    mixed = grey[..., None] * (1 - opacity) + colours[segments] * opacity
    return mixed.round().astype(np.uint8)


def paints(
    explanation: Explanation, class_name: str, limit: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each superpixel is painted with, on the scale that all classes share.

    Args:
        limit: the end of the scale, where it is not this explanation's own.

    Returns:
        Colours, (n_superpixels, 3) on the 0-255 scale, and opacities, (n_superpixels,).
    """
    values = shown_values(explanation)[:, explanation.class_names.index(class_name)]
    share = np.clip(values / (limit or scale_limit(explanation)), -1, 1)
    return _diverging(share), 0.1 + 0.75 * np.abs(share)


def pale(photo: np.ndarray) -> np.ndarray:
    """Return a photo pale and grey, (H, W) uint8, to be painted over; 480 px on the long side.

    Args:
        photo: (h, w, 3) uint8.
    """
    image = ImageOps.contain(Image.fromarray(photo), (OVERLAY_SIDE, OVERLAY_SIDE))
    return (np.asarray(image.convert("L"), float) * 0.5 + 127).astype(np.uint8)


def outlines(photo: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return the photo with the borders of its superpixels drawn in, (H, W, 3) uint8.

    A photo smaller than 480 px is enlarged first: lines of a pixel would cover it.

    Args:
        photo: (h, w, 3) uint8.
        segments: (image_size, image_size) int.
    """
    if max(photo.shape) < OVERLAY_SIDE:
        large = ImageOps.contain(Image.fromarray(photo), (OVERLAY_SIDE, OVERLAY_SIDE))
        photo = np.asarray(large)
    marked = mark_boundaries(photo, _stretch(segments, photo.shape[1], photo.shape[0]), OUTLINE)
    return (marked * 255).round().astype(np.uint8)


def point_inside(pixels: np.ndarray) -> tuple[float, float]:
    """Return the point of a region that is furthest from its outline, (x, y), in pixels.

    Args:
        pixels: (H, W) bool, True in the region.
    """
    depths = distance_transform_edt(np.pad(pixels, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(depths.argmax(), depths.shape)
    return float(column) + 0.5, float(row) + 0.5


def thumbnail(photo: np.ndarray, side: int = 208) -> np.ndarray:
    """Return the middle square of a photo, (side, side, 3) uint8."""
    return np.asarray(ImageOps.fit(Image.fromarray(photo), (side, side)))


def likeliest_first(probabilities: np.ndarray) -> list[int]:
    """Return the classes in the order in which bars and overlays show them.

    Of classes with the same probability the first in the dataset's names comes first, as in the
    answer.

    Args:
        probabilities: (n_classes,).
    """
    return np.argsort(-probabilities, kind="stable").tolist()


def prediction_chart(prediction: Prediction, text_colour: str = "#1b1f24") -> alt.LayerChart:
    """Return one bar a class, most probable first, each with its figure; eight bars at most.

    Args:
        text_colour: of names and figures; give a light one on a dark page.
    """
    rows = prediction_rows(prediction)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y(
            "class:N",
            sort=None,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelColor=text_colour),
        ),
    )
    room = alt.expr(f"max(0, width - {FIGURE_WIDTH})")  # the rest is for the figure behind a bar
    x = alt.X("probability:Q", scale=alt.Scale(domain=[0, 1], range=[0, room]), axis=None)
    bars = base.mark_bar(cornerRadiusEnd=3, height=22).encode(
        x=x, color=alt.Color("colour:N", scale=None, legend=None)
    )
    figures = base.mark_text(align="left", dx=5, fontSize=14, color=text_colour).encode(
        x=x, text="text:N"
    )
    return (bars + figures).properties(height=34 * len(rows)).configure_view(strokeWidth=0)


def prediction_rows(prediction: Prediction) -> list[dict[str, Any]]:
    """Return what the bars of `prediction_chart` show, most probable first, eight at most."""
    order = likeliest_first(prediction.probabilities)[:MOST_BARS]
    return [
        {
            "class": singular(prediction.class_names[i]),
            "probability": float(prediction.probabilities[i]),
            "text": short_percent(float(prediction.probabilities[i])),
            "colour": class_colour(i),
        }
        for i in order
    ]


def counts_chart(counts: dict[str, dict[str, int]], text_colour: str = "#1b1f24") -> alt.LayerChart:
    """Return how many photos there are, a bar for each class and part.

    Args:
        counts: part -> class -> photos, classes in the order of the dataset's names.
        text_colour: as for `prediction_chart`.
    """
    rows = [
        {
            "class": name,
            "part": part,
            "photos": number,
            "text": f"{part} {number:,}",
            "colour": class_colour(i),
            "opacity": 1.0 if part == "train" else 0.55,
        }
        for part, by_class in counts.items()
        for i, (name, number) in enumerate(by_class.items())
    ]
    axis = alt.Axis(ticks=False, domain=False, labelColor=text_colour, labelLimit=140)
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("class:N", sort=None, title=None, axis=axis),
        yOffset=alt.YOffset("part:N", sort=list(counts)),
    )
    # The room beyond the longest bar is for its figure.
    longest = max(number for by_class in counts.values() for number in by_class.values())
    x = alt.X("photos:Q", scale=alt.Scale(domain=[0, 1.3 * max(longest, 1)]), axis=None)
    bars = base.mark_bar(cornerRadiusEnd=3).encode(
        x=x,
        color=alt.Color("colour:N", scale=None, legend=None),
        opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
    )
    figures = base.mark_text(align="left", dx=5, fontSize=12, color=text_colour).encode(
        x=x, text="text:N"
    )
    height = 44 * len(next(iter(counts.values())))
    return (bars + figures).properties(height=height).configure_view(strokeWidth=0)


def class_colour(index: int) -> str:
    """Return the colour of a class by its place in the dataset's names."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def explanation_figure(explanation: Explanation, photo: np.ndarray) -> "Figure":
    """Return everything in one figure: the photo, the bars, one overlay a class, the scale.

    Of more than four classes the four most probable get an overlay.

    Matplotlib is imported here: the first page does not need it, and would wait for it.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.figure import Figure

    order = likeliest_first(explanation.probabilities)
    shown = order[:MOST_OVERLAYS]
    figure = Figure(figsize=(3.2 * (len(shown) + 2), 4.4), layout="constrained")
    axes = figure.subplots(1, len(shown) + 2)
    axes[0].imshow(photo)
    axes[0].set_title(f"the photo, {_parts(explanation)}", fontsize=10)
    axes[0].set_axis_off()
    _draw_bars(axes[1], explanation, order[:MOST_BARS])
    for ax, i in zip(axes[2:], shown, strict=True):
        name = explanation.class_names[i]
        picture = overlay(explanation, name, photo)
        ax.imshow(picture)
        _draw_numbers(ax, explanation, name, picture)
        ax.set_title(f"for and against {name}", fontsize=10)
        ax.set_axis_off()
    limit = scale_limit(explanation)
    diverging = LinearSegmentedColormap.from_list("against-for", [AGAINST, NEUTRAL, FOR])
    colours = ScalarMappable(Normalize(-limit, limit), diverging)
    scale = figure.colorbar(colours, ax=axes[2:], orientation="horizontal", shrink=0.6, aspect=40)
    scale.set_label(f"SHAP value ({explanation.settings.output})", fontsize=9)
    figure.suptitle(headline(explanation.prediction), fontsize=14)
    figure.supxlabel(f"{describe(explanation)}\n{caption(explanation)}", fontsize=8)
    return figure


def caption(explanation: Explanation) -> str:
    """Return how the explanation was made, in one line."""
    s = explanation.settings
    how = f"{explanation.model_name}, {s.method}, {_parts(explanation)}, "
    if s.is_pixelwise:
        return (
            f"{how}background: {explanation.background}, seed {s.seed}. Drawn smoothed by a "
            f"pixel; the strongest {100 - PIXEL_SCALE_PERCENT} % have the full colour"
        )
    return f"{how}{explanation.nsamples} samples, hidden parts: {s.baseline}, seed {s.seed}"


def _parts(explanation: Explanation) -> str:
    if explanation.settings.is_pixelwise:
        return f"{explanation.n_superpixels:,} pixels"
    return f"{explanation.n_superpixels} superpixels"


def data_url(picture: np.ndarray) -> str:
    """Return a picture, (H, W, 3) or (H, W) uint8, as an address that holds all of it.

    A page that is drawn again twice a second would have taken back a file of it by the time the
    browser comes for it.
    """
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, format="jpeg", quality=88)
    return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode()}"


def to_png(figure: "Figure") -> bytes:
    """Return the figure as a PNG file."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def scale_html(explanation: Explanation) -> str:
    """Return the colour scale that all overlays share, as HTML: its ends in figures, their unit."""
    limit = scale_limit(explanation)
    return (
        '<div style="display:flex;align-items:center;gap:.6rem;flex-wrap:wrap">'
        f"<span>against {signed_end(-limit)}</span>"
        f'<span style="flex:1;min-width:8rem;max-width:26rem;height:.8rem;border-radius:.4rem;'
        f'background:linear-gradient(90deg,{AGAINST},{NEUTRAL},{FOR})"></span>'
        f"<span>{signed_end(limit)} for</span></div>"
        f'<div style="font-size:.875rem;margin-top:.3rem">{unit(explanation, limit)}</div>'
    )


def _draw_bars(ax, explanation: Explanation, order: list[int]) -> None:
    names = [singular(explanation.class_names[i]) for i in order]
    probabilities = explanation.probabilities[order]
    bars = ax.barh(names, probabilities, color=[class_colour(i) for i in order])
    ax.bar_label(bars, [short_percent(float(p)) for p in probabilities], padding=3, fontsize=9)
    ax.set_xlim(0, 1.35)
    ax.set_xticks([])
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    ax.set_title("prediction", fontsize=10)


def _draw_numbers(ax, explanation: Explanation, class_name: str, picture: np.ndarray) -> None:
    """Write the numbers of the strongest regions on them: words name regions by their numbers."""
    from matplotlib.patheffects import withStroke

    scale = np.array(picture.shape[1::-1]) / explanation.segments.shape[0]
    for region in ranked(explanation, class_name)[:STRONGEST_SHOWN]:
        x, y = point_inside(explanation.segments == region.number) * scale
        number = ax.text(x, y, str(region.number), fontsize=8, ha="center", va="center")
        number.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _diverging(share: np.ndarray) -> np.ndarray:
    """Return colours, (n, 3) on the 0-255 scale, for values from -1 (against) to 1 (for)."""
    ends = np.array([tuple(bytes.fromhex(name[1:])) for name in (AGAINST, NEUTRAL, FOR)])
    return np.stack([np.interp(share, (-1, 0, 1), channel) for channel in ends.T], axis=-1)


def _stretch(segments: np.ndarray, width: int, height: int) -> np.ndarray:
    image = Image.fromarray(segments.astype(np.int32))
    return np.asarray(image.resize((width, height), Image.Resampling.NEAREST))
