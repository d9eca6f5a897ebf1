"""Is an explanation right? What follows it when regions go, and whether it points at the insect.

Deletion and insertion curves: Petsiuk, Das & Saenko, "RISE" (2018). Relevance mass and rank
accuracy: Arras, Osman & Samek, "CLEVR-XAI" (2022). The pointing game: Zhang et al., "Top-down
Neural Attention by Excitation Backprop" (2018).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from insects.errors import SettingsError
from insects.explanation import Explanation
from insects.inference import Model
from insects.photo_game import PhotoGame, Progress
from insects.shapley.game import Game

# Odd, so that no step falls on half a region: a curve read backwards then has the same steps.
MAX_STEPS = 25
RANDOM_ORDERS = 20
# Areas that are nearer to each other count as equal; the network's own rounding is smaller.
TIE = 1e-6


@dataclass(frozen=True)
class Curve:
    """How the score of a class goes as regions are removed or inserted, beside random orders.

    Args:
        kind: "deletion", from the whole photo on, or "insertion", from the hidden one on.
        shares: (n_steps + 1,), of the regions, from 0 to 1.
        scores: (n_steps + 1,), probabilities, the regions in the explanation's order.
        random_scores: (n_random, n_steps + 1), the same in random orders.
    """

    kind: str
    shares: np.ndarray
    scores: np.ndarray
    random_scores: np.ndarray

    @cached_property
    def area(self) -> float:
        """The area under the curve: low is good for deletion, high for insertion."""
        return float(np.trapezoid(self.scores, self.shares))

    @cached_property
    def random_areas(self) -> np.ndarray:
        """The area of each random order, (n_random,)."""
        return np.trapezoid(self.random_scores, self.shares, axis=1)

    @property
    def random_area(self) -> tuple[float, float]:
        """Mean and standard deviation of the random orders' areas."""
        return float(self.random_areas.mean()), float(self.random_areas.std(ddof=1))

    @property
    def n_random(self) -> int:
        """How many random orders there are."""
        return len(self.random_scores)

    @property
    def better_than(self) -> int:
        """How many random orders the explanation's beats; a tie is no win."""
        lead = self.random_areas - self.area
        return int(((lead if self.kind == "deletion" else -lead) > TIE).sum())

    @property
    def by_chance(self) -> float:
        """How often a random order would do as well: a permutation test (Phipson & Smyth, 2010)."""
        return (self.n_random - self.better_than + 1) / (self.n_random + 1)

    def to_dict(self) -> dict[str, Any]:
        """Return curves and areas, ready for JSON."""
        mean, sd = self.random_area
        return {
            "shares": self.shares.tolist(),
            "scores": self.scores.tolist(),
            "random_scores": self.random_scores.tolist(),
            "area": self.area,
            "random_area_mean": mean,
            "random_area_sd": sd,
            "better_than": self.better_than,
            "n_random": self.n_random,
        }


@dataclass(frozen=True)
class Faithfulness:
    """Both curves of one explanation for one class.

    Args:
        class_name: whose score is followed.
        baseline: what removed regions look like; another than the one that explained.
        seed: of the random orders.
        nsamples: evaluations spent.
    """

    model_name: str
    class_name: str
    baseline: str
    seed: int
    nsamples: int
    deletion: Curve
    insertion: Curve

    def to_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        names = ("model_name", "class_name", "baseline", "seed", "nsamples")
        return {
            **{name: getattr(self, name) for name in names},
            "deletion": self.deletion.to_dict(),
            "insertion": self.insertion.to_dict(),
        }


def faithfulness(
    model: Model,
    explanation: Explanation,
    class_name: str | None = None,
    *,
    baseline: str | None = None,
    n_random: int = RANDOM_ORDERS,
    seed: int = 0,
    on_progress: Progress = lambda *_: None,
) -> Faithfulness:
    """Remove and insert regions by their SHAP values, strongest first, and follow the score.

    To insert the strongest first is to remove the weakest first, read backwards; and a random order
    read backwards is random. So the same random orders are the control of both curves. Where there
    are more than 25 regions, or pixels, as many go at a time that 25 steps are enough.

    Args:
        model: the one that was explained.
        class_name: None for the predicted class.
        baseline: of `insects.superpixels.BASELINES`; None for "blur", or "mean" where "blur"
            explained: a network is not to be asked about the same pictures again.
        n_random: random orders, 2 or more.
        on_progress: called after each batch; an exception raised in it ends the work.

    Raises:
        SettingsError: there is no such class or baseline, or there are too few random orders.
    """
    if n_random < 2:
        raise SettingsError(f"n_random must be 2 or more, not {n_random}.")
    index = class_index(explanation, class_name)
    baseline = baseline or other_baseline(explanation)
    n = explanation.n_superpixels
    edges = step_edges(n)
    of = evaluations(explanation, n_random)
    game = PhotoGame(
        model,
        explanation.image,
        explanation.segments,
        baseline,
        "probability",
        of,
        on_progress,
    )
    ends = game(np.repeat([[True], [False]], n, axis=1))[:, index]
    orders = _orders(explanation.shap_values[:, index], n_random, seed)
    scores = np.stack([_remove(game, order, edges, ends, index) for order in orders])
    return Faithfulness(
        model_name=explanation.model_name,
        class_name=explanation.class_names[index],
        baseline=baseline,
        seed=seed,
        nsamples=of,
        deletion=Curve("deletion", edges / n, scores[0], scores[2:]),
        insertion=Curve("insertion", edges / n, scores[1, ::-1], scores[2:, ::-1]),
    )


