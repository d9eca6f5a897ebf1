"""Answers, explanations and their checks in words, to be read without any picture."""

from typing import Any

import numpy as np

from insects.convergence import (
    MOST_SAMPLES,
    TARGET,
    Settled,
    error_ratio,
    errors_from,
    is_first_look,
    samples_for,
    settled,
)
from insects.explanation import Explanation
from insects.faithfulness import Curve
from insects.inference import Prediction, Verdict
from insects.metrics import FEWEST_TO_CALIBRATE
from insects.predictions import calibration_of

# What a photo of one of them shows; class names are as the photos' folders have them.
SINGULARS = {"beetles": "beetle", "dragonflies": "dragonfly"}
# A value this many standard errors from 0 is called clear.
CLEAR = 2.0
# What chance does more often than this is not said to be more than chance.
RARE = 0.1
SMALLEST_SAID = 0.005
SMALLEST_WITH_TWO_DECIMALS = 0.1
PLACES = (
    ("at the upper left", "at the top", "at the upper right"),
    ("on the left", "in the middle", "on the right"),
    ("at the lower left", "at the bottom", "at the lower right"),
)
# What each way to estimate is, in a sentence that promises no more than it keeps.
METHOD_SENTENCES = {
    "leverage": "Shapley values estimated by regression on pairs of complementary samples, our "
    "own; it shows its standard errors, a little too small with few samples.",
    "kernel": "Shapley values estimated by regression, as in article 2 (shap.KernelExplainer); "
    "it has no standard errors.",
    "permutation": "Shapley values averaged over random orders in which superpixels appear and "
    "disappear (shap.PermutationExplainer); it shows standard errors from 5 orders on.",
    "partition": "Owen values (shap.PartitionExplainer): neighbouring superpixels of like colour "
    "share as groups, so they differ from Shapley values, and it has no standard errors.",
    "exact": "The Shapley values themselves, from every possible sample; only for 14 superpixels "
    "or fewer.",
    "deep": "A value for each pixel, traced back through the layers, as in article 1 "
    "(shap.DeepExplainer); approximate, without standard errors, not for EfficientNet-Lite0.",
    "gradient": "A value for each pixel: the network's gradients between this photo and 61 others "
    "(shap.GradientExplainer, expected gradients); for every network, without standard errors, and "
    "they add up to the answer only roughly.",
}


def percent(probability: float) -> str:
    """Return a probability as people say it; never 0 % or 100 %, which no network can know."""
    if probability > 0.995:
        return "over 99 %"
    if probability < 0.005:
        return "under 1 %"
    return f"{100 * probability:.0f} %"


def short_percent(probability: float) -> str:
    """Return the same for beside a bar, where room is short."""
    return percent(probability).replace("over ", ">").replace("under ", "<")


def singular(class_name: str) -> str:
    """Return what one photo of a class shows, such as "beetle"; of unknown classes their name."""
    return SINGULARS.get(class_name, class_name)


def answer(prediction: Prediction) -> str:
    """Return what a network chooses among its classes, such as "dragonfly, 94 % sure"."""
    return f"{singular(prediction.label)}, {percent(float(prediction.probabilities.max()))} sure"


def headline(prediction: Prediction) -> str:
    """Return the answer, less sure or none at all where the photo looks like no class."""
    if prediction.familiarity_verdict == Verdict.UNLIKE:
        return f"This looks like none of the {_number_of_classes(prediction)}"
    if prediction.familiarity_verdict == Verdict.UNSURE:
        label, number = singular(prediction.label), _number_of_classes(prediction)
        return f"Perhaps a {label}, perhaps none of the {number}"
    return answer(prediction)


def familiarity(prediction: Prediction) -> str:
    """Return whether a photo looks like the classes at all; nothing where nobody can tell."""
    *most, last = (f"a {singular(name)}" for name in prediction.class_names)
    classes = f"{', '.join(most)} or {last}"
    if prediction.familiarity_verdict == Verdict.LIKE:
        return f"familiar: it looks like photos of {classes}"
    if prediction.familiarity_verdict == Verdict.UNSURE:
        return (
            f"It is hard to tell whether this is {classes} at all: the same photo, saved again, "
            f"may look like one or not. If it is one of them: {answer(prediction)}."
        )
    if prediction.familiarity_verdict == Verdict.UNLIKE:
        return (
            f"The network knows nothing but {classes}. It has to choose one all the same, and "
            f"chooses {singular(prediction.label)}."
        )
    return ""


def _number_of_classes(prediction: Prediction) -> str:
    return {2: "two", 3: "three"}.get(len(prediction.class_names), "classes")


def without_label(before: Prediction, after: Prediction) -> str:
    """Return what hiding the label strip of a photo changes.

    Args:
        before: of the photo as it is.
        after: of the same with its label hidden.
    """
    old, new = headline(before), headline(after)
    if new == old:
        return f'Without the label: "{new}", as before.'
    verdicts = (before.familiarity_verdict, after.familiarity_verdict)
    is_other = after.label != before.label or verdicts[0] != verdicts[1]
    changes = " the answer changes" if is_other else ""
    return f'Without the label{changes}: "{new}" instead of "{old}".'


