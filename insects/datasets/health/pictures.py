"""Different files that show one picture, one insect or one shoot."""

from collections import defaultdict
from collections.abc import Iterator

from insects.datasets.health.evidence import Evidence
from insects.datasets.health.report import Finding, Group
from insects.datasets.health.words import agree, counted, joined, share

HONEST = 'Use the split "by_series", which keeps such photos on one side.'


def same_pictures(evidence: Evidence) -> Iterator[Finding | str]:
    """Find files that are one picture: resized, compressed, mirrored, brightened, slightly cut."""
    across, within = _pairs(evidence)
    if across:
        yield _across(evidence, across)
    else:
        yield "No test photo is a training photo resized, compressed, mirrored or slightly cut."
    if within:
        yield _within(within)


def series(evidence: Evidence) -> Iterator[Finding | str]:
    """Find test photos of which another photo of the same series is a training photo."""
    photos = evidence.dataset.photos
    by_series: dict[int, list[int]] = defaultdict(list)
    for i, number in enumerate(evidence.series.groups(photos)):
        by_series[int(number)].append(i)
    siblings = {number: _with_siblings(evidence, group) for number, group in by_series.items()}
    n_parted = sum(map(len, siblings.values()))
    if n_parted == 0:
        yield "No series has photos in both parts."
    elif n_parted > len(_test_photos(evidence, _pairs(evidence)[0])):  # else it was said above
        parted = [by_series[number] for number, tests in siblings.items() if tests]
        sizes = [len({photos[i].content_hash for i in group}) for group in by_series.values()]
        yield _parted(evidence, n_parted, parted, sizes)


def numbers_that_count(evidence: Evidence) -> Iterator[Finding | str]:
    """Say where neighbouring numbers were not taken for a series."""
    if names := evidence.series.counted:
        yield Finding(
            "numbers",
            "note",
            f"The file names of {joined(names)} merely count the photos.",
            "So neighbouring numbers were not taken for photos of one insect or one shoot.",
            "Where they are such, keep them together in one part yourself.",
            figures={"classes": len(names)},
        )


def _pairs(evidence: Evidence) -> tuple[list[Group], list[Group]]:
    """Return pairs of contents across the parts, test photos first, and those within one part."""
    photos = evidence.dataset.photos
    across: list[Group] = []
    within: list[Group] = []
    for one, other, _ in evidence.series.same_picture:
        first, second = evidence.indices[one], evidence.indices[other]
        # All copies of the two side by side: as pairs they could be millions.
        group = tuple(sorted([*first, *second], key=lambda i: (photos[i].split != "test", i)))
        if _is_parted(evidence, first, second):
            across.append(group)
        else:
            within.append(group)
    return across, within


def _is_parted(evidence: Evidence, first: list[int], second: list[int]) -> bool:
    """Return whether a copy of one content is in another part than a copy of the other."""
    photos = evidence.dataset.photos
    one, other = ({photos[i].split for i in places} for places in (first, second))
    return len(one | other) > 1


def _test_photos(evidence: Evidence, pairs: list[Group]) -> set[int]:
    return {i for pair in pairs for i in pair if evidence.dataset.photos[i].split == "test"}


def _across(evidence: Evidence, pairs: list[Group]) -> Finding:
    n_test = len(evidence.dataset.part("test"))
    n = len(_test_photos(evidence, pairs))
    return Finding(
        "same picture across parts",
        "serious",
        f"{share(n, n_test, 'test photo')} {agree(n, 'is', 'are')} the same picture as a training "
        "photo under another name, perhaps resized, mirrored or cut.",
        "To a network this is a photo that it has seen, so a score measures memory there.",
        HONEST,
        tuple(pairs),
        figures={"test_photos": n_test, "test_photos_seen": n, "pairs": len(pairs)},
    )


def _within(pairs: list[Group]) -> Finding:
    return Finding(
        "same picture within a part",
        "note",
        f"{counted(len(pairs), 'pair')} of files in one part {agree(len(pairs), 'is', 'are')} the "
        "same picture, or nearly.",
        "It counts about twice there; a random split would part the two.",
        HONEST,
        tuple(pairs),
        figures={"pairs": len(pairs)},
    )


def _with_siblings(evidence: Evidence, group: list[int]) -> list[int]:
    """Return those test photos of a series that differ from one of its training photos."""
    photos = evidence.dataset.photos
    training = {photos[i].content_hash for i in group if photos[i].split == "train"}
    tests = (i for i in group if photos[i].split == "test")
    return [i for i in tests if training - {photos[i].content_hash}]


def _parted(
    evidence: Evidence, n_parted: int, groups: list[list[int]], sizes: list[int]
) -> Finding:
    photos = evidence.dataset.photos
    n_test = len(evidence.dataset.part("test"))

    def side_by_side(i: int) -> tuple:
        return len(photos[i].name), photos[i].name, photos[i].split

    return Finding(
        "series",
        "worth knowing",
        f"{share(n_parted, n_test, 'test photo')} {agree(n_parted, 'has', 'have')} another photo "
        "of the same series among the training photos.",
        "A series, told by neighbouring image numbers, is mostly one insect or one shoot, so a "
        "score also measures how well these very insects are remembered.",
        HONEST,
        tuple(tuple(sorted(group, key=side_by_side)) for group in groups),
        figures={
            "test_photos": n_test,
            "test_photos_with_siblings": n_parted,
            "series": len(sizes),
            "series_in_both_parts": len(groups),
            "photos_of_largest_series": max(sizes),
        },
    )