def evaluations(explanation: Explanation, n_random: int = RANDOM_ORDERS) -> int:
    """Return how many times a network is asked: at most 530 with 20 random orders."""
    inner_steps = len(step_edges(explanation.n_superpixels)) - 2
    return 2 + inner_steps * (2 + n_random)


def other_baseline(explanation: Explanation) -> str:
    """Return a baseline that the explanation has not seen."""
    settings = explanation.settings
    return "mean" if settings.baseline == "blur" and not settings.is_pixelwise else "blur"


def class_index(explanation: Explanation, class_name: str | None) -> int:
    """Return the place of a class, of the predicted one for None. Raises SettingsError."""
    name = class_name or explanation.label
    if name not in explanation.class_names:
        known = ", ".join(explanation.class_names)
        raise SettingsError(f"class_name must be one of {known}, not {name!r}.")
    return explanation.class_names.index(name)


def step_edges(n_regions: int) -> np.ndarray:
    """Return how many regions are gone after each step, (n_steps + 1,), 0 and all of them too."""
    steps = min(n_regions, MAX_STEPS)
    return np.rint(np.linspace(0, n_regions, steps + 1)).astype(int)


def _orders(values: np.ndarray, n_random: int, seed: int) -> Iterator[np.ndarray]:
    """Yield the regions strongest first, weakest first, and in random orders, (n,) int each."""
    strongest_first = np.argsort(-values, kind="stable")
    yield strongest_first
    yield strongest_first[::-1]
    generator = np.random.default_rng(seed)
    for _ in range(n_random):
        yield generator.permutation(len(values))


def _remove(
    game: Game, order: np.ndarray, edges: np.ndarray, ends: np.ndarray, class_index: int
) -> np.ndarray:
    """Return the score after each step, (n_steps + 1,), as regions go in this order.

    Args:
        order: (n_superpixels,), the first to go first.
        edges: (n_steps + 1,), as of `step_edges`.
        ends: (2,), the scores with nothing and with everything removed.
    """
    if len(edges) == 2:
        return ends
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    inner = game(place >= edges[1:-1, None])[:, class_index]
    return np.concatenate([ends[:1], inner, ends[1:]])


@dataclass(frozen=True)
class Localisation:
    """How much of an explanation lies on what is known to be the insect; all from 0 to 1.

    Args:
        mass: the share of the positive relevance that lies on the mask; 0 where none is positive.
        rank: the share of the K most relevant pixels that lie on the mask of K pixels.
        pointing: whether most of the strongest superpixel lies on the mask.
        mask_share: of the photo; `mass` and `rank` of relevance that is spread evenly.
        region_share: of the superpixels, those that lie on the mask for the most part; `pointing`
            of a superpixel chosen at random.
    """

    mass: float
    rank: float
    pointing: bool
    mask_share: float
    region_share: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return asdict(self)


def localisation(
    explanation: Explanation, mask: np.ndarray, class_name: str | None = None
) -> Localisation:
    """Compare an explanation with the pixels that are known to be the insect.

    A superpixel's value is spread evenly over its pixels. Pixels of equal relevance, as those of a
    superpixel are, count in `rank` by the share of them that lies on the mask.

    Args:
        mask: (H, W) bool, of the photo in any size.
        class_name: None for the predicted class.

    Raises:
        SettingsError: there is no such class, or the mask is no mask or empty.
    """
    inside = fit_mask(mask, explanation.segments.shape[0])
    values = explanation.shap_values[:, class_index(explanation, class_name)]
    sizes = np.bincount(explanation.segments.ravel(), minlength=len(values))
    on_mask = np.bincount(explanation.segments[inside], minlength=len(values))
    shares = on_mask / sizes
    positive = np.maximum(values, 0)
    return Localisation(
        mass=float(positive @ shares / max(positive.sum(), np.finfo(float).tiny)),
        rank=_rank_accuracy(values / sizes, sizes, on_mask),
        pointing=bool(shares[values.argmax()] > 0.5),
        mask_share=float(inside.mean()),
        region_share=float((shares > 0.5).mean()),
    )


def fit_mask(mask: np.ndarray, image_size: int) -> np.ndarray:
    """Return a mask as a square, (image_size, image_size) bool, as a photo is made one; nearest.

    Raises:
        SettingsError: it is not (H, W) bool, or nothing is left of it.
    """
    if mask.ndim != 2 or mask.dtype != bool:
        raise SettingsError(f"The mask must be (H, W) bool, not {mask.shape} {mask.dtype}.")
    size = (image_size, image_size)
    image = Image.fromarray(mask.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    fitted = np.asarray(image).astype(bool)
    if not fitted.any():
        raise SettingsError("The mask is empty: there is nothing to point at.")
    return fitted


def _rank_accuracy(relevance: np.ndarray, sizes: np.ndarray, on_mask: np.ndarray) -> float:
    """Return the share of the K most relevant pixels that lie on the mask of K pixels.

    Args:
        relevance: (n_superpixels,), of each of its pixels.
        sizes, on_mask: (n_superpixels,), its pixels, and those of them on the mask.
    """
    wanted = on_mask.sum()
    ties = np.unique(-relevance, return_inverse=True)[1]  # the most relevant are 0
    pixels, hits = np.bincount(ties, sizes), np.bincount(ties, on_mask)
    before = np.cumsum(pixels) - pixels
    taken = np.clip(wanted - before, 0, pixels)
    return float((hits * taken / pixels).sum() / wanted)
