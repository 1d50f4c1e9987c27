"""Ops that move values or compare them: what they refuse, and the ends of their ranges."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from .cases import BUILTIN, finish
from .graph import TYPES, Graph, Reference, Tensor, with_inferred_shapes
from .runner import Engine, EngineError

IMAGE = Tensor((1, 4, 6, 8), "int8", 0.5, 3)
FLOATS = Tensor((4, 3), "float32")
YES_OR_NO = Tensor(IMAGE.shape, "bool")
DEEP = Tensor((2, 1, 1, 1, 2), "int32")
NO_EDGES = Tensor((2, 2), "int32", data=np.zeros((2, 2)))


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
    name = "Reducer" if name.startswith("Reduce") else name
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
            _alike(BUILTIN.SLICE, [IMAGE, _numbers(0, 0, 0, 4), _numbers(1, 4, 6, 5)], IMAGE.shape),
            "slice is empty, beyond the input, or does not fit the output",
        ),
        (
            _alike(
                BUILTIN.SLICE, [IMAGE, _numbers(0, 4, 0, 0), _numbers(1, -1, 6, 8)], IMAGE.shape
            ),
            "slice is empty, beyond the input, or does not fit the output",
        ),
        (
            _alike(BUILTIN.SLICE, [IMAGE, _numbers(0, 0), _numbers(1, 4, 6, 5)], IMAGE.shape),
            "begin and size must be constants of one number a dimension",
        ),
        (
            _alike(BUILTIN.SPLIT_V, [IMAGE, _numbers(3), _numbers(1)], (1, 3, 6, 8)),
            "sizes do not add up to the input's",
        ),
        (
            _alike(BUILTIN.SPLIT_V, [IMAGE, _numbers(2), _numbers(1)], IMAGE.shape),
            "output has an unexpected type, shape or quantization",
        ),
        (
            _alike(BUILTIN.SPLIT_V, [IMAGE, _numbers(2, 2), _numbers(1)], IMAGE.shape),
            "sizes must be a constant of one number an output",
        ),
        (
            _alike(BUILTIN.SPLIT_V, [IMAGE, _numbers(4), _numbers(-5)], IMAGE.shape),
            "axis must be a constant within the input's dimensions",
        ),
        (
            _alike(BUILTIN.UNPACK, [IMAGE], (1, 6, 8), axis=1, num=4),
            "unexpected number of inputs or outputs",
        ),
        (
            _alike(BUILTIN.UNPACK, [IMAGE], (1, 4, 6, 8), axis=0, num=1),
            "output has an unexpected type, shape or quantization",
        ),
        (
            _alike(BUILTIN.UNPACK, [IMAGE], (1, 4, 6), axis=4, num=1),
            "axis or number of inputs is out of range",
        ),
        (
            _alike(BUILTIN.SPACE_TO_BATCH_ND, [IMAGE, _numbers(3, 2), NO_EDGES], (6, 2, 3, 8)),
            "block and its edges do not fit input and output",
        ),
        (
            _alike(BUILTIN.SPACE_TO_BATCH_ND, [IMAGE, _numbers(0, 2), NO_EDGES], (2, 2, 3, 8)),
            "block and its edges do not fit input and output",
        ),
        (
            _alike(
                BUILTIN.BATCH_TO_SPACE_ND,
                [IMAGE, _numbers(2, 2, dtype="int64"), NO_EDGES],
                IMAGE.shape,
            ),
            "block and its edges must be constants of int32",
        ),
        (
            _alike(BUILTIN.BATCH_TO_SPACE_ND, [FLOATS, _numbers(2, 2), NO_EDGES], (4, 3)),
            "input and output must have three or four dimensions",
        ),
        (
            _made(BUILTIN.LESS, [IMAGE, replace(IMAGE, scale=1.0)], YES_OR_NO),
            "input must have a scale of less than 1",
        ),
        (
            _made(BUILTIN.LESS, [YES_OR_NO, YES_OR_NO], YES_OR_NO),
            "types are not supported",
        ),
        (
            _made(BUILTIN.EQUAL, [FLOATS, Tensor(FLOATS.shape, "int32")], Tensor((4, 3), "bool")),
            "types are not supported",
        ),
        (
            _made(BUILTIN.EQUAL, [DEEP, replace(DEEP, shape=(2,))], Tensor(DEEP.shape, "bool")),
            "too many dimensions are repeated",
        ),
        (
            _made(BUILTIN.SELECT, [YES_OR_NO, IMAGE, IMAGE], replace(IMAGE, zero_point=0)),
            "inputs and output must have the same quantization",
        ),
        (
            _made(BUILTIN.SELECT, [Tensor((4,), "bool"), IMAGE, IMAGE], IMAGE),
            "input or output has an unexpected shape",
        ),
        (
            _made(BUILTIN.SELECT_V2, [Tensor((1,), "bool"), IMAGE, IMAGE], DEEP),
            "types are not supported",
        ),
        (
            _made(
                BUILTIN.SELECT_V2, [Tensor((1,), "bool"), FLOATS, FLOATS], Tensor((4, 1), "float32")
            ),
            "input or output has an unexpected shape",
        ),
        (
            _made(BUILTIN.LOGICAL_AND, [YES_OR_NO, IMAGE], YES_OR_NO),
            "types are not supported",
        ),
        (
            _made(BUILTIN.ARG_MIN, [IMAGE, _numbers(3)], Tensor((1, 4, 8), "int32")),
            "output has an unexpected shape",
        ),
        (
            _made(BUILTIN.ARG_MIN, [FLOATS, _numbers(-3)], Tensor((4,), "int32")),
            "axis must be a constant within the input's dimensions",
        ),
        (
            _made(BUILTIN.ARG_MAX, [FLOATS, _numbers(1)], Tensor((4,), "float32")),
            "types are not supported",
        ),
        (
            _alike(BUILTIN.BROADCAST_TO, [FLOATS, _numbers(2, 4, 6)], (2, 4, 6)),
            "input, output and the new shape do not fit each other",
        ),
        (
            _alike(BUILTIN.BROADCAST_TO, [FLOATS, _numbers(3)], (3,)),
            "the new shape must be a constant of at least the input's dimensions",
        ),
        (
            _made(BUILTIN.FILL, [_numbers(2, 3), Tensor((), "float32")], FLOATS),
            "shape must be a constant, and the output's",
        ),
        (
            _made(BUILTIN.FILL, [_numbers(4, 3), Tensor((2,), "float32")], FLOATS),
            "value must be one element of the output's type and quantization",
        ),
        (
            _alike(BUILTIN.REVERSE_V2, [FLOATS, _numbers(1, -1)], FLOATS.shape),
            "axis is out of range, or there twice",
        ),
        (
            _alike(BUILTIN.GATHER, [FLOATS, Tensor((2,), "float32")], (2, 3)),
            "types are not supported",
        ),
        (
            _alike(BUILTIN.GATHER, [FLOATS, _numbers(0, 4)], (2, 3)),
            "index is out of range",
        ),
        (
            _alike(BUILTIN.REDUCE_ANY, [IMAGE, _numbers(1)], (1, 6, 8)),
            "types are not supported",
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


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int32", "int64", "bool"])
def test_cast_of_floats_beyond_all_integers(engine: Engine, kind: str) -> None:
    ends = [float(2**bits) * sign for bits in (7, 8, 15, 16, 31, 32, 63) for sign in (1, -1)]
    near = [np.nextafter(np.float32(x), np.float32(to)) for x in ends for to in (0, 2 * x)]
    values = np.array([*ends, *near, np.nan, np.inf, -np.inf, -0.9, -0.0, 127.9, 1e-45], np.float32)
    options = {"inDataType": TYPES["float32"], "outDataType": TYPES[kind]}
    source, target = Tensor(values.shape, "float32"), Tensor(values.shape, kind)
    assert_exact(engine, _made(BUILTIN.CAST, [source], target, **options)(), values)


@pytest.mark.parametrize("name", ["EQUAL", "NOT_EQUAL", "GREATER", "LESS_EQUAL"])
def test_comparison_of_floats_that_are_no_numbers(engine: Engine, name: str) -> None:
    values = np.array([np.nan, -np.inf, np.inf, 0.0, -0.0, 1.0], np.float32)
    sides = (np.repeat(values, 6), np.tile(values, 6))
    tensors = [Tensor(side.shape, "float32") for side in sides]
    graph = _made(getattr(BUILTIN, name), tensors, Tensor((36,), "bool"))()
    assert_exact(engine, graph, *sides)


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_comparison_of_all_pairs_of_8_bits(engine: Engine, kind: str) -> None:
    """Scales such that many pairs stand for the same number, or for nearly the same."""
    numbers = np.arange(256).astype(kind)
    for a, b, zero in ((0.5, 0.25, 7), (0.1, 0.3, 0), (0.003, 0.0031, 100), (2.0**-20, 0.9, 3)):
        rows = Tensor((256, 1), kind, a, zero)
        columns = Tensor((256,), kind, b, zero + 3)
        graph = _made(BUILTIN.GREATER_EQUAL, [rows, columns], Tensor((256, 256), "bool"))()
        assert_exact(engine, graph, numbers[:, np.newaxis], numbers)


def test_resizing_of_uint8_rounds_as_litert(engine: Engine) -> None:
    """Between all pairs of neighbours, at places where many a sum lies halfway."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (1, 20, 20, 3)).astype(np.uint8)
    for options in ({}, {"alignCorners": True}, {"halfPixelCenters": True}):
        source = Tensor(image.shape, "uint8", 0.5, 3)
        made = _alike(
            BUILTIN.RESIZE_BILINEAR, [source, _numbers(40, 50)], (1, 40, 50, 3), **options
        )
        assert_exact(engine, made(), image)


@pytest.mark.parametrize("kind", ["int32", "int64"])
def test_index_beyond_the_axis_gathers_zeros(engine: Engine, kind: str) -> None:
    """LiteRT refuses such an input; a device has to do something with it."""
    indices = np.array([3, -1, 4, 2**31 - 1, 0], kind)
    if kind == "int64":
        indices[3] = 2**32
    table = np.arange(1, 13, dtype=np.float32).reshape(4, 3)
    graph = _alike(BUILTIN.GATHER, [FLOATS, Tensor(indices.shape, kind)], (5, 3))()
    (output,) = engine.run(graph.build(), [table.tobytes(), indices.tobytes()]).runs[0].outputs
    rows = np.frombuffer(output, np.float32).reshape(5, 3)
    nothing = np.zeros(3)
    np.testing.assert_array_equal(rows, [table[3], nothing, nothing, nothing, table[0]])
