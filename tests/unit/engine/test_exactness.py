"""Every op of integers gives the bits of LiteRT's reference kernels; one of floats comes close."""

import numpy as np
import pytest

from .cases import Case, Rng
from .conftest import BOTH_KERNELS
from .every_case import CLOSE, EXACT
from .graph import Graph, random_data, reference_of, with_inferred_shapes
from .runner import Engine

pytestmark = BOTH_KERNELS
CASES_PER_OP = 100


FLOAT_TOLERANCE = 1e-5
"""Of the largest number of an output."""


def outputs_of(engine: Engine, graph: Graph, rng: Rng) -> tuple[list[bytes], list[bytes]]:
    """Run a graph, whose output shapes LiteRT infers, on the engine and on LiteRT."""
    graph = with_inferred_shapes(graph)
    inputs = [random_data(rng, graph.tensors[i]) for i in graph.inputs]
    answer = engine.run(graph.build(), [data.tobytes() for data in inputs])
    return answer.runs[0].outputs, reference_of(graph).run(inputs)


def check(engine: Engine, graph: Graph, rng: Rng) -> None:
    """Compare the bits of one run."""
    outputs, expected = outputs_of(engine, graph, rng)
    assert outputs == expected


def check_closeness(engine: Engine, graph: Graph, rng: Rng) -> None:
    """Compare the numbers of one run."""
    for output, wanted in zip(*outputs_of(engine, graph, rng), strict=True):
        numbers, expected = (np.frombuffer(raw, np.float32) for raw in (output, wanted))
        limit = FLOAT_TOLERANCE * np.max(np.abs(expected))
        np.testing.assert_allclose(numbers, expected, rtol=0, atol=limit)


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.__name__)
def test_op_gives_the_bits_of_litert(engine: Engine, case: Case) -> None:
    for seed in range(CASES_PER_OP):
        rng = np.random.default_rng(seed)
        graph = case(rng)
        try:
            check(engine, graph, rng)
        except Exception as error:
            error.add_note(f"{case.__name__}, seed {seed}")
            raise


@pytest.mark.parametrize("case", CLOSE, ids=lambda case: case.__name__)
def test_op_of_floats_comes_close_to_litert(engine: Engine, case: Case) -> None:
    for seed in range(CASES_PER_OP):
        rng = np.random.default_rng(seed)
        graph = case(rng)
        try:
            check_closeness(engine, graph, rng)
        except Exception as error:
            error.add_note(f"{case.__name__}, seed {seed}")
            raise
