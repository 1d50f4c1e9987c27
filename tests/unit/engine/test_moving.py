"""Ops that move values or compare them: what they refuse, and the ends of their ranges."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from .cases import BUILTIN, finish
from .graph import Graph, Reference, Tensor, with_inferred_shapes
from .runner import Engine, EngineError

IMAGE = Tensor((1, 4, 6, 8), "int8", 0.5, 3)
FLOATS = Tensor((4, 3), "float32")


def _numbers(*values: int, dtype: str = "int32") -> Tensor:
    return Tensor((len(values),), dtype, data=np.array(values))


def _made(code: int, inputs: list[Tensor], output: Tensor, **options: Any) -> Callable[[], Graph]:
    """A graph of one op; its options are those that the schema has for it."""

    def make() -> Graph:
        graph = Graph()
        places = [graph.add(t) if t.data is not None else graph.input(t) for t in inputs]
        made = _options_of(code)
        for name, value in options.items():
            setattr(made, name, value)
        return finish(graph, graph.op(code, places, output, made))

    return make


def _options_of(code: int) -> Any:
    names = {value: name for name, value in vars(BUILTIN).items()}
    name = "".join(part.capitalize() for part in names[code].split("_"))
    name = {"ReduceMax": "Reducer", "ReduceMin": "Reducer"}.get(name, name)
    made = getattr(schema, f"{name}OptionsT", None)
    return made and made()


def _alike(code: int, inputs: list[Tensor], shape: tuple[int, ...], **options: Any) -> Any:
    """The same, with an output that is as the first input, but for its shape."""
    return _made(code, inputs, replace(inputs[0], shape=shape), **options)


TWICE = Tensor((4, 2), "int32", data=np.array([[0, 0], [4, 0], [0, 0], [0, 0]]))
SAME = "input and output must have the same type and quantization"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            _made(BUILTIN.REDUCE_MAX, [IMAGE, _numbers(1)], Tensor((1, 6, 8), "int8", 0.25, 3)),
            "input and output must have the same quantization",
        ),
        (
            _alike(BUILTIN.REDUCE_MAX, [Tensor((2, 3), "int64"), _numbers(1)], (2,)),
            "types are not supported",
        ),
        (
            _made(BUILTIN.REDUCE_MIN, [FLOATS, _numbers(1)], Tensor((4,), "int32")),
            "types are not supported",
        ),
        (_alike(BUILTIN.REDUCE_MIN, [IMAGE, _numbers(4)], (1, 4, 6)), "axis is out of range"),
        (
            _alike(BUILTIN.TILE, [IMAGE, Tensor((4,), "int32")], IMAGE.shape),
            "multiples must be a constant of one int32 or int64 a dimension",
        ),
        (
            _alike(BUILTIN.TILE, [IMAGE, _numbers(1, 1, 2)], IMAGE.shape),
            "multiples must be a constant of one int32 or int64 a dimension",
        ),
        (
            _alike(BUILTIN.TILE, [IMAGE, _numbers(1, 1, 0, 1)], IMAGE.shape),
            "multiples do not fit the output",
        ),
        (
            _alike(BUILTIN.TILE, [IMAGE, _numbers(1, 2**33, 1, 1, dtype="int64")], IMAGE.shape),
            "multiples do not fit the output",
        ),
        (
            _made(BUILTIN.TILE, [IMAGE, _numbers(1, 1, 1, 1)], Tensor(IMAGE.shape, "int8", 0.25)),
            SAME,
        ),
        (
            _alike(BUILTIN.MIRROR_PAD, [IMAGE, TWICE], (1, 8, 6, 8)),
            "paddings are larger than what they mirror, or do not fit the output",
        ),
        (
            _alike(BUILTIN.MIRROR_PAD, [IMAGE, _numbers(0, 0)], IMAGE.shape),
            "paddings must be a constant of two int32 or int64 a dimension",
        ),
        (
            _alike(BUILTIN.DEPTH_TO_SPACE, [IMAGE], (1, 12, 18, 1), blockSize=3),
            "block size, input or output is out of range",
        ),
        (
            _alike(BUILTIN.SPACE_TO_DEPTH, [IMAGE], (1, 4, 6, 8)),
            "block size, input or output is out of range",
        ),
        (
            _made(
                BUILTIN.SPACE_TO_DEPTH, [IMAGE], Tensor((1, 2, 3, 32), "uint8", 0.5), blockSize=2
            ),
            SAME,
        ),
    ],
)
def test_op_refuses_what_it_cannot_do(
    engine: Engine, make: Callable[[], Graph], message: str
) -> None:
    with pytest.raises(EngineError) as caught:
        engine.run(make().build())
    assert caught.value.message == message


def assert_exact(engine: Engine, graph: Graph, *inputs: np.ndarray[Any, Any]) -> None:
    """Compare the bits of one run."""
    model = with_inferred_shapes(graph).build()
    answer = engine.run(model, [data.tobytes() for data in inputs])
    assert answer.runs[0].outputs == Reference(model).run(list(inputs))


@pytest.mark.parametrize("code", [BUILTIN.REDUCE_MAX, BUILTIN.REDUCE_MIN])
def test_extremum_of_floats_that_are_no_numbers(engine: Engine, code: int) -> None:
    rows = [[np.nan, 1, 2], [-np.inf] * 3, [np.inf] * 3, [0.0, -0.0, -0.0]]
    graph = _alike(code, [FLOATS, _numbers(1)], (4,))()
    assert_exact(engine, graph, np.array(rows, np.float32))
