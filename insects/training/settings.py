"""What a training is asked to do, checked before anything is imported or written."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from insects.datasets import Dataset, is_folder, load_dataset, require_dataset, uploads
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
    "pull": (0.0, 10.0),
}
MAX_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class Settings:
    """What a training is asked to do.

    Args:
        network: an architecture's name.
        dataset: a name or a folder's path, see `insects.datasets`.
        split: a name, see `insects.datasets.splits`.
        seed: of the weights and of the order of the photos.
        recipe: None for the network's own.
        augment: vary the training photos a little, anew in each epoch.
        calibrate: set some training photos aside, to fit a temperature on them; the articles'
            recipes train on all.
        background_bias: of drawn insects, the share that sits on ground that betrays their class.
        minutes: end it after so long, with what it has learned; None for no limit.
        owner: the token of the visitor who asks for it, if any (see `insects.datasets.uploads`).
    """

    network: str
    dataset: str = "published"
    split: str = "deduplicated"
    seed: int = 0
    recipe: Recipe | None = None
    augment: bool = False
    calibrate: bool = False
    background_bias: float = 0.0
    minutes: float | None = None
    owner: str = field(default="", repr=False)

    @property
    def run_name(self) -> str:
        """The name of a run for which nobody chose one."""
        dataset = [] if self.dataset == "published" else [self.dataset]
        if is_folder(self.dataset):
            dataset = [safe_name(Path(self.dataset).resolve().name, "folder", MAX_DATASET_NAME)]
        if self.background_bias:
            dataset.append(f"bias{self.background_bias:g}")
        return "-".join([self.network, *dataset, split_key(self.split), f"seed{self.seed}"])

    def load_dataset(self) -> Dataset:
        """Return the photos to train on, not split yet.

        Raises:
            DatasetError: they are missing.
            SettingsError: no dataset has that name.
        """
        return load_dataset(self.dataset, seed=self.seed, background_bias=self.background_bias)

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
        network = get_network(self.network)
        recipe = self.recipe or network.recipe
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
        if not 0 <= self.background_bias <= 1:
            raise SettingsError(f"background_bias must be from 0 to 1, not {self.background_bias}.")
        if self.background_bias and self.dataset != "drawn":
            raise SettingsError("Only drawn insects can have a background_bias.")
        if self.minutes is not None and not 0 < self.minutes <= MAX_MINUTES:
            raise SettingsError(f"minutes must be up to {MAX_MINUTES}, not {self.minutes}.")
        if self.augment and network.backbone:
            raise SettingsError(
                f"{network.title} cannot vary the photos: its backbone looks at each only once."
            )
        return recipe

    def to_config(self) -> dict[str, Any]:
        """Return what a run's config.json says of the settings; of the owner only a digest."""
        network = get_network(self.network)
        config = {
            "network": network.name,
            "backbone": network.backbone,
            "dataset": self.dataset,
            "split": split_key(self.split),
            "image_size": network.image_size,
            "seed": self.seed,
            "recipe": self.checked_recipe().to_dict(),
            "augment": self.augment,
            "calibrate": self.calibrate,
            "minutes": self.minutes,
        }
        if self.dataset == "drawn":
            config["background_bias"] = self.background_bias
        return {**config, "owner": uploads.owner_key(self.owner)} if self.owner else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Settings":
        """Return the settings that a run's config.json holds, without the owner.

        Raises:
            SettingsError: it is not the config of a run that can be trained.
        """
        try:
            return cls(
                network=config["network"],
                dataset=config["dataset"],
                split=config["split"],
                seed=config["seed"],
                recipe=Recipe(**config["recipe"]),
                augment=bool(config.get("augment")),
                calibrate=bool(config.get("calibrate")),
                background_bias=float(config.get("background_bias", 0)),
                minutes=config.get("minutes"),
            )
        except (KeyError, TypeError, ValueError):
            raise SettingsError("The config of this run does not say how to train it.") from None
