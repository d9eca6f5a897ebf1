"""Labels that are probably wrong."""

from collections.abc import Iterator

import numpy as np

from insects.datasets.health.evidence import Evidence
from insects.datasets.health.guesses import guess
from insects.datasets.health.report import Finding
from insects.datasets.health.words import agree, percent, share


def doubtful(evidence: Evidence) -> Iterator[Finding | str]:
    """Find photos that look confidently like another class than their own."""
    if evidence.folds is None:
        return
    sample = evidence.sample
    probabilities = guess(evidence.looks.embeddings[sample.rows], sample)
    wrong = confident_disagreements(probabilities, sample.labels)
    differ = probabilities.argmax(axis=1) != sample.labels
    if len(wrong) == 0:
        yield "No photo looks confidently like another class than its own."
        return
    yield Finding(
        "labels",
        "worth knowing",
        f"{share(len(wrong), len(sample.labels), 'photo')} "
        f"{agree(len(wrong), 'looks', 'look')} much more like another class than like "
        f"{agree(len(wrong), 'its', 'their')} own.",
        "The label may be wrong, or there is hardly an insect to be seen. A linear classifier "
        "judged by the shipped network's embeddings, without having seen photos of the same "
        f"series; it agrees with the labels for {percent(1 - differ.mean())} of the photos.",
        "Look at them, and put right what is wrong.",
        tuple((int(i),) for i in sample.indices[wrong]),
        figures={
            "photos": len(wrong),
            "less_confident": int(differ.sum()) - int(differ[wrong].sum()),
            "agreement": float(1 - differ.mean()),
        },
    )


def confident_disagreements(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return which photos are confidently in another class than their label, the worst first.

    A photo is confidently in a class if its probability there is at least what the photos with
    that label have on average; where several are left, in the likeliest of them. These are the
    photos off the diagonal of the confident joint, Northcutt, Jiang & Chuang, "Confident
    learning: estimating uncertainty in dataset labels", 2021.

    Args:
        probabilities: (n, n_classes), each photo's guessed without knowing its label.
        labels: (n,).
    """
    classes = range(probabilities.shape[1])
    expected = np.array([probabilities[labels == i, i].mean() for i in classes])
    confident = np.where(probabilities >= expected, probabilities, -1)
    best = confident.argmax(axis=1)
    others = np.flatnonzero((confident.max(axis=1) >= 0) & (best != labels))
    own = probabilities[np.arange(len(labels)), labels]
    return others[np.argsort(own[others], kind="stable")]
