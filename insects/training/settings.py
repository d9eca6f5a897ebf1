"""What a training is asked to do, checked before anything is imported or written."""

from dataclasses import dataclass, field
from pathlib import Path

from insects.datasets import is_folder, require_dataset, uploads
from insects.datasets.folder import safe_name
from insects.datasets.splits import split_key
from insects.errors import SettingsError
from insects.networks import Recipe, get_network

OPTIMIZERS = ("adam", "sgd")
MAX_DATASET_NAME = 27  # letters of a folder's name in the name of a run
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
        dataset: a name or a folder's path, see `insects.datasets`.
        split: a name, see `insects.datasets.splits`.
        seed: of the weights and of the order of the photos.
        recipe: None for the network's own.
        owner: the token of the visitor who asks for it, if any (see `insects.datasets.uploads`).
    """

    network: str
    dataset: str = "published"
    split: str = "deduplicated"
    seed: int = 0
    recipe: Recipe | None = None
    owner: str = field(default="", repr=False)

    @property
    def run_name(self) -> str:
        """The name of a run for which nobody chose one."""
        dataset = [] if self.dataset == "published" else [self.dataset]
        if is_folder(self.dataset):
            dataset = [safe_name(Path(self.dataset).resolve().name, "folder", MAX_DATASET_NAME)]
        return "-".join([self.network, *dataset, split_key(self.split), f"seed{self.seed}"])

    def check_dataset(self) -> None:
        """Check that there is such a dataset for whoever asks, and such a split; nothing is read.

        Raises:
            SettingsError: there is none, or `owner` is no token.
        """
        split_key(self.split)
        if self.owner:
            uploads.owner_key(self.owner)
            if not uploads.may_use(self.dataset, self.owner):
                raise SettingsError("There is no such dataset of yours any more.")
        require_dataset(self.dataset)

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
