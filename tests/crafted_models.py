"""LiteRT files that are not quite what a network's export is."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema


def crafted(content, change):
    """A LiteRT file with its graph changed by a function that is given it."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    change(model, model.subgraphs[0])
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def with_another_step(content):
    """The same steps with the same numbers, but the last one hides what is below 0."""

    def change(model, graph):
        graph.operators[-1].builtinOptions.fusedActivationFunction = 1  # ReLU

    return crafted(content, change)


def with_another_input(content, side):
    """The same for pictures of another size, as it says."""

    def change(model, graph):
        tensor = graph.tensors[graph.inputs[0]]
        tensor.shape = np.array([1, side, side, 3], np.int32)

    return crafted(content, change)


def with_another_scale(content):
    """The same with the numbers by which photos are scaled changed."""

    def change(model, graph):
        first = next(tensor for tensor in graph.tensors if b"Cast/x" in tensor.name)
        values = np.array(model.buffers[first.buffer].data, np.uint8).view("<f2")
        model.buffers[first.buffer].data = (values * 2).astype("<f2").view(np.uint8)

    return crafted(content, change)
