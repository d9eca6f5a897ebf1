"""All checks of a dataset, one after the other."""

from collections import Counter

from insects.datasets import alike, dataset_title, series
from insects.datasets.dataset import Dataset
from insects.datasets.health import balance, copies, files, labels, pictures, shortcuts
from insects.datasets.health.evidence import MIN_PER_CLASS, Check, gather
from insects.datasets.health.report import PARTS, SEVERITIES, Finding, Report
from insects.storage import Progress

CHECKS: tuple[Check, ...] = (
    copies.leaks,
    copies.contradictions,
    copies.copies_within,
    pictures.same_pictures,
    pictures.series,
    pictures.numbers_that_count,
    files.unreadable,
    files.odd,
    files.left_out,
    files.other_kinds,
    files.tiny_or_blank,
    balance.balance,
    labels.doubtful,
    shortcuts.ring,
    shortcuts.outer_colours,
    shortcuts.too_few,
)


def examine(dataset: Dataset, on_progress: Progress = lambda *_: None) -> Report:
    """Say whether the photos of a dataset can be trusted, as it is split.

    Args:
        on_progress: called with what is being done, the steps done and the steps in all.
    """
    evidence = gather(dataset, on_progress)
    found: list[Finding] = []
    passed: list[str] = []
    for done, check in enumerate(CHECKS):
        on_progress("checking", done, len(CHECKS))
        for one in check(evidence):
            if isinstance(one, Finding):
                found.append(one)
            else:
                passed.append(one)
    found.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return _report(dataset, found, passed)


def _report(dataset: Dataset, found: list[Finding], passed: list[str]) -> Report:
    named = {i for finding in found for group in finding.groups for i in group}
    return Report(
        dataset=dataset.name,
        split_name=dataset.split_name,
        fingerprint=dataset.fingerprint,
        title=dataset_title(dataset.name),
        counts=_counts(dataset),
        findings=tuple(found),
        passed=tuple(passed),
        thresholds=_thresholds(),
        names={i: dataset.photos[i].full_name for i in sorted(named)},
    )


def _counts(dataset: Dataset) -> dict[str, dict[str, int]]:
    counts = Counter((photo.split, photo.label) for photo in dataset.photos)
    return {part: {name: counts[part, name] for name in dataset.class_names} for part in PARTS}


def _thresholds() -> dict[str, float]:
    """Return the numbers that decide what is a finding, by what they are of."""
    return {
        "same picture: cosine of the outlines": alike.SIMILAR,
        "series: largest gap between numbers": series.MAX_GAP,
        "balance: photos of one class for each of another": balance.UNEVEN,
        "tiny: px of the shorter side": files.TINY,
        "blank: standard deviation of grey, 0 to 127": files.BLANK,
        "shortcut: way from chance to always right": shortcuts.TELLING,
        "guesses: photos of each class": MIN_PER_CLASS,
    }