def how_calibrated(metrics: dict[str, Any], wanted: bool = False) -> str:
    """Say whether a network is as right as it is sure, and what made it so; "" if nobody measured.

    Args:
        metrics: of a run; raises KeyError, TypeError or ValueError where they are not understood.
        wanted: whether a temperature was to be fitted when it was trained.
    """
    photos, calibration = metrics["test"]["photos"], calibration_of(metrics)
    if photos < FEWEST_TO_CALIBRATE:
        said = [
            f"Whether it is right as often as it says cannot be told from {photos} test photos; "
            f"that takes {FEWEST_TO_CALIBRATE}."
        ]
    elif calibration:
        said = [
            f"Expected calibration error: {calibration['ece_before']:.1%} before and "
            f"{calibration['ece_after']:.1%} after its temperature."
        ]
    else:
        error = metrics["test"].get("ece")
        said = [] if error is None else [f"Expected calibration error: {error:.1%}."]
    return " ".join([*said, *_temperature(metrics, calibration, wanted)])


def _temperature(metrics: dict[str, Any], calibration: Any, wanted: bool) -> list[str]:
    """Return the sentence that tells of a run's temperature, if there is something to tell."""
    if calibration:
        elsewhere = "from_elsewhere" in calibration and calibration["from_elsewhere"]
        return [
            f"The temperature of {calibration['temperature']:.2f} was fitted on "
            f"{calibration['photos']} {'photos from elsewhere' if elsewhere else 'training photos'}"
            " that were set aside for it."
        ]
    if wanted or metrics.get("calibration"):
        return [
            f"No temperature was fitted: fewer than {FEWEST_TO_CALIBRATE} photos could be set "
            "aside for it, and from so few it can do harm."
        ]
    return []


def follows(curve: Curve) -> str:
    """Return whether the answer follows an explanation, in one sentence."""
    deed = {
        "deletion": "Taking parts away in this order lowers the answer",
        "insertion": "Showing parts in this order raises the answer",
    }[curve.kind]
    mean, sd = curve.random_area
    beaten = f"{curve.better_than or 'none'} of {curve.n_random} random orders"
    areas = f"area {curve.area:.2f} against {mean:.2f} ± {sd:.2f}"
    verdict = "" if curve.by_chance <= RARE else "; chance may do as well"
    return f"{deed} faster than {beaten} ({areas}){verdict}."


def describe(explanation: Explanation, class_name: str | None = None) -> str:
    """Return which regions speak most for and against a class, in one sentence.

    Of a pixel-level explanation the regions are the ninths of the photo, for no single pixel says
    anything.

    Args:
        class_name: None for the predicted class.
    """
    label = class_name or explanation.label
    index = explanation.class_names.index(label)
    if explanation.settings.is_pixelwise:
        return _describe_pixels(explanation, label, index)
    values = explanation.shap_values[:, index]
    strongest = np.argsort(values)
    supporters = [
        i for i in strongest[::-1][:2] if values[i] > 0 and is_clear(explanation, i, index)
    ]
    opponents = [i for i in strongest[:1] if values[i] < 0 and is_clear(explanation, i, index)]
    if not supporters and not opponents:
        return f"No single region speaks clearly for or against {label} at this many samples."
    said = _sentence(
        [_region(explanation, i, index) for i in supporters],
        [_region(explanation, i, index) for i in opponents],
    )
    return f"At first look: {said[0].lower()}{said[1:]}" if is_first_look(explanation) else said


def how_settled(
    explanation: Explanation, class_name: str | None = None, is_running: bool = False
) -> str:
    """Return whether the strongest regions of a class are settled, and what would settle them.

    Args:
        class_name: None for the predicted class.
        is_running: more samples are on their way, so none are advised.
    """
    if explanation.standard_errors is None:
        return _without_errors(explanation)
    found = settled(explanation, class_name)
    if found.is_exact:
        return "These values are exact."
    if found.all:
        return f"{_strongest(len(found.strongest))} settled."
    if is_running or not found.forecast:
        return _unsettled(found, is_running)
    start = f"{_strongest(found.count)} settled" if found.count else "Not settled yet"
    wanted = "it" if len(found.strongest) == 1 else f"the top {len(found.strongest)}"
    return f"{start}. About {found.forecast:,} samples may settle {wanted}."


def _without_errors(explanation: Explanation) -> str:
    if not (start := errors_from(explanation)):
        return "This method has no error bars."
    return f"A first look: how sure it is can be told from {start:,} samples on."


