"""How fast an explanation is, beside article 2's code and beside the bare network."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from insects.bench.article2 import explain_as_written
from insects.bench.error import relative_squared_error
from insects.bench.material import reference, some_photos, stream
from insects.explanation import ARTICLE_2, Settings
from insects.inference import BATCH_SIZE, Model, load_model
from insects.photos import resize
from insects.storage import Progress
from insects.superpixels import segment

OURS = Settings(n_segments=100, nsamples=300, output="logit")


def measure(quick: bool, on_progress: Progress) -> dict[str, Any]:
    """Return both comparisons."""
    rounds = 2 if quick else 5
    photos = [photo.load() for photo in some_photos((2,))]
    return {
        "article 2, Zhang's network, 100 superpixels, 300 samples": _beside_article(
            photos, rounds, 2_000 if quick else 5_000, on_progress
        ),
        "EfficientNet-Lite0, 100 superpixels, 1000 samples": _beside_bare_network(
            photos[0], rounds, on_progress
        ),
    }


def _beside_article(
    photos: list[np.ndarray], rounds: int, evaluations: int, on_progress: Progress
) -> dict[str, float]:
    """Return seconds of both, medians over the rounds, and both errors on the same photos."""
    from insects.networks.restore import restore
    from insects.runs import find_run

    model, keras_model = load_model("zhang"), restore(find_run("zhang"))
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    errors: dict[str, list[float]] = {"ours": [], "theirs": []}
    for i in range(rounds):
        photo = photos[i % len(photos)]
        image = resize(photo, model.image_size)
        segments = segment(image, OURS.n_segments)
        truth, _ = reference(model, photo, ARTICLE_2, evaluations, on_progress)
        on_progress("article 2", i, rounds)
        np.random.seed(i)
        for name, work in {
            "theirs": lambda: explain_as_written(keras_model, image, segments, OURS.nsamples),  # noqa: B023
            "ours": lambda: list(stream(model, photo, OURS))[-1].shap_values,  # noqa: B023
        }.items():
            spent, values = _timed(work)
            seconds[name].append(spent)
            errors[name].append(relative_squared_error(values, truth))
    ours, theirs = (float(np.median(seconds[name])) for name in ("ours", "theirs"))
    return {
        "seconds, article 2's code as written": theirs,
        "seconds, ours": ours,
        "times as fast": theirs / ours,
        "relative squared error, article 2's": float(np.mean(errors["theirs"])),
        "relative squared error, ours": float(np.mean(errors["ours"])),
    }


def _beside_bare_network(photo: np.ndarray, rounds: int, on_progress: Progress) -> dict[str, float]:
    """Return the wall time of an explanation over nsamples times the bare time of one photo."""
    model = load_model("efficientnet_lite0")
    settings = Settings(n_segments=100, nsamples=1000)
    ratios, bare = [], []
    for i in range(rounds):
        before = _bare_seconds(model, photo)
        spent, _ = _timed(lambda: list(stream(model, photo, settings)))
        after = _bare_seconds(model, photo)
        bare.append((before + after) / 2)
        ratios.append(spent / (settings.nsamples * bare[-1]))
        on_progress("bare network", i + 1, rounds)
    return {
        "ms a photo, bare": 1000 * float(np.median(bare)),
        "explanation / (samples x bare)": float(np.median(ratios)),
    }


def _bare_seconds(model: Model, photo: np.ndarray, batches: int = 40) -> float:
    """Return the seconds a photo takes in the interpreter alone, at our batch size."""
    batch = np.repeat(resize(photo, model.image_size)[None], BATCH_SIZE, axis=0)
    model.logits(batch)
    interpreter = model._networks[0]._by_batch_size[BATCH_SIZE]
    spent, _ = _timed(lambda: [interpreter.invoke() for _ in range(batches)])
    return spent / (batches * BATCH_SIZE)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    value = work()
    return time.perf_counter() - start, value
