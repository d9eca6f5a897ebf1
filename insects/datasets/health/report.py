"""What was found out about a dataset, as data for a page and as text for a terminal."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from insects.datasets import series
from insects.datasets.health.words import counted, listed

# Raise it when a report would say something else: what is kept is then made anew.
EDITION = f"{series.EDITION}.1"
SEVERITIES = ("serious", "worth knowing", "note")
SHOWN = 4  # groups and files that the text names; the data name them all
INDENT = "    "
PARTS = {"train": "training", "test": "test"}  # in words

Group = tuple[int, ...]  # indices into the dataset's photos, to be looked at side by side


@dataclass(frozen=True)
class Finding:
    """One thing that somebody who uses the photos should know.

    Args:
        check: a short name of what was looked for.
        severity: one of `SEVERITIES`.
        title: one sentence with the figures.
        meaning: what it means for a score.
        advice: what can be done.
        groups: photos that it is about; copies stand side by side, single ones alone.
        files: names of files that are no photos, perhaps with why.
        figures: by name.
    """

    check: str
    severity: str
    title: str
    meaning: str
    advice: str
    groups: tuple[Group, ...] = ()
    files: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """The health of a dataset under one split.

    Args:
        dataset, split_name, fingerprint: which it is, see `insects.datasets.Dataset`.
        title: what people call it.
        counts: photos of each part and class, such as counts["train"]["beetles"].
        findings: the serious ones first.
        passed: sentences on what was looked for and found to be fine.
        thresholds: by name, the numbers that decided what is a finding.
        names: part, class and name of the photos in the findings, by their index.
    """

    dataset: str
    split_name: str
    fingerprint: str
    title: str
    counts: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    thresholds: Mapping[str, float]
    names: Mapping[int, str]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it, ready for JSON; beside their indices the photos have their names."""
        whole = asdict(self)
        del whole["names"]
        for finding, written in zip(self.findings, whole["findings"], strict=True):
            written["photos"] = [[self.names[i] for i in group] for group in finding.groups]
        return {"edition": EDITION, **whole}

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> "Report":
        """Return the report that `to_dict` made this of.

        Raises:
            ValueError: it is none, or one of another edition.
        """
        try:
            return _read(written)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"Expected a health report; {error!r} came up.") from None

    def text(self) -> str:
        """Return the report for a terminal, long lists shortened."""
        title = self.title[:1].upper() + self.title[1:]
        parts = [f"{title}, split {self.split_name}: {self._counts_in_words()}."]
        parts += [self._finding_in_words(finding) for finding in self.findings]
        if not self.findings:
            parts.append("Nothing was found that would make a score dishonest.")
        if self.passed:
            parts.append("\n".join(["CHECKED, AND FOUND FINE", *(INDENT + p for p in self.passed)]))
        return "\n\n".join(parts)

    def _counts_in_words(self) -> str:
        parts = []
        for part, classes in self.counts.items():
            by_class = ", ".join(f"{n:,} {name}" for name, n in classes.items())
            parts.append(f"{counted(sum(classes.values()), f'{PARTS[part]} photo')} ({by_class})")
        return "; ".join(parts)

    def _finding_in_words(self, finding: Finding) -> str:
        lines = [f"{finding.severity.upper()}: {finding.title}", finding.meaning, finding.advice]
        groups = [", ".join(self._named(group)) for group in finding.groups]
        lines += listed(groups, SHOWN) + listed(finding.files, SHOWN)
        first, *others = [line for line in lines if line]
        return "\n".join([first, *(INDENT + line for line in others)])

    def _named(self, group: Group) -> list[str]:
        return listed([self.names[i] for i in group], SHOWN)


def _read(written: Mapping[str, Any]) -> Report:
    if written["edition"] != EDITION:
        raise ValueError(f"Expected edition {EDITION} of the health report.")
    names: dict[int, str] = {}
    findings = []
    for one in written["findings"]:
        values = dict(one)
        for group, photos in zip(one["groups"], values.pop("photos"), strict=True):
            names.update(zip(group, photos, strict=True))
        values["groups"] = tuple(tuple(group) for group in one["groups"])
        values["files"] = tuple(one["files"])
        findings.append(Finding(**values))
    values = {key: value for key, value in written.items() if key != "edition"}
    values |= {"findings": tuple(findings), "passed": tuple(written["passed"]), "names": names}
    return Report(**values)
