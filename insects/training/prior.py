"""A head that starts from what ImageNet knows of the classes, and is held near it.

In the published photos beetles lie on white and dragonflies sit on green leaves. A head that starts
from nothing learns the ground as well; one that is pulled to what a million other photos taught
goes from there only as far as our photos make it.
"""

from collections.abc import Sequence

import keras
import numpy as np

from insects import imagenet

RIDGE = 0.01  # of the least squares, per photo


def pull_to_imagenet(
    head: keras.Model, embeddings: np.ndarray, class_names: Sequence[str], strength: float
) -> None:
    """Put a head where ImageNet is, and make each step away from there cost something, in place.

    The loss gains strength / 2 times the squared distance of the weights from ImageNet's. Nothing
    is done where ImageNet has no such classes.

    Args:
        head: one linear layer behind the backbone.
        embeddings: (n, 1280), of the photos it will learn; their labels have no say in it.
    """
    if not imagenet.knows(class_names):
        return
    weights, bias = linear_evidence(embeddings, class_names)
    layer = head.layers[-1]
    layer.set_weights([weights, bias])
    target = keras.ops.convert_to_tensor(weights)
    layer.kernel.regularizer = lambda kernel: (
        strength / 2 * keras.ops.sum(keras.ops.square(kernel - target))
    )


def linear_evidence(
    embeddings: np.ndarray, class_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the linear map that comes nearest to ImageNet's evidence on these photos.

    The evidence for a class is a log-sum over its rows of ImageNet's last layer. The map is the
    mean of the rows, corrected by least squares with a ridge.

    Args:
        embeddings: (n, 1280).

    Returns:
        Weights (1280, n_classes) and bias (n_classes,), float32.
    """
    layer = imagenet.last_layer()
    rows = [layer.weights[list(imagenet.GROUPS[name])].mean(axis=0) for name in class_names]
    means = np.stack(rows, axis=1)
    wanted = imagenet.evidence(embeddings, class_names)
    missing = wanted - embeddings @ means
    x, y = embeddings - embeddings.mean(axis=0), missing - missing.mean(axis=0)
    ridge = RIDGE * len(x) * np.eye(x.shape[1])
    weights = means + np.linalg.solve(x.T @ x + ridge, x.T @ y)
    bias = (wanted - embeddings @ weights).mean(axis=0)
    return weights.astype(np.float32), bias.astype(np.float32)
