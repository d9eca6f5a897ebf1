"""How much is taken from another host, and what is said when that fails."""

from dataclasses import dataclass

from insects.datasets.published import ENVIRONMENT
from insects.errors import DatasetError


@dataclass(frozen=True)
class Limits:
    """How long to wait, and how much to take.

    Args:
        silence: seconds without a byte.
        seconds: seconds in all, because a server may send a byte now and then for ever.
        archive_bytes: the most that is downloaded.
        photo_bytes: the most that one photo may have unpacked; the largest has 188,385.
    """

    silence: float = 30
    seconds: float = 1800
    archive_bytes: int = 300_000_000
    photo_bytes: int = 2_000_000


def fetch_failure(why: str) -> DatasetError:
    """Return the error that says why, and what can be done instead."""
    return DatasetError(
        f"The photos could not be fetched: {why}. Try again later, or set {ENVIRONMENT} to "
        "a folder that holds their train/ and test/; the drawn insects need no download."
    )
