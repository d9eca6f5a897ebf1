"""Where in a picture the backbone's logits come from: places that each have a part in them.

The backbone looks at 7 x 7 cells of a picture, and an embedding is their mean. They are taken
together as 4 x 4 places: a quarter of the work, for next to the same gain.
"""

import numpy as np

CELLS = 7
STARTS = (0, 2, 4, 5)  # a place begins with each of these cells, down and across
PLACES = len(STARTS) ** 2


def parts(view: np.ndarray, slopes: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Return what each place adds to the outputs of a linear layer, (n, 16, n_outputs).

    Args:
        view: (n, 7, 7, n_features), of which the layer's input is the mean over the cells.
        slopes: (n_features, n_outputs), of the layer.
        offset: (n_outputs,), shared out among the places.
    """
    cells = (view.reshape(-1, view.shape[-1]) @ slopes).reshape(*view.shape[:3], -1)
    sums = np.add.reduceat(np.add.reduceat(cells, STARTS, axis=1), STARTS, axis=2)
    return sums.reshape(len(view), PLACES, -1) / CELLS**2 + offset / PLACES


def distances(segments: np.ndarray) -> np.ndarray:
    """Return how far each superpixel's middle is from each place, in sides of a cell.

    The place is where its nearest cell's middle is.

    Args:
        segments: (side, side) int, 0 … n_superpixels - 1.

    Returns:
        (16, n_superpixels)
    """
    pixels = np.bincount(segments.ravel())
    middles = np.stack(
        [np.bincount(segments.ravel(), axis.ravel() + 0.5) for axis in np.indices(segments.shape)],
        axis=1,
    ) / (pixels[:, None] * segments.shape[0] / CELLS)
    spans = np.split(np.arange(CELLS) + 0.5, STARTS[1:])
    return np.stack([_nearest(rows, columns, middles) for rows in spans for columns in spans])


def _nearest(rows: np.ndarray, columns: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return how far points, (n, 2), are from the nearest of the cells of these middles."""
    cells = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 1, 2)
    return np.linalg.norm(cells - points, axis=-1).min(axis=0)
