"""Whether the photos of a dataset can be trusted: one module for each kind of check."""

from insects.datasets.health.checks import examine
from insects.datasets.health.report import EDITION, Finding, Report

__all__ = ["EDITION", "Finding", "Report", "examine"]
