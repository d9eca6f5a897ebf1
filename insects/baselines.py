"""Does an explanation depend on what hidden parts look like? The same photo under every baseline.

A baseline is a choice that nobody can prove right: a white part is as odd to a network as a blurred
one (Sturmfels et al., "Visualizing the Impact of Feature Attribution Baselines", 2020).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from insects.convergence import WIDTH_95
from insects.explanation import Explanation, explain
from insects.inference import Model
from insects.photo_game import Progress
from insects.shapley.leverage import errors_from
from insects.superpixels import BASELINES

USUAL_SAMPLES_EACH = 300
# Values smaller than this share of the largest are of no news, whatever their sign.
FAINT = 0.01


@dataclass(frozen=True)
class Comparison:
    """Explanations of one photo that differ in what hidden parts look like, and in nothing else.

    Args:
        explanations: one a baseline, in the order of `BASELINES`; all have the same superpixels.
    """

    explanations: tuple[Explanation, ...]

    @property
    def nsamples(self) -> int:
        """Evaluations spent in all."""
        return sum(one.nsamples for one in self.explanations)

    def turning(self, class_name: str) -> list[int]:
        """Return the superpixels that surely speak for a class under one baseline, and against it
        under another: both values are further from 0 than their 95 % interval."""
        index = self.explanations[0].class_names.index(class_name)
        signs = np.stack([self._signs(one, index) for one in self.explanations])
        turns = (signs > 0).any(axis=0) & (signs < 0).any(axis=0)
        return [int(i) for i in np.flatnonzero(turns)]

    def _signs(self, explanation: Explanation, class_index: int) -> np.ndarray:
        """Return -1, 0 or 1 for each superpixel, 0 where the sign is not sure, (n,) int."""
        values = explanation.shap_values[:, class_index]
        errors = explanation.standard_errors
        assert errors is not None  # `compare` uses a method that has them
        faint = FAINT * max(float(np.abs(one.shap_values).max()) for one in self.explanations)
        is_sure = np.abs(values) > np.maximum(WIDTH_95 * errors[:, class_index], faint)
        return np.where(is_sure, np.sign(values), 0).astype(int)

    def sentence(self, class_name: str) -> str:
        """Return how many signs depend on the baseline."""
        number = len(self.turning(class_name))
        if not number:
            return "No region's sign surely depends on what you hide it with."
        if number == 1:
            return "The sign of 1 region depends on what you hide it with."
        return f"The sign of {number} regions depends on what you hide them with."


def compare(
    model: Model, explanation: Explanation, on_progress: Progress = lambda *_: None
) -> Comparison:
    """Explain the photo of an explanation under each baseline, mostly by 300 samples each.

    The estimator is always `leverage`, because it has error bars from few samples on; superpixels,
    seed and output are those of the explanation.

    Args:
        explanation: by superpixels, of this model.
        on_progress: called after each batch; an exception raised in it ends the work.
    """
    nsamples = samples_each(explanation)
    found: list[Explanation] = []
    for number, baseline in enumerate(BASELINES):
        settings = replace(
            explanation.settings, method="leverage", baseline=baseline, nsamples=nsamples
        )
        report = _report(on_progress, number * nsamples, len(BASELINES) * nsamples)
        *_, last = explain(model, explanation.image, on_progress=report, **vars(settings))
        # That of the photo: all that is left of it here is what the network saw.
        found.append(replace(last, familiarity=explanation.familiarity))
    return Comparison(tuple(found))


def samples_each(explanation: Explanation) -> int:
    """Return how many samples each baseline gets: at least so many that their errors are known."""
    usual = min(explanation.settings.nsamples, USUAL_SAMPLES_EACH)
    return max(usual, errors_from(explanation.n_superpixels))


def _report(on_progress: Progress, before: int, of: int) -> Callable[[int, int], None]:
    """Return what tells the progress of one explanation as a part of all."""
    return lambda spent, _: on_progress(before + spent, of)
