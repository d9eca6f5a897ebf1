"""Is the explanation right? A part of the Explain page."""

import hashlib
from collections.abc import Callable, Iterator

import streamlit as st

from insects.explanation import Explanation
from insects.faithfulness import Curve, Faithfulness, evaluations, faithfulness, other_baseline
from insects.inference import Model
from insects.ui import cache
from insects.ui.components import panel, shared
from insects.ui.jobs import Work
from insects.wording import follows

LOOKS = {"mean": "of the photo's mean colour", "blur": "blurred"}
PANEL = panel.Panel(
    name="check",
    button_key="check-faithfulness",
    label="Is it right? Check it",
    icon=":material/rule:",
    help="Takes parts of the photo away in the order of this explanation, and in random orders, "
    "and asks the network about what is left, at most 530 times.",
    unit="checks",
    stopped="The check was stopped before it was done.",
)


def faithfulness_panel(model: Model, explanation: Explanation) -> None:
    """Show a button that checks a finished explanation, and what came of it."""
    key, of = _key(explanation), evaluations(explanation)
    panel.show(PANEL, key, of, _check(model, explanation), _result)


def _key(explanation: Explanation) -> tuple:
    """Return a key that is equal for equal explanations; the network's edition is a part of it."""
    content = hashlib.sha256()
    for array in (explanation.image, explanation.segments, explanation.shap_values):
        content.update(array.tobytes())
    name = explanation.model_name
    return (PANEL.name, name, cache.edition(name), content.hexdigest(), other_baseline(explanation))


def _check(model: Model, explanation: Explanation) -> Work:
    """Return the work of a job; an on_progress that raises ends it after its batch."""

    def work(report: Callable[[int, int], None]) -> Iterator[Faithfulness]:
        yield faithfulness(model, explanation, on_progress=report)

    return work


def _result(found: Faithfulness) -> None:
    st.markdown("**Is it right?**")
    columns = st.columns(2)
    for column, curve in zip(columns, (found.deletion, found.insertion), strict=True):
        with column:
            _curve(curve, found.class_name)
    st.caption(
        f"Solid: this explanation's order, the strongest part first. Dashed: the mean of "
        f"{found.deletion.n_random} random orders; the band is their standard deviation. "
        f"Parts that are not shown are {LOOKS[found.baseline]}, unlike when it was explained."
    )


def _curve(curve: Curve, class_name: str) -> None:
    """Show a curve and what it says. The first page does not need charts, nor wait for pandas."""
    from insects.charts import faithfulness_chart

    chart = faithfulness_chart(curve, class_name, shared.text_colour())
    st.altair_chart(chart, alt=follows(curve))
    st.markdown(shared.plain(follows(curve)))
