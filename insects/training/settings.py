"""What a training is asked to do, checked before anything is imported or written."""

from dataclasses import dataclass

from insects.errors import SettingsError
from insects.networks import Recipe, get_network

OPTIMIZERS = ("adam", "sgd")
LIMITS = {
    "epochs": (1, 200),
    "batch_size": (1, 256),
    "learning_rate": (1e-6, 1.0),
    "weight_decay": (0.0, 0.1),
}


@dataclass(frozen=True)
class Settings:
    """What a training is asked to do.

    Args:
        network: an architecture's name.
        dataset, split: names, see `insects.datasets`.
        seed: of the weights and of the order of the photos.
        recipe: None for the network's own.
    """

    network: str
    dataset: str = "published"
    split: str = "deduplicated"
    seed: int = 0
    recipe: Recipe | None = None

    @property
    def run_name(self) -> str:
        """The name of a run for which nobody chose one."""
        dataset = [] if self.dataset == "published" else [self.dataset]
        return "-".join([self.network, *dataset, self.split, f"seed{self.seed}"])

    def checked_recipe(self) -> Recipe:
        """Return the recipe to train by.

        Raises:
            SettingsError: no such network, or a hyper-parameter is out of range.
        """
        recipe = self.recipe or get_network(self.network).recipe
        if recipe.optimizer not in OPTIMIZERS:
            raise SettingsError(
                f"optimizer must be one of {', '.join(OPTIMIZERS)}, not {recipe.optimizer!r}."
            )
        if not 0 <= self.seed < 2**32:
            raise SettingsError(f"seed must be from 0 to {2**32 - 1}, not {self.seed}.")
        for name, (low, high) in LIMITS.items():
            value = getattr(recipe, name)
            if not low <= value <= high:
                raise SettingsError(f"{name} must be from {low} to {high}, not {value}.")
        return recipe
