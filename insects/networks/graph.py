"""The numbers in a LiteRT file, in the order in which they are used; and the file with others.

The file is read as data, in plain Python: nothing of it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from insects.errors import RunError

MARK = b"TFL3"
ALIGNMENT = 16  # bytes, as LiteRT's schema asks of its buffers
LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
KINDS = {code: name for name, code in vars(schema.BuiltinOperator).items() if name[0] != "_"}


@dataclass(frozen=True)
class Operation:
    """A step of a network.

    Args:
        kind: its name in LiteRT's schema, such as "CONV_2D".
        constants: the 16-bit numbers that it uses, as float16, in the order of its inputs.
        tensors: where they are in the file: each as it is kept, and as the step takes it.
        is_learned: whether it has constants that training changes: not those before the first
            layer, which scale the photo.
    """

    kind: str
    constants: tuple[np.ndarray, ...]
    tensors: tuple[tuple[int, int], ...]
    is_learned: bool


class Graph:
    """A LiteRT file with 16-bit constants.

    Raises:
        RunError: it is none.
    """

    def __init__(self, content: bytes) -> None:
        if content[4:8] != MARK:
            raise RunError("it is no LiteRT file")
        try:
            self._model = schema.ModelT.InitFromPackedBuf(content, 0)
            (self._graph,) = self._model.subgraphs
            self.operations = tuple(self._operations())
        except Exception:  # a damaged file may raise anything: all means the same
            raise RunError("it is a damaged LiteRT file, or one of another kind") from None

    @property
    def learned(self) -> tuple[Operation, ...]:
        """The steps whose constants are learned, in the order in which they are done."""
        return tuple(step for step in self.operations if step.is_learned)

    def _operations(self) -> list[Operation]:
        codes = [KINDS[_code(one)] for one in self._model.operatorCodes]
        steps = [(codes[op.opcodeIndex], op) for op in self._graph.operators]
        kept_as = {op.outputs[0]: op.inputs[0] for kind, op in steps if kind == "DEQUANTIZE"}
        found: list[Operation] = []
        in_layers = False
        for kind, op in steps:
            if kind == "DEQUANTIZE":
                continue
            in_layers = in_layers or kind in LAYERS
            tensors = tuple((int(kept_as[i]), int(i)) for i in op.inputs if i in kept_as)
            constants = tuple(self._constant(kept) for kept, _ in tensors)
            found.append(Operation(kind, constants, tensors, in_layers and bool(constants)))
        return found

    def _constant(self, index: int) -> np.ndarray:
        tensor = self._graph.tensors[index]
        if tensor.type != schema.TensorType.FLOAT16:
            raise ValueError("no 16-bit constant")
        data = bytes(self._model.buffers[tensor.buffer].data)
        return np.frombuffer(data, "<f2").reshape(tensor.shape)

    def filled(self, constants: Sequence[Sequence[np.ndarray]]) -> bytes:
        """Return the file with other numbers; it is of no use afterwards.

        Args:
            constants: for each of the steps in `learned`, arrays with as many axes as its own.
        """
        for step, arrays in zip(self.learned, constants, strict=True):
            for (kept, taken), array in zip(step.tensors, arrays, strict=True):
                for index in (kept, taken):
                    self._graph.tensors[index].shape = np.array(array.shape, np.int32)
                data = np.ascontiguousarray(array, "<f2").view(np.uint8).ravel()
                self._model.buffers[self._graph.tensors[kept].buffer].data = data
        self._give(constants[-1][0].shape[0])
        builder = _Builder(1024)
        builder.Finish(self._model.Pack(builder), MARK)
        return bytes(builder.Output())

    def _give(self, n_classes: int) -> None:
        """Let the last step give so many numbers."""
        output = self._graph.tensors[self._graph.outputs[0]]
        output.shape = np.array([1, n_classes], np.int32)
        output.shapeSignature = np.array([-1, n_classes], np.int32)


def read_graph(path: Path, title: str) -> Graph:
    """Return the graph in a file.

    Args:
        title: what it is, as the beginning of a sentence.

    Raises:
        RunError: it cannot be read, or is no LiteRT file.
    """
    try:
        return Graph(path.read_bytes())
    except OSError as error:
        raise RunError(f"{title} cannot be read: {error.strerror}.") from None
    except RunError as error:
        raise RunError(f"{title} cannot be read: {error}.") from None


class _Builder(flatbuffers.Builder):
    """Aligns every list of numbers as LiteRT expects its constants to be."""

    def StartVector(self, size: int, count: int, alignment: int) -> Any:  # noqa: N802
        return super().StartVector(size, count, max(alignment, ALIGNMENT))


def _code(code: schema.OperatorCodeT) -> int:
    """Return which operation is meant: files of older versions say it elsewhere."""
    return max(code.builtinCode, code.deprecatedBuiltinCode)
