"""How far a photo's familiarity moves when the photo is saved again: how sure its verdict can be.

People send the same photo as JPEG of any quality, as HEIC or WebP, smaller or larger. To them it is
one photo; its pixels differ a little, and so does what the network sees. Formats that keep every
pixel (PNG, TIFF, BMP) change nothing and are left out.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from insects.elsewhere import CHOOSING, photos_elsewhere
from insects.errors import SettingsError
from insects.inference import FAMILIAR, Model, Verdict, load_model, verdict_of
from insects.markdown import number, table
from insects.photos import load_photo
from insects.storage import Progress

ANY = "any of these"


@dataclass(frozen=True)
class Saving:
    """One way to save a photo again.

    Args:
        title: for people.
        file_format: as Pillow calls it.
        scale: of both sides.
        options: of Pillow's `save`.
    """

    title: str
    file_format: str
    scale: float = 1.0
    options: dict[str, int] = field(default_factory=dict)

    def __call__(self, photo: np.ndarray) -> np.ndarray:
        """Return a photo, (H, W, 3) uint8, as it is read after it was saved so."""
        image, buffer = Image.fromarray(photo), io.BytesIO()
        if self.scale != 1:
            size = (round(self.scale * image.width), round(self.scale * image.height))
            image = image.resize(size, Image.Resampling.LANCZOS)
        image.save(buffer, self.file_format, **self.options)
        return load_photo(buffer.getvalue())


SAVINGS = (
    *(Saving(f"JPEG, quality {q}", "JPEG", options={"quality": q}) for q in (95, 85, 75)),
    Saving("WebP, quality 80", "WEBP", options={"quality": 80}),
    Saving("HEIC", "HEIF"),
    Saving("at 0.75 of the size, JPEG, quality 85", "JPEG", 0.75, {"quality": 85}),
    Saving("at 1.5 of the size", "PNG", 1.5),
    Saving("at twice the size", "PNG", 2.0),
)


def measure(
    network: str, folder: Path, on_progress: Progress, part: str = CHOOSING
) -> dict[str, Any]:
    """Return how far the familiarity of the photos of a folder moves when they are saved again.

    Args:
        folder, part: as of `insects.elsewhere.photos_elsewhere`.

    Returns:
        What `figures` returns, and `part`.

    Raises:
        As `insects.evaluation.evaluate`.
        SettingsError: nothing is familiar or unfamiliar to the network, as it is for other classes.
    """
    model = load_model(network)
    scores = []
    photos = photos_elsewhere(folder, model.class_names, part)
    for done, photo in enumerate(photos, start=1):
        scores.append(_scores(model, photo.load()))
        on_progress("saving photos again", done, len(photos))
    return {"part": part, **figures(np.array(scores))}


def figures(scores: np.ndarray) -> dict[str, Any]:
    """Return how far scores move, as plain values.

    Args:
        scores: (n_photos, 1 + n_savings), of the photo as it is and saved in each way.

    Returns:
        `photos`; `half_of_range`, that 95 % of the photos do not exceed: half of the range of one
        photo's scores; and for each way to save, and for all of them together (`ANY`), how far the
        score moves (`median`, `in_95_percent`, `largest`), how many photos change sides, yes or no
        (`change_sides`), and how many go from like to unlike or back (`like_and_unlike`). `unsure`
        is how many photos are so as they are.
    """
    moves = np.abs(scores[:, 1:] - scores[:, :1])
    savings = {
        saving.title: _row(moves[:, i], scores[:, [0, i + 1]]) for i, saving in enumerate(SAVINGS)
    }
    return {
        "photos": len(scores),
        "half_of_range": float(np.quantile(np.ptp(scores, axis=1) / 2, 0.95)),
        "unsure": int((_verdicts(scores[:, 0]) == Verdict.UNSURE).sum()),
        "savings": savings | {ANY: _row(moves.max(axis=1), scores)},
    }


def report(outcome: dict[str, Any]) -> str:
    """Return what `measure` found as Markdown: a table and a sentence."""
    header = ["saved again", "score moves by (median)", "95 % of photos, at most", "largest"]
    header += ["change sides (yes or no)", "go from like to unlike or back"]
    rows = [[title, *map(number, row.values())] for title, row in outcome["savings"].items()]
    sentence = (
        f"{outcome['photos']} photos ({outcome['part']} part), {outcome['unsure']} of them unsure "
        f"as they are. Of 95 % of the photos all scores lie within "
        f"2 × {outcome['half_of_range']:.2f}."
    )
    return f"{table(header, rows)}\n\n{sentence}"


def _scores(model: Model, photo: np.ndarray) -> list[float]:
    """Return a photo's familiarity as it is, and saved in each way."""
    found = []
    for pixels in (photo, *(saving(photo) for saving in SAVINGS)):
        if (score := model.predict(pixels).familiarity) is None:
            raise SettingsError(f"{model.name} cannot tell whether a photo is familiar.")
        found.append(score)
    return found


def _row(moves: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Return a row of the table.

    Args:
        moves: (n_photos,).
        scores: (n_photos, n), what is compared for each photo.
    """
    verdicts, sides = _verdicts(scores), scores >= FAMILIAR
    both = (verdicts == Verdict.LIKE).any(axis=1) & (verdicts == Verdict.UNLIKE).any(axis=1)
    return {
        "median": float(np.median(moves)),
        "in_95_percent": float(np.quantile(moves, 0.95)),
        "largest": float(moves.max()),
        "change_sides": int((sides.any(axis=1) & ~sides.all(axis=1)).sum()),
        "like_and_unlike": int(both.sum()),
    }


def _verdicts(scores: np.ndarray) -> np.ndarray:
    """Return the verdict on each score, in their shape."""
    return np.vectorize(verdict_of, otypes=[object])(scores)
