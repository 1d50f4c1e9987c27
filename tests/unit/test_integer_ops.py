"""Quantized ops in numpy have the reference kernels' bits, and round in the other ways as named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fixtures import places
from tests.unit.engine import cases
from tests.unit.engine.graph import Graph, random_data, with_inferred_shapes
from tinyml_hil.explanation.integer_ops import Sums, integer_op
from tinyml_hil.explanation.roundings import (
    DOUBLE_PRECISION,
    DOUBLE_ROUNDING,
    DOWNWARDS,
    ROUNDINGS,
    SINGLE_PRECISION,
    SINGLE_ROUNDING,
    TRUNCATION,
    Rounding,
)
from tinyml_hil.model import (
    Model,
    OpByOp,
    Preprocessing,
    TensorSpec,
    graph_of,
    load_model,
    unpack,
)

MODELS = 12
"""Random ones of each op."""
MADE_BY = {
    "CONV_2D": cases.conv_2d,
    "DEPTHWISE_CONV_2D": cases.depthwise_conv_2d,
    "FULLY_CONNECTED": cases.fully_connected,
    "ADD": cases.add,
    "SUB": cases.sub,
    "MUL": cases.mul,
}
ROUNDED_BY = (DOUBLE_ROUNDING, DOUBLE_PRECISION)
"""What LiteRT's reference kernels do, according to the op."""


def _model(graph: Graph) -> Model:
    content = graph.build()
    read = graph_of(content, Path("sample.tflite"))
    ends = (read.tensors[i] for i in (read.inputs[0], read.outputs[0]))
    given, gives = (TensorSpec(t.shape, np.dtype(t.type), t.scale, t.zero_point) for t in ends)
    return Model(Path("sample.tflite"), content, read, (given,), (gives,), Preprocessing())


def _samples(op: str) -> Iterator[tuple[Model, dict[int, NDArray[np.generic]]]]:
    for seed in range(MODELS):
        rng = np.random.default_rng(seed)
        graph = with_inferred_shapes(MADE_BY[op](rng))
        yield _model(graph), {i: random_data(rng, graph.tensors[i]) for i in graph.inputs}


@pytest.mark.parametrize("op", MADE_BY)
def test_op_in_numpy_has_the_bits_of_the_reference_kernels(op: str) -> None:
    same: Counter[str] = Counter()
    for model, tensors in _samples(op):
        by_op = OpByOp("litert", model)
        (node,) = model.graph.nodes
        known = integer_op(model, unpack(model.content), node)
        assert known
        given = [tensors[i] for i in by_op.reads(0)]
        (right,) = by_op.run(0, tensors).values()
        fitting = [r.said for r in ROUNDED_BY if np.array_equal(known.run(given, r), right)]
        assert fitting, model.graph
        same.update(fitting)
    assert MODELS in same.values()


@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_sums_are_of_the_weights_that_are_told_for_a_channel(op: str) -> None:
    for model, tensors in _samples(op):
        (node,) = model.graph.nodes
        known = integer_op(model, unpack(model.content), node)
        assert isinstance(known, Sums)
        given = tensors[node.inputs[0]]
        for channel in range(known.channels):
            weights = np.array([int(raw) for _, raw in known.weights_of(channel)])
            centred = weights - model.graph.tensors[node.inputs[1]].zero_point
            patches = known.patches(given)[channel // known.outputs_of_a_group]
            summed = patches @ centred + known.bias[channel]
            assert np.array_equal(summed, known.sums(given)[:, channel])


@pytest.mark.parametrize(
    "path", [places.IC01, places.MODELS / "cifar10.tflite"], ids=lambda path: path.stem
)
def test_ops_of_a_network_in_numpy_have_the_bits_of_the_reference_kernels(path: Path) -> None:
    model = load_model(path)
    by_op, whole = OpByOp("litert", model), unpack(model.content)
    tensors = {model.graph.inputs[0]: model.input_of(np.full((32, 32, 3), 77, np.uint8))}
    known = 0
    for node in model.graph.nodes:
        right = by_op.run(node.index, tensors)
        if op := integer_op(model, whole, node):
            given = [tensors[i] for i in by_op.reads(node.index)]
            wanted = right[node.outputs[0]]
            assert any(np.array_equal(op.run(given, r), wanted) for r in ROUNDED_BY), node
            known += 1
        tensors |= right
    assert known >= 13


FACTORS = [0.5, 0.001, 0.37, 2**-20, 1.7, 0.9999999]
VALUES = [*range(-300, 300, 7), 2**20 + 1, -(2**20) - 1, 2**30 - 1, 1 - 2**30]


def _scaled(rounding: Rounding, factor: float) -> list[int]:
    scaled = rounding.scale(np.array(VALUES, np.int64), np.array([factor]))
    return [int(value) for value in scaled]


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("rounding", ROUNDINGS, ids=lambda rounding: str(rounding.said))
def test_rounding_stays_within_a_step_of_the_true_product(
    rounding: Rounding, factor: float
) -> None:
    for value, scaled in zip(VALUES, _scaled(rounding, factor), strict=True):
        assert abs(scaled - Fraction(factor) * value) <= 1 + abs(value) * 2**-20


def test_roundings_differ_as_they_are_named() -> None:
    halves = np.array([-5, -3, -1, 1, 3, 5], np.int64)

    def of(rounding: Rounding) -> list[int]:
        return [int(value) for value in rounding.scale(halves, np.array([0.5]))]

    assert of(SINGLE_ROUNDING) == [-2, -1, 0, 1, 2, 3]
    assert of(DOUBLE_PRECISION) == [-3, -2, -1, 1, 2, 3]
    assert of(SINGLE_PRECISION) == [-2, -2, 0, 0, 2, 2]
    assert of(DOWNWARDS) == [-3, -2, -1, 0, 1, 2]
    assert of(TRUNCATION) == [-2, -1, 0, 0, 1, 2]


def test_two_roundings_can_go_up_where_one_goes_down() -> None:
    values, factor = np.arange(100_000, dtype=np.int64), np.array([0.00137])
    once, twice = (r.scale(values, factor) for r in (SINGLE_ROUNDING, DOUBLE_ROUNDING))
    assert set(np.unique(twice - once)) == {0, 1}
