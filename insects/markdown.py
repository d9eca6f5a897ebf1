"""Figures as Markdown tables, and how they get into the README."""

from pathlib import Path
from typing import Any

from insects.errors import RunError


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def nested(figures: dict[str, Any]) -> str:
    """Return figures by name, and groups of such, as a line of single figures and tables.

    Groups with the same names become the columns of one table.
    """
    groups = {name: value for name, value in figures.items() if isinstance(value, dict)}
    single = ", ".join(f"{k}: {number(v)}" for k, v in figures.items() if k not in groups)
    tables: dict[tuple[str, ...], list[str]] = {}
    for name, group in groups.items():
        tables.setdefault(tuple(group), []).append(name)
    parts = [single] if single else []
    for names, columns in tables.items():
        rows = [[name, *(number(groups[column][name]) for column in columns)] for name in names]
        parts.append(table(["", *columns], rows))
    return "\n\n".join(parts)


def number(value: Any) -> str:
    """Return a figure with as many digits as it deserves, and anything else as it is.

    A pair is a figure and its error.
    """
    if isinstance(value, tuple):
        return f"{value[0]:.3g} ± {value[1]:.2g}"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", " ")
    return str(value)


def share_text(share: dict[str, Any] | None) -> str:
    """Return a share, as `insects.metrics.share` returns it, with its interval and counts."""
    if share is None or share["share"] is None:
        return "–"
    low, high = share["interval"]
    return f"{share['share']:.0%} ({low:.0%}–{high:.0%}); {share['count']} of {share['of']}"


def area_text(area: dict[str, Any] | None) -> str:
    """Return an AUROC, as `insects.evaluation.figures` returns it, with its interval and counts."""
    if area is None:
        return "–"
    low, high = area["interval"]
    counts = f"{area['photos']} and {area['others']}"
    return f"{area['area']:.3f} ({low:.3f}–{high:.3f}); {counts}"


def error_text(figures: dict[str, Any], name: str) -> str:
    """Return the calibration error of that name, with its interval and count."""
    low, high = figures[f"{name}_interval"]
    return f"{figures[name]:.3f} ({low:.3f}–{high:.3f}); {figures['photos']}"


def put_between(path: Path, mark: str, text: str) -> None:
    """Replace what is between `<!-- mark -->` and `<!-- end of mark -->` in a file.

    Raises:
        RunError: the file cannot be read, or does not have each mark once.
    """
    before, after = split_at(path, mark)
    path.write_text(f"{before}{_start(mark)}\n{text}\n{_end(mark)}{after}")


def split_at(path: Path, mark: str) -> tuple[str, str]:
    """Return what is before and after the marks in a file; also a check before long work.

    Raises:
        RunError: the file cannot be read, or does not have each mark once.
    """
    try:
        before, rest = path.read_text().split(_start(mark))
        _, after = rest.split(_end(mark))
    except (OSError, ValueError):
        raise RunError(f"Expected {path} to hold the marks of {mark!r} once.") from None
    return before, after


def _start(mark: str) -> str:
    return f"<!-- {mark} -->"


def _end(mark: str) -> str:
    return f"<!-- end of {mark} -->"
