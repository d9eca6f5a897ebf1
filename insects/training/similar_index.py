"""The index of training photos that ships with a run (see `insects.similar`)."""

import numpy as np

from insects.datasets import Dataset
from insects.datasets.looks import look
from insects.runs import Run
from insects.similar import MAX_PHOTOS, save_index
from insects.storage import Progress
from insects.training.inputs import Part


def write_index(
    run: Run, dataset: Dataset, part: Part, on_progress: Progress = lambda *_: None
) -> None:
    """Write the index of the photos that a run was trained on; of copies one is taken.

    Whatever the network, embeddings are the shared backbone's, kept with the dataset's looks. Of
    more than 2,000 photos some are drawn at random, by the run's seed.

    Args:
        part: the training photos; where they are not known, nothing is written.
        on_progress: called while photos are looked at that were not before.
    """
    if not part.photos:
        return
    contents = np.array([photo.content_hash for photo in part.photos])
    rows = np.sort(np.unique(contents, return_index=True)[1])
    if len(rows) > MAX_PHOTOS:
        seed = run.config["seed"]
        rows = np.sort(np.random.default_rng(seed).choice(rows, MAX_PHOTOS, replace=False))
    photos = [part.photos[row] for row in rows]
    seen = look(dataset, on_progress)
    save_index(
        run.path,
        seen.table["embedding"][seen.rows(photos)],
        [photo.full_name for photo in photos],
        part.labels[rows],
        contents[rows].tolist(),
    )
