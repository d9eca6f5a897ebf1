"""Write a stranger's network anew: our own graph with the stranger's numbers.

The server never opens a LiteRT file from elsewhere. The numbers in it are read, and put into the
export of the same network that is shipped; both must then give the same answers. This is a command,
`python -m insects.networks.rebuild`, because the server runs it in a process with limits: there
LiteRT opens the stranger's file, once, to compare.
"""

import os
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert import interpreter as litert

from insects.errors import RunError
from insects.networks import Network, get_network
from insects.networks.graph import Graph

SECONDS = 120  # of a core
MEGABYTES = 1_000  # beside what Python and its libraries take; Zhang's network needs 150
NICENESS = 10  # those who explain photos come first
EXAMPLES = 8
SQUARES = 8  # a side
TOLERANCE = 1e-4
LEFT_OUT = {"MUL": 1, "ADD": 0}


def rebuilt(given: bytes, template: bytes, n_classes: int) -> bytes:
    """Return our own file of a network with the numbers of a given one.

    Args:
        given: a LiteRT file from anywhere.
        template: one of the same network, for any number of classes.

    Raises:
        RunError: the given one is not of that network, or not for so many classes. The text is part
            of a sentence, as in all of this module.
    """
    ours, theirs = Graph(template), Graph(given)
    found = _in_our_order(ours, theirs)
    shapes = [[one.shape for one in step.constants] for step in ours.learned]
    shapes[-1] = [(n_classes, *shape[1:]) for shape in shapes[-1]]
    constants = [_with_bias(*pair) for pair in zip(found, shapes, strict=True)]
    if [[one.shape for one in arrays] for arrays in constants] != shapes:
        raise RunError(f"its layers are not those of the network for {n_classes} classes")
    if not all(np.isfinite(one).all() for arrays in constants for one in arrays):
        raise RunError("some of its numbers are not finite")
    return ours.filled(constants)


def _in_our_order(ours: Graph, theirs: Graph) -> list[list[np.ndarray]]:
    """Return what another graph has for each learned step of ours.

    An export leaves out factors that are all 1 and offsets that are all 0, and their steps.

    Raises:
        RunError: the other graph has other steps.
    """
    left, found = list(theirs.operations), []
    for step in ours.operations:
        if left and left[0].kind == step.kind:
            arrays = list(left.pop(0).constants)
        elif step.is_learned and step.kind in LEFT_OUT:
            arrays = [np.full_like(step.constants[0], LEFT_OUT[step.kind])]
        else:
            raise RunError("it is another network")
        if step.is_learned:
            found.append(arrays)
    if left:
        raise RunError("it is another network")
    return found


def _with_bias(arrays: list[np.ndarray], shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """Return a layer's kernel with its bias, which an export leaves out where it is all 0."""
    missing = shapes[len(arrays) :] if arrays else []
    return [*arrays, *(np.zeros(shape, np.float16) for shape in missing)]


def check_same_answers(one: bytes, other: bytes, network: Network) -> None:
    """Check that two LiteRT files give the same finite numbers for random inputs.

    Raises:
        RunError: they differ by more than 1e-4, or are not finite.
    """
    inputs = _examples(network, _interpreter(one).get_input_details()[0]["shape"][1:])
    mine, theirs = _answers(one, inputs), _answers(other, inputs)
    if not np.isfinite(mine).all():
        raise RunError("it does not give finite numbers for a photo")
    if mine.shape != theirs.shape or not np.allclose(mine, theirs, TOLERANCE, TOLERANCE):
        raise RunError("it gives other answers than the network that it says to be")


def _examples(network: Network, shape: tuple[int, ...]) -> np.ndarray:
    """Return random inputs: of a backbone's embeddings any numbers, of photos coloured squares."""
    rng = np.random.default_rng(0)
    if network.backbone:
        return rng.normal(0, 1, (EXAMPLES, *shape)).astype(np.float32)
    squares = rng.uniform(0, 255, (EXAMPLES, SQUARES, SQUARES, 3)).astype(np.float32)
    return squares.repeat(shape[0] // SQUARES, axis=1).repeat(shape[1] // SQUARES, axis=2)


def _answers(content: bytes, inputs: np.ndarray) -> np.ndarray:
    interpreter = _interpreter(content)
    interpreter.allocate_tensors()
    place = interpreter.get_input_details()[0]["index"]
    outputs = []
    for one in inputs:
        interpreter.set_tensor(place, one[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return np.concatenate(outputs)


def _interpreter(content: bytes) -> litert.Interpreter:
    return litert.Interpreter(model_content=content, num_threads=1)


def limit_this_process() -> None:
    """Let the system end this process where it takes too much, on systems that can do that."""
    try:
        import resource
    except ImportError:  # Windows
        return
    most = _megabytes_taken() + MEGABYTES
    resource.setrlimit(resource.RLIMIT_AS, (most * 1_000_000,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.nice(NICENESS)


def _megabytes_taken() -> int:
    """Return the addresses that this process has; libraries take some for each core."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # no Linux
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def main(given: str, template: str, network: str, n_classes: str, target: str) -> int:
    """Write a network anew, or print why it is refused."""
    limit_this_process()
    content = Path(given).read_bytes()
    try:
        made = rebuilt(content, Path(template).read_bytes(), int(n_classes))
        check_same_answers(made, content, get_network(network))
    except RunError as error:
        print(error, end="")
        return 1
    except (ValueError, RuntimeError, MemoryError):  # LiteRT's own words name places in a server
        print("LiteRT cannot run it", end="")
        return 1
    Path(target).write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
