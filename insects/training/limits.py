"""What one training may ask of this host: photos, epochs, minutes, memory, disk.

The figures a network needs were measured on two cores; a host sets its own limits by the
environment, such as INSECTS_MAX_EPOCHS=20.
"""

import os
from dataclasses import dataclass, fields
from pathlib import Path

from insects.errors import RunError, SettingsError
from insects.networks import Recipe, get_network
from insects.runs import delete_run, list_runs, size_of
from insects.runs.queue import training_process

PREFIX = "INSECTS_MAX_"
BASE_MEGABYTES = 850  # Python, TensorFlow, LiteRT, and what an export takes
EMBEDDING_BYTES = 1280 * 4
OPTIMIZER_COPIES = {"sgd": 1, "adam": 2}
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """The most that visitors may ask for.

    Args:
        epochs: of one training.
        photos: to train and test on.
        minutes: after which a training is ended, with what it has learned.
        queued_per_owner: trainings of one visitor that wait.
        queued: trainings that wait in all.
        runs_megabytes: of all runs trained here; the oldest go first.
    """

    epochs: int = 60
    photos: int = 3500
    minutes: float = 30
    queued_per_owner: int = 2
    queued: int = 6
    runs_megabytes: int = 2000


@dataclass(frozen=True)
class Cost:
    """What a network takes, measured with TensorFlow 2.21 on two cores.

    Args:
        weights: how many numbers it learns, for three classes.
        kilobytes: of activations and their gradients, a photo of a batch.
        once: milliseconds a photo to read, resize and, with a backbone, embed it.
        epoch: milliseconds a photo of an epoch, forward and back.
        checkpoint: milliseconds an epoch to write what it can go on from.
    """

    weights: int
    kilobytes: int
    once: float
    epoch: float
    checkpoint: float


COSTS = {
    "efficientnet_lite0": Cost(3_843, 10, once=25, epoch=0.3, checkpoint=60),
    "zhang": Cost(8_412_707, 19_000, once=12, epoch=12, checkpoint=800),
    "tang": Cost(5_611_131, 6_000, once=12, epoch=7, checkpoint=300),
    "small": Cost(81_283, 700, once=12, epoch=1.5, checkpoint=60),
}


def limits() -> Limits:
    """Return this host's limits: the usual ones, and what the environment says.

    Raises:
        SettingsError: a variable holds no number above 0.
    """
    changed: dict[str, float] = {}
    for field in fields(Limits):
        name = PREFIX + field.name.upper()
        if text := os.environ.get(name):
            try:
                value = float(text)
            except ValueError:
                value = 0
            if not 0 < value < 1e9:
                raise SettingsError(f"{name} must be a number above 0, not {text!r}.")
            changed[field.name] = value if field.name == "minutes" else int(value)
    return Limits(**changed)  # type: ignore[arg-type]


def check_fit(network: str, n_photos: int, recipe: Recipe, minutes: float | None = None) -> None:
    """Check that a training fits this host, before it starts.

    Args:
        network: its name.
        n_photos: to train and test on.
        minutes: it may take; None for the host's limit.

    Raises:
        SettingsError: too many epochs or photos, or too little memory or time, with the figure.
    """
    most = limits()
    if recipe.epochs > most.epochs:
        raise SettingsError(f"At most {most.epochs} epochs are possible here, not {recipe.epochs}.")
    if n_photos > most.photos:
        raise SettingsError(
            f"A training here takes at most {most.photos:,} photos; these are {n_photos:,}."
        )
    allowed = min(minutes or most.minutes, most.minutes)
    needed = minutes_needed(network, n_photos, recipe)
    if needed > allowed:
        raise SettingsError(
            f"This training would take about {needed:.0f} minutes; {allowed:g} are possible "
            "here. Choose fewer epochs or photos."
        )
    check_memory(network, n_photos, recipe)


def check_memory(network: str, n_photos: int, recipe: Recipe) -> None:
    """Check that a training fits into the memory that is free now.

    Raises:
        SettingsError: it does not, with the figures.
    """
    needed, free = megabytes_needed(network, n_photos, recipe), megabytes_free()
    if free is not None and needed > free:
        raise SettingsError(
            f"This training would need about {needed:,.0f} MB of memory; {free:,.0f} MB are "
            "free here. Choose fewer photos, a smaller batch or a smaller network."
        )


def megabytes_needed(network: str, n_photos: int, recipe: Recipe) -> float:
    """Return the most memory a training takes, about: process, photos, weights, one batch."""
    cost, known = COSTS[network], get_network(network)
    photo_bytes = known.image_size**2 * 3 + (EMBEDDING_BYTES if known.backbone else 0)
    # Weights, gradients and the optimizer's own, and all again while they are saved.
    weight_bytes = 4 * cost.weights * 2 * (2 + OPTIMIZER_COPIES.get(recipe.optimizer, 2))
    batch_bytes = 1000 * cost.kilobytes * recipe.batch_size
    return BASE_MEGABYTES + (n_photos * photo_bytes + weight_bytes + batch_bytes) / 1e6


def minutes_needed(network: str, n_photos: int, recipe: Recipe) -> float:
    """Return how long a training takes on two cores, about, the start of TensorFlow included."""
    cost = COSTS[network]
    a_photo = cost.once + recipe.epochs * cost.epoch
    return (15_000 + n_photos * a_photo + recipe.epochs * cost.checkpoint) / 60_000


def megabytes_free() -> float | None:
    """Return how much memory a training will find free, None where nobody can tell.

    What another training has now counts as free: it ends before the next one begins.
    """
    known = [found for found in (_free_of_machine(), _free_of_container()) if found is not None]
    return min(known) + _used_by_training() if known else None


def _used_by_training() -> float:
    process = training_process()
    if process in (None, os.getpid()):
        return 0.0
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _free_of_machine() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 / 1e6
    return None


def _free_of_container() -> float | None:
    """Return what a container's quota leaves; what it keeps of files is as good as free."""
    try:
        quota = int((CGROUP / "memory.max").read_text())  # "max" where there is none
        used = int((CGROUP / "memory.current").read_text())
        lines = (CGROUP / "memory.stat").read_text().splitlines()
        cached = sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
    except (OSError, ValueError):
        return None
    return (quota - used + cached) / 1e6


def tidy_runs() -> list[str]:
    """Remove the oldest runs until all take no more disk than they may; return their names.

    Shipped runs, pinned ones and those that are being trained stay.
    """
    ours = [run for run in list_runs() if not run.is_shipped]
    sizes = {run.path: size_of(run.path) for run in ours}
    too_much = sum(sizes.values()) - limits().runs_megabytes * 1e6
    removed = []
    for run in sorted(ours, key=lambda run: run.queued_at):
        if too_much <= 0:
            break
        if run.is_pinned or run.is_alive:
            continue
        try:
            delete_run(run)
        except RunError:  # somebody else was faster
            continue
        removed.append(run.name)
        too_much -= sizes[run.path]
    return removed
