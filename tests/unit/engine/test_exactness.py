"""Every op gives the bits of LiteRT's reference kernels."""

import numpy as np
import pytest

from . import cases
from .conftest import BOTH_KERNELS
from .graph import Graph, Reference, random_data, with_inferred_shapes
from .runner import Engine

pytestmark = BOTH_KERNELS
CASES_PER_OP = 100


def check(engine: Engine, graph: Graph, rng: np.random.Generator) -> None:
    """Compare one run of a graph whose output shapes LiteRT infers."""
    graph = with_inferred_shapes(graph)
    model = graph.build()
    inputs = [random_data(rng, graph.tensors[i]) for i in graph.inputs]
    expected = Reference(model).run(inputs)
    answer = engine.run(model, [data.tobytes() for data in inputs])
    assert answer.runs[0].outputs == expected


@pytest.mark.parametrize("case", cases.ALL, ids=lambda case: case.__name__)
def test_op_gives_the_bits_of_litert(engine: Engine, case: cases.Case) -> None:
    for seed in range(CASES_PER_OP):
        rng = np.random.default_rng(seed)
        graph = case(rng)
        try:
            check(engine, graph, rng)
        except Exception as error:
            error.add_note(f"{case.__name__}, seed {seed}")
            raise
