"""How well a class can be told from something, by guesses that are learnt from other series."""

import numpy as np

from insects.datasets.health.evidence import Sample

STRENGTH = 0.01  # the inverse of how strongly weights are kept small, as scikit-learn counts it


def guess(features: np.ndarray, sample: Sample) -> np.ndarray:
    """Return the probability of each class for each photo, (n, n_classes), learnt from others.

    A linear classifier is trained once for each fold, on the photos of all other folds; no photo
    of the same series is among them.

    Args:
        features: (n, d) float32.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probabilities = np.zeros((len(features), sample.labels.max() + 1))
    for fold in np.unique(sample.folds):
        test = sample.folds == fold
        classifier = make_pipeline(
            StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=1000)
        ).fit(features[~test], sample.labels[~test])
        probabilities[test] = classifier.predict_proba(features[test])
    return probabilities


def recalls(labels: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """Return the share of each class's photos that was guessed right, (n_classes,)."""
    return np.array([(guessed[labels == i] == i).mean() for i in range(labels.max() + 1)])
