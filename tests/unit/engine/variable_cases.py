"""Random graphs with variables, as the converter writes a model that takes a stream bit by bit."""

from dataclasses import replace

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .cases import BUILTIN, Case, Rng, activation_tensor, finish, one_of
from .graph import Graph, Op, Tensor, random_data

HANDLE = Tensor((), "resource")


def _handle(graph: Graph, name: str) -> int:
    options = schema.VarHandleOptionsT()
    options.container, options.sharedName = "", name
    return graph.op(BUILTIN.VAR_HANDLE, [], HANDLE, options)


def _assign(graph: Graph, handle: int, value: int) -> None:
    options = schema.AssignVariableOptionsT()
    graph.ops.append(Op(BUILTIN.ASSIGN_VARIABLE, [handle, value], [], options))


def _list(graph: Graph, *values: int) -> int:
    return graph.add(Tensor((len(values),), "int32", data=np.array(values)))


def _last(graph: Graph, source: int, kept: int) -> int:
    """Cut the last rows off."""
    options = schema.StridedSliceOptionsT()
    options.beginMask = options.endMask = 0b101
    _, rows, depth = graph.tensors[source].shape
    bounds = ((0, rows - kept, 0), (0, rows, 0), (1, 1, 1))
    inputs = [source, *(_list(graph, *bound) for bound in bounds)]
    output = replace(graph.tensors[source], shape=(1, kept, depth))
    return graph.op(BUILTIN.STRIDED_SLICE, inputs, output, options)


def stream(rng: Rng) -> Graph:
    """Put the last rows before those that come, in one to three variables one after the other."""
    graph, initial = Graph(), Graph()
    call = schema.CallOnceOptionsT()
    call.initSubgraphIndex = 1
    graph.ops.append(Op(BUILTIN.CALL_ONCE, [], [], call))
    rows, depth, kind = *(int(d) for d in rng.integers(1, 5, 2)), one_of(rng, ["int8", "float32"])
    source = replace(activation_tensor(rng, (1, rows, depth)), dtype=kind)
    source = replace(source, scale=None, zero_point=0) if kind == "float32" else source
    last = graph.input(source)
    for number in range(int(rng.integers(1, 4))):
        last = _window(rng, graph, initial, last, f"ring{number}")
    graph.initial = initial
    return finish(graph, last)


def _window(rng: Rng, graph: Graph, initial: Graph, source: int, name: str) -> int:
    """Put what a variable kept before a tensor, and keep the last of both."""
    tensor, kept = graph.tensors[source], int(rng.integers(1, 4))
    value = replace(tensor, shape=(1, kept, tensor.shape[2]))
    _assign(
        initial,
        _handle(initial, name),
        initial.add(replace(value, data=random_data(rng, value))),
    )
    handle = _handle(graph, name)
    past = graph.op(BUILTIN.READ_VARIABLE, [handle], value, schema.ReadVariableOptionsT())
    options = schema.ConcatenationOptionsT()
    options.axis = 1
    both = replace(tensor, shape=(1, kept + tensor.shape[1], tensor.shape[2]))
    joined = graph.op(BUILTIN.CONCATENATION, [past, source], both, options)
    again = handle if rng.random() < 0.5 else _handle(graph, name)
    _assign(graph, again, _last(graph, joined, kept))
    return joined


VARIABLES: list[Case] = [stream]
