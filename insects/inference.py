"""Predict with a trained network on LiteRT; TensorFlow is not needed and never imported."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
from ai_edge_litert import interpreter as litert
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from insects import imagenet, views
from insects.errors import RunError
from insects.photos import Squares, resize
from insects.predictions import temperature_of
from insects.runs import Run, find_run

BATCH_SIZE = 8
BACKBONE_SIZE = 224  # px, the side of what it looks at
# 95 % of the insects among the photos from elsewhere that were set apart to choose with are above.
FAMILIAR = -0.62
# So near to that, saving the photo again may change sides: it moves the familiarity up and down.
# Of 95 % of the photos to choose with, all scores lie within twice this (`insects.saved_again`).
UNSURE = 1.3
_standard_error = threading.Lock()
# The matrices beside the network are small. With threads of its own, BLAS takes the cores from
# LiteRT: an explanation took an eighth longer.
threadpool_limits(1, user_api="blas")
T = TypeVar("T")
BACKBONES = Path(__file__).parent / "pretrained" / "backbones"


class Verdict(StrEnum):
    """Whether a photo looks like one of a network's classes at all."""

    LIKE = "like"
    UNSURE = "unsure"
    UNLIKE = "unlike"


def verdict_of(familiarity: float) -> Verdict:
    """Return what a familiarity says in three answers: unsure near the threshold."""
    if abs(familiarity - FAMILIAR) < UNSURE:
        return Verdict.UNSURE
    return Verdict.LIKE if familiarity >= FAMILIAR else Verdict.UNLIKE


@dataclass(frozen=True)
class Prediction:
    """What a network says of one photo.

    Args:
        class_names: in the order of `probabilities`.
        probabilities: (n_classes,), they sum to 1.
        familiarity: log odds that the photo shows an insect of the classes at all, as ImageNet's
            own layer sees it; None where that has no such classes.
    """

    class_names: tuple[str, ...]
    probabilities: np.ndarray
    familiarity: float | None = None

    @property
    def label(self) -> str:
        """The class with the highest probability."""
        return self.class_names[int(self.probabilities.argmax())]

    @property
    def is_familiar(self) -> bool | None:
        """Whether the photo looks like one of the classes at all; None where nobody can tell.

        It is yes or no even where that is a coin's toss; `familiarity_verdict` says so there.
        """
        return None if self.familiarity is None else self.familiarity >= FAMILIAR

    @property
    def familiarity_verdict(self) -> Verdict | None:
        """The same in three answers: unsure where saving the photo again may change the answer."""
        return None if self.familiarity is None else verdict_of(self.familiarity)


