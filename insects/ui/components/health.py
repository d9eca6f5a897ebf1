"""How healthy a dataset is: parts of the Dataset page."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from insects.datasets import Dataset
from insects.datasets.health import Finding, Report
from insects.datasets.health.shortcuts import OUTER, RING, SMALL_SIDE
from insects.ui import datasets, state
from insects.ui.components import shared
from insects.ui.components.dataset import split_title
from insects.ui.components.photos import tile
from insects.ui.gallery import gallery

SHOWN_OF_FINDING, SHOWN_OF_GROUP = 24, 6
# Findings on what a classifier makes of a photo's edges alone: the share of a side that it saw.
RIMS = {"ring": RING / SMALL_SIDE, "outer colours": OUTER / SMALL_SIDE}
SEVERITY = {
    "serious": (":material/error:", "red"),
    "worth knowing": (":material/warning:", "orange"),
    "note": (":material/info:", "blue"),
}


def health(dataset: Dataset) -> None:
    """Show what is wrong with a dataset, the worst first, or how far the search for it is."""
    found = datasets.report(dataset)
    if isinstance(found, Report):
        _show_report(found, dataset)
    else:
        st.fragment(_health_progress, run_every=1.0)(dataset)


def _health_progress(dataset: Dataset) -> None:
    found = datasets.report(dataset)
    if isinstance(found, Report):
        st.rerun()
    elif found.state == "failed":
        st.warning(shared.plain(f"The health report could not be made: {found.error}"))
        st.button("Try again", on_click=datasets.try_report_again, args=(dataset,))
    else:
        st.markdown("**Can these photos be trusted?** Looking at each of them, once …")
        shared.work(found, "Waiting for other work …")


def _show_report(report: Report, dataset: Dataset) -> None:
    serious = [finding for finding in report.findings if finding.severity == "serious"]
    came = split_title("published", dataset).removeprefix("as ")
    if serious:
        others = [f"- {shared.plain(finding.title)}" for finding in serious[1:]]
        text = "\n".join([f"As {came}: {_in_words(serious[0])}", "", *others])
        st.error(text, icon=SEVERITY["serious"][0])
    elif not report.findings:
        st.success("Nothing was found that would make a score dishonest.")
    count = len(report.findings)
    with st.expander(f"The whole health report ({count} finding{'' if count == 1 else 's'})"):
        for number, finding in enumerate(report.findings):
            _show_finding(finding, dataset, number)
        if report.passed:
            st.markdown("**Checked, and found fine**")
            st.markdown("\n".join(f"- {shared.plain(text)}" for text in report.passed))


def _in_words(finding: Finding) -> str:
    more = shared.plain(f"{finding.meaning} {finding.advice}".replace("by_series", "by series"))
    return f"**{shared.plain(finding.title)}** {more}"


def _show_finding(finding: Finding, dataset: Dataset, number: int) -> None:
    icon, colour = SEVERITY[finding.severity]
    st.markdown(f":{colour}[{icon} {finding.severity}] {_in_words(finding)}")
    if finding.files:
        st.caption(shared.plain(", ".join(finding.files[:SHOWN_OF_FINDING])))
    if not finding.groups:
        return
    if st.toggle("Show the photos", key=f"finding-{finding.check}-{number}"):
        groups = [group[:SHOWN_OF_GROUP] for group in _first(finding.groups, SHOWN_OF_FINDING)]
        gallery(
            [
                [tile(dataset, index, rim_alone=RIMS.get(finding.check, 0)) for index in group]
                for group in groups
            ],
            f"found-{number}",
            shared.is_blurred(),
            lambda index: state.open_photo(dataset.photos, int(index)),
        )
        if finding.check in RIMS:
            st.caption("What the classifier saw of photos that it told right, most sure of them.")
        photos = sum(len(group) for group in finding.groups)
        if (shown := sum(len(group) for group in groups)) < photos:
            st.caption(f"{shown} of {photos:,} photos.")


def _first(groups: Sequence[tuple[int, ...]], photos: int) -> list[tuple[int, ...]]:
    """Return the first groups, with as many photos as asked for in all, or a few more."""
    before = np.cumsum([0, *(min(len(group), SHOWN_OF_GROUP) for group in groups)])
    return [group for group, start in zip(groups, before, strict=False) if start < photos]
