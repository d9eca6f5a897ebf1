"""Whether the classes have about as many photos in each part."""

from collections import Counter
from collections.abc import Iterator

from insects.datasets.health.evidence import Evidence
from insects.datasets.health.report import PARTS, Finding
from insects.datasets.health.words import joined, percent

UNEVEN = 1.5  # photos of the commonest class for each of the rarest, from which it is told
VERY_UNEVEN = 4.0


def balance(evidence: Evidence) -> Iterator[Finding | str]:
    """Compare the classes of each part."""
    even = []
    for part, in_words in PARTS.items():
        photos = evidence.dataset.part(part)
        counts = Counter(dict.fromkeys(evidence.dataset.class_names, 0))
        counts.update(photo.label for photo in photos)
        if not counts:
            return
        missing = [name for name, n in counts.items() if n == 0]
        if missing:
            yield _missing(missing, in_words)
        elif max(counts.values()) >= UNEVEN * min(counts.values()):
            yield _uneven(counts, part)
        else:
            even.append(in_words)
    if even:
        yield f"The classes have about as many photos each, in the {joined(even)} photos."


def _missing(names: list[str], part: str) -> Finding:
    return Finding(
        "classes",
        "serious",
        f"Among the {part} photos there is none of {joined(names)}.",
        f"A network cannot {'learn' if part == 'training' else 'be tested on'} what is not there.",
        "Add photos of it, or leave the class out.",
        figures={"missing_classes": len(names)},
    )


def _uneven(counts: Counter[str], part: str) -> Finding:
    (most, n_most), *_, (least, n_least) = counts.most_common()
    always = n_most / counts.total()
    return Finding(
        "balance",
        "worth knowing" if n_most >= VERY_UNEVEN * n_least else "note",
        f"The {PARTS[part]} photos are uneven: {n_most:,} of {most}, {n_least:,} of {least}.",
        f"Whoever always says {most} is right for {percent(always)} of them.",
        "Compare scores with that, and look at each class on its own.",
        figures={"most": n_most, "least": n_least, "always_the_commonest": always},
    )
