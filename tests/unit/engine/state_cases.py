"""Random graphs of one op that keeps a state."""

from dataclasses import replace

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .cases import BUILTIN, Case, Rng, activation_tensor, finish, one_of, scale
from .graph import Graph, Op, Tensor


def _per_tensor(rng: Rng, shape: tuple[int, ...]) -> Tensor:
    return Tensor(shape, "int8", scale(rng, -10, -4), data=rng.integers(-127, 128, shape))


def _lstm(rng: Rng, is_quantized: bool) -> Graph:
    """As Keras writes it: four gates, a state of two variable tensors, mostly a limit."""
    graph = Graph()
    batches, steps, inputs, cells = (
        one_of(rng, [1, 1, 2]),
        *(int(d) for d in rng.integers(1, 12, 3)),
    )
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    options.timeMajor = bool(rng.random() < 0.3)
    options.cellClip = one_of(rng, [0.0, 10.0, 10.0, 0.3])
    ends = (steps, batches) if options.timeMajor else (batches, steps)
    source, state = (activation_tensor(rng, size) for size in ((*ends, inputs), (batches, cells)))
    source = replace(source, scale=scale(rng, -7, -3))
    hidden = replace(state, scale=float(np.float32(rng.uniform(0.5, 1.5) / 128)))
    state = one_of(rng, [hidden, replace(hidden, scale=scale(rng, -8, -6))])
    cell = Tensor((batches, cells), "int16", 2.0 ** -int(rng.integers(9, 16)), is_variable=True)
    gates = [_per_tensor(rng, (cells, inputs)) for _ in range(4)]
    gates += [_per_tensor(rng, (cells, cells)) for _ in range(4)]
    limit = int(one_of(rng, [100, 2000, 20000]))
    biases = [Tensor((cells,), "int32", data=rng.integers(-limit, limit, cells)) for _ in range(4)]
    state = replace(state, is_variable=True)
    if not is_quantized:
        gates = [replace(t, dtype="float32", data=rng.normal(0, 0.4, t.shape)) for t in gates]
        biases = [replace(t, dtype="float32", data=rng.normal(0, 1, t.shape)) for t in biases]
        source, state, cell, hidden = (_plain(t) for t in (source, state, cell, hidden))
    numbers = [graph.input(source), *(graph.add(tensor) for tensor in gates), -1, -1, -1]
    numbers += [*(graph.add(tensor) for tensor in biases), -1, -1, graph.add(state)]
    numbers += [graph.add(cell), -1, -1, -1, -1]
    between = tuple(graph.add(Tensor((0,), "float32")) for _ in range(4))
    between = (*between, graph.add(replace(hidden, shape=(0,), is_variable=False)))
    output = graph.add(replace(hidden, shape=(*ends, cells)))
    graph.ops.append(
        Op(BUILTIN.UNIDIRECTIONAL_SEQUENCE_LSTM, numbers, [output], options, intermediates=between)
    )
    return finish(graph, output)


def _plain(tensor: Tensor) -> Tensor:
    return replace(tensor, dtype="float32", scale=None, zero_point=0)


def unidirectional_sequence_lstm(rng: Rng) -> Graph:
    """Weights of int8, cells of int16."""
    return _lstm(rng, is_quantized=True)


def unidirectional_sequence_lstm_float(rng: Rng) -> Graph:
    """Of real numbers throughout."""
    return _lstm(rng, is_quantized=False)


def _svdf(rng: Rng, is_quantized: bool) -> Graph:
    """Any rank and memory, with a bias or without."""
    graph = Graph()
    batches, inputs, units, rank, memory = (
        one_of(rng, [1, 1, 2]),
        *(int(d) for d in rng.integers(1, (20, 9, 4, 12))),
    )
    filters, options = units * rank, schema.SVDFOptionsT()
    options.rank = rank
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU
    source, output = (activation_tensor(rng, (batches, size)) for size in (inputs, units))
    features = Tensor(
        (filters, inputs),
        "int8",
        scale(rng, -8, -5),
        data=rng.integers(-127, 128, (filters, inputs)),
    )
    time = Tensor(
        (filters, memory), "int16", 2.0**-12, data=rng.integers(-9000, 9000, (filters, memory))
    )
    size = source.scale * features.scale * 40 * np.sqrt(inputs)  # type: ignore[operator]
    state = Tensor(
        (batches, filters * memory), "int16", float(np.float32(size / 9000)), is_variable=True
    )
    output = replace(output, scale=float(np.float32(size * np.sqrt(rank * memory) / 60)))
    bias = Tensor((units,), "int32", data=rng.integers(-90000, 90000, units))
    if not is_quantized:
        features, time = (
            replace(_plain(t), data=rng.normal(0, 1, t.shape)) for t in (features, time)
        )
        source, state, output = (_plain(t) for t in (source, state, output))
        bias = replace(bias, dtype="float32", data=rng.normal(0, 1, units))
    numbers = [graph.input(source), graph.add(features), graph.add(time)]
    numbers += [graph.add(bias) if rng.random() < 0.7 else -1, graph.add(state)]
    return finish(graph, graph.op(BUILTIN.SVDF, numbers, output, options))


def svdf(rng: Rng) -> Graph:
    """Weights of int8 over features and of int16 over time."""
    return _svdf(rng, is_quantized=True)


def svdf_float(rng: Rng) -> Graph:
    """Of real numbers throughout."""
    return _svdf(rng, is_quantized=False)


STATEFUL: list[Case] = [svdf, unidirectional_sequence_lstm]
STATEFUL_FLOAT: list[Case] = [svdf_float, unidirectional_sequence_lstm_float]