class Interpreter:
    """A LiteRT network for batches of one and of eight, used by one thread at a time.

    Fixed shapes keep LiteRT from planning its memory anew at each call, and give the same photo
    the same answer whatever else is in its batch.
    """

    def __init__(self, path: Path, n_threads: int | None = None) -> None:
        self._path = path
        self._n_threads = n_threads or n_cores()
        self._by_batch_size: dict[int, litert.Interpreter] = {}
        self._lock = threading.Lock()

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return the outputs, (n, n_outputs) float32, for inputs (n, ...) of any number type."""
        batches = range(0, len(inputs), BATCH_SIZE)
        return np.concatenate(
            [self.read(inputs[i : i + BATCH_SIZE], lambda found: found[0].copy()) for i in batches]
        )

    def read(self, inputs: np.ndarray, take: Callable[[list[np.ndarray]], T]) -> T:
        """Return what is taken of the outputs for a batch of inputs.

        Args:
            inputs: (n, ...), at most `BATCH_SIZE`.
            take: is given every output, those of fewer axes first. They are LiteRT's own memory,
                which is gone afterwards: it copies what it keeps. A large output is dear to copy.
        """
        batch_size = 1 if len(inputs) == 1 else BATCH_SIZE
        with self._lock:
            interpreter = self._interpreter(batch_size)
            # A view into LiteRT's own memory: it must be gone before `invoke`. The places left
            # over keep what was in them.
            interpreter.tensor(interpreter.get_input_details()[0]["index"])()[: len(inputs)] = (
                inputs
            )
            interpreter.invoke()
            details = sorted(interpreter.get_output_details(), key=lambda one: len(one["shape"]))
            return take([interpreter.tensor(one["index"])()[: len(inputs)] for one in details])

    @property
    def input_size(self) -> int:
        """How many numbers it takes of one input, where that is one row of them."""
        return int(self._interpreter(1).get_input_details()[0]["shape"][1])

    def _interpreter(self, batch_size: int) -> litert.Interpreter:
        if batch_size not in self._by_batch_size:
            self._by_batch_size[batch_size] = self._make(batch_size)
        return self._by_batch_size[batch_size]

    def _make(self, batch_size: int) -> litert.Interpreter:
        with silence():
            interpreter = litert.Interpreter(str(self._path), num_threads=self._n_threads)
            details = interpreter.get_input_details()[0]
            interpreter.resize_tensor_input(details["index"], [batch_size, *details["shape"][1:]])
            interpreter.allocate_tensors()
        return interpreter


class Model:
    """A trained network, ready to predict.

    Args:
        run: the run directory it was trained into.
    """

    def __init__(self, run: Run) -> None:
        config = run.config
        self.run = run
        self.name: str = run.name
        self.class_names: tuple[str, ...] = tuple(config["class_names"])
        self.image_size: int = config["image_size"]
        self.temperature = temperature_of(run)
        if not (run.path / "model.tflite").is_file():
            raise RunError(f"The run {run.name} has no model.tflite.")
        self._networks = [Interpreter(run.path / "model.tflite")]
        if config.get("backbone"):
            self._networks.insert(0, backbone())

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Return (n, n_classes) float32 for raw 0-255 RGB, (n, image_size, image_size, 3).

        Of a calibrated run they are divided by its temperature (Guo et al., 2017), so that their
        softmax is what `probabilities` says.
        """
        outputs = images
        for network in self._networks:
            outputs = network(outputs)
        return outputs / np.float32(self.temperature)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return (n, n_classes) float64, rows sum to 1, for images as in `logits`."""
        return softmax(self.logits(images).astype(np.float64), axis=1)

    @property
    def has_parts(self) -> bool:
        """Whether the logits are a sum over places: they are where a backbone is below the run."""
        return len(self._networks) > 1

    def probabilities_and_parts(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities, and each place's part in the logits, (n, 16, n_classes).

        The parts sum to the logits (see `insects.views`).

        Args:
            images: as of `logits`, at most `BATCH_SIZE`, of a network that `has_parts`.
        """
        below, last = self._networks
        slopes, offset = self._last_layer
        embeddings, parts = below.read(
            images, lambda outputs: (outputs[0].copy(), views.parts(outputs[1], slopes, offset))
        )
        parts /= np.float32(self.temperature)
        logits = last(embeddings) / np.float32(self.temperature)
        return softmax(logits.astype(np.float64), axis=1), parts

    @cached_property
    def _last_layer(self) -> tuple[np.ndarray, np.ndarray]:
        """What the last layer makes of each number of an embedding, and of none."""
        last = self._networks[-1]
        size = last.input_size
        offset = last(np.zeros((1, size), np.float32))
        return last(np.eye(size, dtype=np.float32)) - offset, offset

    def predict(self, photo: np.ndarray | Squares) -> Prediction:
        """Return the prediction for one photo.

        The backbone looks at the photo too, in a size of its own. So give the photo itself: a
        square that was made for the network has lost what the backbone would see.

        Args:
            photo: (H, W, 3) uint8 of any size, or its squares of `image_size` and `BACKBONE_SIZE`.
        """
        image = resize(photo, self.image_size)[None]
        seen = _see(photo) if imagenet.knows(self.class_names) else None
        if seen and self.has_parts:
            logits = self._networks[-1](seen[0]) / np.float32(self.temperature)
        else:
            logits = self.logits(image)
        return Prediction(
            self.class_names,
            softmax(logits.astype(np.float64), axis=1)[0],
            float(imagenet.familiarity(seen[1], self.class_names)[0]) if seen else None,
        )

    def embed(self, photo: np.ndarray | Squares) -> np.ndarray:
        """Return what the shared backbone makes of a photo, (1280,) float32, for any network.

        Args:
            photo: (H, W, 3) uint8 of any size, or its squares, one of `BACKBONE_SIZE`.
        """
        return _see(photo)[0][0]


@cache
def backbone() -> Interpreter:
    """Return the shared backbone; whoever needs it waits for his turn."""
    return Interpreter(BACKBONES / "efficientnet_lite0.tflite")


def _see(photo: np.ndarray | Squares) -> list[np.ndarray]:
    """Return the backbone's embedding, (1, 1280), and its view of each place, (1, 7, 7, 1280)."""
    image = resize(photo, BACKBONE_SIZE)[None]
    return backbone().read(image, lambda outputs: [output.copy() for output in outputs])


def load_model(name_or_path: str | Path) -> Model:
    """Load a shipped or trained network by its run's name, or by a run directory's path.

    Raises:
        RunError: there is no such run, or it is not finished.
    """
    return Model(find_run(name_or_path).require_finished())


def n_cores() -> int:
    """Return how many cores this process may use, a container's quota included."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(allowed or 1, int(quota) // int(period)))
    except (OSError, ValueError):  # no such file, or its quota is "max"
        return allowed or 1


@contextmanager
def silence() -> Iterator[None]:
    """Keep LiteRT's INFO line, which it writes past Python, out of standard error."""
    with _standard_error:
        saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(null)
