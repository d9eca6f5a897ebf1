"""What if the hidden parts looked different? A part of the Explain page."""

from collections.abc import Callable, Iterator

import streamlit as st

from insects.baselines import Comparison, compare, samples_each
from insects.explanation import Explanation
from insects.figures import scale_limit
from insects.inference import Model
from insects.ranking import decimals, ranked
from insects.superpixels import BASELINES
from insects.ui import cache
from insects.ui.cache import SmallPhoto
from insects.ui.components import panel
from insects.ui.components.explain import BASELINE_TITLES
from insects.ui.components.shared import plain, unbroken
from insects.ui.jobs import Work
from insects.wording import describe

PANEL = panel.Panel(
    name="baselines",
    button_key="compare-baselines",
    label="Explain under each",
    icon=":material/compare:",
    help="Explains this photo once for each way to hide parts, and compares.",
    unit="samples",
    stopped="Stopped before all were explained.",
)


def baselines_panel(
    model: Model, explanation: Explanation, photo: SmallPhoto, class_name: str | None
) -> None:
    """Show a button that explains a photo under every baseline, and what came of it.

    Args:
        explanation: a finished one; there is nothing to hide in one by pixels.
        class_name: the class in focus; None for the predicted one.
    """
    if explanation.settings.is_pixelwise:
        return
    with st.expander("What if the hidden parts looked different?"):
        n = samples_each(explanation)
        st.caption(
            f"The same photo with hidden parts white, of its mean colour, blurred, and filled in "
            f"from the edge: {n} samples each, by leverage."
        )
        name = class_name or explanation.label
        panel.show(
            PANEL,
            _key(explanation),
            len(BASELINES) * n,
            _comparing(model, explanation),
            lambda found: _result(found, photo, name),
        )


def _key(explanation: Explanation) -> tuple:
    """Return a key that is equal where the comparison would be."""
    name, settings = explanation.model_name, explanation.settings
    picture = cache.picture_key(explanation)
    how = (settings.seed, settings.output, samples_each(explanation))
    return (PANEL.name, name, cache.edition(name), picture, *how)


def _comparing(model: Model, explanation: Explanation) -> Work:
    """Return the work of a job; an on_progress that raises ends it after its batch."""

    def work(report: Callable[[int, int], None]) -> Iterator[Comparison]:
        yield compare(model, explanation, on_progress=report)

    return work


def _result(found: Comparison, photo: SmallPhoto, class_name: str) -> None:
    turning = found.turning(class_name)
    st.markdown(f"**{plain(class_name)}**. {found.sentence(class_name)}")
    limit = max(scale_limit(one) for one in found.explanations)
    for column, one in zip(st.columns(len(found.explanations)), found.explanations, strict=True):
        baseline = one.settings.baseline
        with column:
            st.caption(BASELINE_TITLES[baseline])
            st.vega_lite_chart(
                spec=cache.overlay_spec(one, class_name, photo, tuple(turning), limit),
                theme=None,
                key=f"overlay-baseline-{baseline}",
                alt=f"Hidden parts {BASELINE_TITLES[baseline]}: {describe(one, class_name)}",
            )
    st.caption(
        "What hidden parts look like is above each; all are on one colour scale. Outlined in "
        "yellow: regions that surely speak for the class under one of them, and surely against it "
        "under another."
    )
    if turning:
        st.markdown(_table(found, turning, class_name))


def _table(found: Comparison, turning: list[int], class_name: str) -> str:
    """Return the values of the regions whose sign turns, as a table in Markdown."""
    titles = [BASELINE_TITLES[one.settings.baseline] for one in found.explanations]
    by_baseline = [{r.number: r for r in ranked(one, class_name)} for one in found.explanations]
    places = max(decimals(one) for one in found.explanations)
    rows = [
        f"| {number} | {by_baseline[0][number].place} | "
        + " | ".join(unbroken(regions[number].figures(places)) for regions in by_baseline)
        + " |"
        for number in turning
    ]
    head = [f"| region | where | {' | '.join(titles)} |", "| --- " * (2 + len(titles)) + "|"]
    return "\n".join([*head, *rows])
