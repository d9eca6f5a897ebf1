"""What an examination finds, by check and by photo."""

from insects.datasets.health import examine


def first(folder, part="train", label="beetles"):
    return min((folder / part / label).iterdir())


def found(dataset, check):
    """The one finding of a check."""
    (finding,) = [finding for finding in examine(dataset).findings if finding.check == check]
    return finding


def checks(dataset):
    """What is found, but that there are too few photos for guesses, which most tests have."""
    return {finding.check for finding in examine(dataset).findings} - {"too few"}


def names(report_or_dataset, finding):
    return [[report_or_dataset.photos[i].full_name for i in group] for group in finding.groups]
