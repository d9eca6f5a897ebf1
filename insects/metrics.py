"""How good a network is: plain numbers from probabilities and labels."""

import math
from typing import Any

import numpy as np


def measure(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Return count, accuracy, loss (mean cross-entropy, nats) and confusion matrix.

    Args:
        probabilities: (n, n_classes).
        labels: (n,) indices. Rows of the matrix are true classes, columns predicted ones.
    """
    predicted = probabilities.argmax(axis=1)
    of_truth = probabilities[np.arange(len(labels)), labels]
    return {
        "photos": len(labels),
        "correct": int((predicted == labels).sum()),
        "accuracy": float((predicted == labels).mean()),
        "loss": float(-np.log(np.maximum(of_truth, 1e-12)).mean()),
        "confusion": confusion_matrix(predicted, labels, probabilities.shape[1]).tolist(),
    }


def confusion_matrix(predicted: np.ndarray, labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return counts, (n_classes, n_classes) int: rows are true classes, columns predicted ones."""
    counts = np.zeros((n_classes, n_classes), int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def wilson_interval(correct: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share, as shares (Wilson, 1927)."""
    share = correct / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return (middle - spread) / scale, (middle + spread) / scale
