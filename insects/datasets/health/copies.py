"""Photos that are there more than once, byte for byte."""

from collections import defaultdict
from collections.abc import Iterator

from insects.datasets.health.evidence import Evidence
from insects.datasets.health.report import Finding
from insects.datasets.health.words import agree, counted, share


def leaks(evidence: Evidence) -> Iterator[Finding | str]:
    """Find test photos that are training photos too."""
    photos = evidence.dataset.photos
    groups = [
        tuple(where)
        for where in evidence.indices.values()
        if {photos[i].split for i in where} == {"train", "test"}
    ]
    if not groups:
        yield "No test photo is also a training photo, byte for byte."
        return
    n_test = len(evidence.dataset.part("test"))
    n_leaked = sum(photos[i].split == "test" for group in groups for i in group)
    yield Finding(
        "leak",
        "serious",
        f"{share(n_leaked, n_test, 'test photo')} {agree(n_leaked, 'is', 'are')} also in the "
        "training photos.",
        "A score on this split measures memory: a network that learns photos by heart gets it.",
        'Use the split "deduplicated" or "by_series" instead.',
        tuple(sorted(groups)),
        figures={"leaked_test_photos": n_leaked, "test_photos": n_test},
    )


def contradictions(evidence: Evidence) -> Iterator[Finding | str]:
    """Find photos that lie in several classes."""
    photos = evidence.dataset.photos
    groups = [
        tuple(where)
        for where in evidence.indices.values()
        if len({photos[i].label for i in where}) > 1
    ]
    if not groups:
        yield "No photo lies in two classes."
        return
    yield Finding(
        "contradiction",
        "serious",
        f"{counted(len(groups), 'photo')} {agree(len(groups), 'lies', 'lie')} in two classes.",
        "One of the labels is wrong, and a network is taught both.",
        'Keep the right one. The split "by_series" leaves such photos out.',
        tuple(sorted(groups)),
        figures={"photos": len(groups)},
    )


def copies_within(evidence: Evidence) -> Iterator[Finding | str]:
    """Find photos that are in one part more than once."""
    by_part: dict[tuple[str, str], list[int]] = defaultdict(list)
    for content, where in evidence.indices.items():
        for i in where:
            by_part[content, evidence.dataset.photos[i].split].append(i)
    groups = [tuple(where) for where in by_part.values() if len(where) > 1]
    if not groups:
        yield "No photo is twice in one part."
        return
    spare = sum(len(group) - 1 for group in groups)
    yield Finding(
        "copies",
        "worth knowing",
        f"{counted(len(groups), 'photo')} {agree(len(groups), 'is', 'are')} in one part more than "
        "once.",
        "What is there twice counts twice, for a network and for a score.",
        'Keep one of each. The split "by_series" does.',
        tuple(sorted(groups)),
        figures={"photos": len(groups), "too_many": spare},
    )