def _unsettled(found: Settled, is_running: bool) -> str:
    """Return what is not settled of the strongest regions, where no number of samples is named."""
    why = "not settled yet" if is_running else "too close to call"
    if not found.count:
        return f"{why.capitalize()}{'' if is_running else f', even with {MOST_SAMPLES:,} samples'}."
    left = len(found.strongest) - found.count
    others = "the next one is" if left == 1 else f"the next {left} are"
    return f"{_strongest(found.count)} settled; {others} {why}."


def how_precise(explanation: Explanation, class_name: str | None = None) -> str:
    """Return how large the errors are beside the values, in one sentence; nothing without any.

    Args:
        class_name: None for the predicted class.
    """
    name = class_name or explanation.label
    ratio = error_ratio(explanation, name)
    if not ratio:
        return ""
    share = f"{100 * ratio:.2g} %" if ratio < 1 else "over 100 %"
    said = (
        f"For {name} the largest standard error is {share} of the distance from the lowest value "
        "to the highest"
    )
    if ratio <= TARGET:
        return f"{said}."
    samples = samples_for(explanation, class_name=name)
    wanted = f"More than {MOST_SAMPLES:,}" if samples is None else f"About {samples:,}"
    return f"{said}. {wanted} samples would bring it to {100 * TARGET:.0f} %."


def _strongest(number: int) -> str:
    return "The strongest region is" if number == 1 else f"The {number} strongest regions are"


def _describe_pixels(explanation: Explanation, label: str, class_index: int) -> str:
    sums = ninths(explanation)[:, class_index]
    strongest = np.argsort(sums)
    said = [i for i in strongest if abs(sums[i]) > SMALLEST_SAID]
    if not said:
        return f"No part of the photo speaks clearly for or against {label}."
    return _sentence(
        [_ninth(i, sums[i]) for i in said[::-1][:2] if sums[i] > 0],
        [_ninth(i, sums[i]) for i in said[:1] if sums[i] < 0],
    )


def ninths(explanation: Explanation) -> np.ndarray:
    """Return what the pixels of each ninth of the photo sum to, (9, n_classes), row by row."""
    side = explanation.segments.shape[0]
    rows, columns = np.indices((side, side)) * 3 // side
    of_pixels = explanation.shap_values[explanation.segments]
    return np.stack([of_pixels[3 * rows + columns == i].sum(axis=0) for i in range(9)])


def _ninth(ninth: int, value: float) -> str:
    return f"the pixels {PLACES[ninth // 3][ninth % 3]} (together {signed(value)})"


def _sentence(supporters: list[str], opponents: list[str]) -> str:
    parts = []
    if supporters:
        parts.append("most for it: " + " and ".join(supporters))
    if opponents:
        parts.append("most against: " + " and ".join(opponents))
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]


def is_clear(explanation: Explanation, superpixel: int, class_index: int) -> bool:
    """Return whether a value is further from 0 than its error explains, or has no error."""
    if explanation.standard_errors is None:
        return True
    value = explanation.shap_values[superpixel, class_index]
    error = explanation.standard_errors[superpixel, class_index]
    return bool(abs(value) > max(CLEAR * error, SMALLEST_SAID))


def signed(value: float) -> str:
    """Return such as "+0.31" or "−0.08", with a real minus sign."""
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")


def signed_end(value: float) -> str:
    """Return the same for the end of a scale, with two digits that count where it is small."""
    if abs(value) >= SMALLEST_WITH_TWO_DECIMALS:
        return signed(value)
    return np.format_float_positional(
        value, precision=2, fractional=False, trim="k", sign=True
    ).replace("-", "−")


def unit(explanation: Explanation, value: float) -> str:
    """Return what the unit of the SHAP values is, by the example of one of them.

    Args:
        value: the example, above 0.
    """
    part = "pixel" if explanation.settings.is_pixelwise else "region"
    if explanation.settings.output == "logit":
        return (
            f"Unit: logits, the network's scores before they become probabilities. A {part} with "
            f"{signed_end(value)} raises the score of the class by that much, on average."
        )
    points = np.format_float_positional(100 * value, 2, fractional=False, trim="-")
    return (
        f"Unit: probability. A {part} with {signed_end(value)} makes the network {points} "
        "percentage points surer of the class, on average."
    )


def _region(explanation: Explanation, superpixel: int, class_index: int) -> str:
    value = signed(explanation.shap_values[superpixel, class_index])
    if explanation.standard_errors is not None:
        value += f" ± {explanation.standard_errors[superpixel, class_index]:.2f}"
    return f"region {superpixel} {_place(explanation.segments == superpixel)} ({value})"


def place_of(pixels: np.ndarray) -> str:
    """Return where a region is in two words or one, such as "upper left" or "middle".

    Args:
        pixels: (H, W) bool.
    """
    return _place(pixels).split(" the ")[1]


def _place(pixels: np.ndarray) -> str:
    """Return where a region is, by its pixel nearest to its middle: a ring has none in it.

    Args:
        pixels: (H, W) bool.
    """
    points = np.argwhere(pixels)
    distances = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    row, column = points[distances.argmin()] * 3 // np.array(pixels.shape)
    return PLACES[row][column]
