"""Numbers and lists in plain English."""

from collections.abc import Sequence


def counted(n: int, noun: str) -> str:
    """Return "1 photo", "2 photos", "1,019 photos"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def share(n: int, of: int, noun: str) -> str:
    """Return "All 180 test photos" or "12 of 180 test photos"."""
    return f"All {counted(of, noun)}" if n == of > 1 else f"{n:,} of {counted(of, noun)}"


def agree(n: int, one: str, many: str) -> str:
    """Return the form of a word for one or for many, such as "is" or "are"."""
    return one if n == 1 else many


def percent(value: float) -> str:
    """Return 0.784 as "78 %"."""
    return f"{100 * value:.0f} %"


def joined(names: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def listed(lines: Sequence[str], most: int) -> list[str]:
    """Return the first lines, and as the last one how many more there are."""
    if len(lines) <= most + 1:  # one more line takes no more place than saying so
        return list(lines)
    return [*lines[:most], f"and {len(lines) - most:,} more"]
