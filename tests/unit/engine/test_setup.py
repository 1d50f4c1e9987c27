"""What the engine says of a model before it runs it, and how it lays it out in memory."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tinyml_hil.model import pack

from . import cases
from .cases import BUILTIN, Rng, one_of
from .conftest import build
from .every_case import EXACT
from .graph import Graph, Op, Reference, Tensor, random_data, with_inferred_shapes
from .runner import Engine, EngineError
from .shape_cases import flatten

ACTIVATION = Tensor((1, 8, 8, 2), "int8", 0.5, 3)


def refusal(engine: Engine, model: bytes, arena: int = 1 << 20) -> EngineError:
    """Return why the engine refuses a model."""
    with pytest.raises(EngineError) as caught:
        engine.run(model, arena=arena)
    return caught.value


def relu(source: Tensor = ACTIVATION, target: Tensor = ACTIVATION) -> Graph:
    """Return a graph of one RELU."""
    graph = Graph()
    return cases.finish(graph, graph.op(BUILTIN.RELU, [graph.input(source)], target))


def residual_network(rng: Rng) -> Graph:
    """Return a graph of tensors of many sizes, which live across several ops."""
    graph = Graph()
    alive = [graph.input(ACTIVATION), graph.input(ACTIVATION)]
    for _ in range(int(rng.integers(1, 25))):
        made = one_of(rng, [_add, _relu, _pool, _conv_of_network, _reshape, _pad])(
            rng, graph, int(rng.choice(alive)), alive
        )
        alive = [*(t for t in alive if rng.random() < 0.7), made]
    graph.outputs = sorted(set(alive))
    return graph


def _add(rng: Rng, graph: Graph, a: int, alive: list[int]) -> int:
    alike = [t for t in alive if graph.tensors[t] == graph.tensors[a]]
    inputs = [a, one_of(rng, alike)]
    if rng.random() < 0.3:
        inputs = [graph.input(Tensor((2,), "int8", 0.5, 3)), a]
    return graph.op(BUILTIN.ADD, inputs, graph.tensors[a], schema.AddOptionsT())


def _relu(_rng: Rng, graph: Graph, a: int, _alive: list[int]) -> int:
    return graph.op(BUILTIN.RELU, [a], graph.tensors[a])


def _pool(_rng: Rng, graph: Graph, a: int, _alive: list[int]) -> int:
    options = schema.Pool2DOptionsT()
    options.filterHeight = options.filterWidth = 3
    options.strideH = options.strideW = 1
    return graph.op(BUILTIN.MAX_POOL_2D, [a], graph.tensors[a], options)


def _conv_of_network(rng: Rng, graph: Graph, a: int, _alive: list[int]) -> int:
    size = int(rng.choice([1, 3, 5]))
    shape = (2, size, size, 2)
    weights = Tensor(shape, "int8", 0.05, data=rng.integers(-127, 128, shape))
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = 1
    inputs = [a, graph.add(weights), graph.add(Tensor((2,), "int32", data=np.zeros(2)))]
    return graph.op(BUILTIN.CONV_2D, inputs, graph.tensors[a], options)


def _reshape(_rng: Rng, graph: Graph, a: int, _alive: list[int]) -> int:
    options = schema.ReshapeOptionsT()
    options.newShape = list(graph.tensors[a].shape)
    return graph.op(BUILTIN.RESHAPE, [a], graph.tensors[a], options)


def _pad(rng: Rng, graph: Graph, a: int, _alive: list[int]) -> int:
    amounts = np.zeros((4, 2), np.int64)
    amounts[1] = rng.integers(0, 3, 2)
    height = graph.tensors[a].shape[1] + int(amounts.sum())
    output = replace(graph.tensors[a], shape=(1, height, 8, 2))
    inputs = [a, graph.add(Tensor((4, 2), "int32", data=amounts))]
    return graph.op(BUILTIN.PAD, inputs, output, schema.PadOptionsT())


# ---- Models that are no models ----


def test_model_of_another_schema_version_is_refused(engine: Engine) -> None:
    graph = relu()
    graph.version = 4
    assert refusal(engine, graph.build()).message == "wrong schema version"


def test_file_of_another_kind_is_refused(engine: Engine) -> None:
    assert refusal(engine, b"\x7fELF" + bytes(100)).message == "not a .tflite model"
    assert refusal(engine, b"").message == "not a .tflite model"


def test_unknown_op_is_named_by_its_code_and_place(engine: Engine) -> None:
    graph = relu()
    made = graph.op(BUILTIN.GATHER_ND, [graph.outputs[0]], ACTIVATION)
    error = refusal(engine, cases.finish(graph, made).build())
    assert error.message == "op is not in the engine"
    assert (error.op_index, error.op_code, error.op_name) == (1, BUILTIN.GATHER_ND, None)


def test_build_links_only_the_ops_that_it_is_told(tmp_path: Path) -> None:
    """By their names in the schema; names that the engine does not know do no harm."""
    build(tmp_path, "NN_OPS=RELU MAX_POOL_2D GATHER_ND", "NN_WITH_FOLDING=0", "nn_run")
    engine = Engine(tmp_path / "nn_run", tmp_path / "log.txt")
    try:
        assert engine.run(relu().build()).ops == ["RELU"]
        graph = Graph()
        made = graph.op(BUILTIN.RELU6, [graph.input(ACTIVATION)], ACTIVATION)
        error = refusal(engine, cases.finish(graph, made).build())
        assert (error.message, error.op_code) == ("op is not in the engine", BUILTIN.RELU6)
    finally:
        engine.close()


def test_unsupported_type_names_the_op(engine: Engine) -> None:
    error = refusal(engine, relu(Tensor((2,), "int32", 0.5), Tensor((2,), "int32", 0.5)).build())
    assert error.message == "types are not supported"
    assert (error.op_index, error.op_code, error.op_name) == (0, BUILTIN.RELU, "RELU")


# ---- Models that are wrong ----


def _written_twice() -> Graph:
    graph = relu()
    graph.ops.append(graph.ops[0])
    return graph


def _read_too_early() -> Graph:
    graph = relu()
    graph.ops.insert(0, Op(BUILTIN.RELU, [graph.outputs[0]], [graph.add(ACTIVATION)]))
    return graph


def _constant_of_another_size() -> Graph:
    graph = Graph()
    paddings = graph.add(Tensor((4, 2), "int32", data=np.zeros(7)))
    inputs = [graph.input(ACTIVATION), paddings]
    return cases.finish(graph, graph.op(BUILTIN.PAD, inputs, ACTIVATION, schema.PadOptionsT()))


def _constant_variable() -> Graph:
    graph = Graph()
    constant = replace(ACTIVATION, data=np.zeros(ACTIVATION.shape), is_variable=True)
    return cases.finish(graph, graph.op(BUILTIN.RELU, [graph.add(constant)], ACTIVATION))


def _bad_index() -> Graph:
    graph = relu()
    graph.ops[0].inputs[0] = 99
    return graph


def _options_of_another_op() -> Graph:
    graph = Graph()
    inputs = [graph.input(ACTIVATION), graph.input(ACTIVATION)]
    made = graph.op(BUILTIN.ADD, inputs, ACTIVATION, schema.SoftmaxOptionsT())
    return cases.finish(graph, made)


def _conv(scales: int, biases: int, height: int) -> Graph:
    graph = Graph()
    weights = Tensor((2, 1, 1, 2), "int8", np.ones(scales), data=np.zeros(4))
    bias = Tensor((biases,), "int32", data=np.zeros(biases))
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = 1
    inputs = [graph.input(ACTIVATION), graph.add(weights), graph.add(bias)]
    output = replace(ACTIVATION, shape=(1, height, 8, 2))
    return cases.finish(graph, graph.op(BUILTIN.CONV_2D, inputs, output, options))


def _stride_of_zero() -> Graph:
    graph = Graph()
    options = schema.Pool2DOptionsT()
    options.filterHeight = options.filterWidth = 1
    made = graph.op(BUILTIN.MAX_POOL_2D, [graph.input(ACTIVATION)], ACTIVATION, options)
    return cases.finish(graph, made)


REAL = Tensor((2, 3, 4), "float32")


def _left_out(code: int, *places: int) -> Graph:
    """An op without some of its inputs, which LiteRT refuses, too."""
    graph = Graph()
    given = graph.input(Tensor((4,), "float32"))
    inputs = [-1 if place in places else given for place in range(2)]
    options = schema.PackOptionsT() if code == BUILTIN.PACK else None
    if options:
        options.axis, options.valuesCount = 0, 2
    output = Tensor((2,) if code == BUILTIN.PACK else (4,), "float32")
    return cases.finish(graph, graph.op(code, inputs, output, options))


def _dense_that_keeps_dims(shape: tuple[int, ...]) -> Graph:
    graph, options = Graph(), schema.FullyConnectedOptionsT()
    options.keepNumDims = True
    weights = graph.add(Tensor((5, 4), "float32", data=np.ones((5, 4))))
    inputs = [graph.input(REAL), weights, -1]
    made = graph.op(BUILTIN.FULLY_CONNECTED, inputs, Tensor(shape, "float32"), options)
    return cases.finish(graph, made)


def _reshaped_as(shape: tuple[int, ...], *told: int) -> Graph:
    graph = Graph()
    wanted = graph.add(Tensor((len(told),), "int32", data=np.array(told)))
    made = graph.op(BUILTIN.RESHAPE, [graph.input(REAL), wanted], Tensor(shape, "float32"))
    return cases.finish(graph, made)


def _of_another_width(code: int) -> Graph:
    graph = Graph()
    inputs, options = [graph.input(REAL)], schema.ShapeOptionsT()
    if code == BUILTIN.SHAPE:
        options.outType = schema.TensorType.INT64
        return cases.finish(graph, graph.op(code, inputs, Tensor((3,), "int32"), options))
    inputs.append(graph.add(Tensor((), "int32", data=np.array(2))))
    options = schema.ArgMaxOptionsT()
    options.outputType = schema.TensorType.INT64
    return cases.finish(graph, graph.op(code, inputs, Tensor((2, 3), "int32"), options))


OTHER_SHAPE = "output has another shape than input 1 tells"


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (lambda: _left_out(BUILTIN.ADD, 1), "tensor index is out of range"),
        (lambda: _left_out(BUILTIN.PACK, 0), "tensor index is out of range"),
        (lambda: _left_out(BUILTIN.FULLY_CONNECTED, 0), "tensor index is out of range"),
        (lambda: _reshaped_as((4, 6), 6, 4), OTHER_SHAPE),
        (lambda: _reshaped_as((4, 6), 4, 3, 2), OTHER_SHAPE),
        (lambda: _reshaped_as((4, 6), 5, 4), OTHER_SHAPE),
        (lambda: _dense_that_keeps_dims((3, 2, 5)), "output has an unexpected shape"),
        (lambda: _of_another_width(BUILTIN.SHAPE), "types are not supported"),
        (lambda: _of_another_width(BUILTIN.ARG_MAX), "types are not supported"),
        (_written_twice, "tensor is written twice, or is constant"),
        (_read_too_early, "tensor is read before it is written"),
        (_constant_of_another_size, "constant has another size than its tensor"),
        (_bad_index, "tensor index is out of range"),
        (_options_of_another_op, "options are those of another op"),
        (lambda: _conv(3, 2, 8), "filter has no valid quantization"),
        (lambda: _conv(2, 1, 8), "bias does not fit the filter"),
        (lambda: _conv(2, 2, 9), "output has an unexpected shape"),
        (_stride_of_zero, "filter, stride, dilation or image size is out of range"),
        (lambda: relu(target=Tensor((1, 8, 8, 1), "int8", 0.5)), "output has an unexpected shape"),
        (lambda: relu(Tensor((0,)), Tensor((0,))), "tensor has an empty or unknown dimension"),
        (lambda: relu(Tensor((-1,)), Tensor((-1,))), "tensor has an empty or unknown dimension"),
        (lambda: relu(Tensor((1,) * 7), Tensor((1,) * 7)), "tensor has too many dimensions"),
        (lambda: relu(Tensor((1 << 16,) * 4), ACTIVATION), "tensor is too large"),
        (lambda: relu(Tensor((1,), is_variable=True)), "tensor is written twice, or is constant"),
        (_constant_variable, "variable tensor is constant"),
        (lambda: relu(Tensor(ACTIVATION.shape)), "types or quantization are not supported"),
        (
            lambda: relu(Tensor(ACTIVATION.shape, "int8", float("nan"))),
            "types or quantization are not supported",
        ),
        (
            lambda: relu(Tensor(ACTIVATION.shape, "int8", 1.0, 128)),
            "types or quantization are not supported",
        ),
    ],
)
def test_wrong_model_is_refused(engine: Engine, graph: Callable[[], Graph], message: str) -> None:
    assert refusal(engine, graph().build()).message == message


IMAGE = Tensor((1, 4, 6, 2), "int8", 0.5, 3)
LOGARITHMS = Tensor(IMAGE.shape, "int8", 1 / 16, 127)


def _numbers(*values: int) -> Tensor:
    return Tensor((len(values),), "int32", data=np.array(values))


def _transposed(*permutation: int) -> Graph:
    graph = Graph()
    inputs = [graph.input(IMAGE), graph.add(_numbers(*permutation))]
    return cases.finish(graph, graph.op(BUILTIN.TRANSPOSE, inputs, IMAGE))


def _sliced(
    begin: list[int], end: list[int], strides: list[int], shape: tuple[int, ...], **masks: int
) -> Graph:
    graph = Graph()
    options = schema.StridedSliceOptionsT()
    for name, mask in masks.items():
        setattr(options, name, mask)
    inputs = [graph.input(IMAGE), *(graph.add(_numbers(*v)) for v in (begin, end, strides))]
    output = replace(IMAGE, shape=shape)
    return cases.finish(graph, graph.op(BUILTIN.STRIDED_SLICE, inputs, output, options))


def _split(axis: int, parts: int, announced: int) -> Graph:
    graph = Graph()
    options = schema.SplitOptionsT()
    options.numSplits = announced
    inputs = [graph.add(_numbers(axis)), graph.input(IMAGE)]
    outputs = [graph.add(replace(IMAGE, shape=(1, 4, 3, 2))) for _ in range(parts)]
    graph.ops.append(Op(BUILTIN.SPLIT, inputs, outputs, options))
    return cases.finish(graph, outputs[0])


def _resized(code: int, options: type, *size: int) -> Graph:
    graph = Graph()
    inputs = [graph.input(IMAGE), graph.add(_numbers(*size))]
    output = replace(IMAGE, shape=(1, *size, 2))
    return cases.finish(graph, graph.op(code, inputs, output, options()))


def _binary(code: int, output_scale: float) -> Graph:
    graph = Graph()
    inputs = [graph.input(IMAGE), graph.input(IMAGE)]
    output = replace(IMAGE, scale=output_scale)
    return cases.finish(graph, graph.op(code, inputs, output))


def _unary(code: int, source: Tensor, target: Tensor) -> Graph:
    graph = Graph()
    return cases.finish(graph, graph.op(code, [graph.input(source)], target))


def _summed(axis: Tensor) -> Graph:
    graph = Graph()
    inputs = [graph.input(IMAGE), graph.add(axis) if axis.data is not None else graph.input(axis)]
    made = graph.op(BUILTIN.SUM, inputs, replace(IMAGE, shape=(1, 6, 2)), schema.ReducerOptionsT())
    return cases.finish(graph, made)


def _transposed_conv(height: int) -> Graph:
    graph = Graph()
    shape = (1, height, 6, 3)
    weights = Tensor((3, 1, 1, 2), "int8", 0.5, data=np.ones((3, 1, 1, 2)))
    options = schema.TransposeConvOptionsT()
    options.strideH = options.strideW = 1
    inputs = [graph.add(_numbers(*shape)), graph.add(weights), graph.input(IMAGE)]
    made = graph.op(BUILTIN.TRANSPOSE_CONV, inputs, replace(IMAGE, shape=shape), options)
    return cases.finish(graph, made)


BILINEAR = (BUILTIN.RESIZE_BILINEAR, schema.ResizeBilinearOptionsT)
NEAREST = (BUILTIN.RESIZE_NEAREST_NEIGHBOR, schema.ResizeNearestNeighborOptionsT)
BAD_SLICE = "begin, end and strides must be constant lists of int32, equally long"


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (lambda: _transposed(0, 1, 1, 3), "permutation is none, or does not fit the output"),
        (lambda: _transposed(0, 1, 2, 4), "permutation is none, or does not fit the output"),
        (lambda: _transposed(0, 1, 2), "permutation must be a constant of one int32 a dimension"),
        (lambda: _sliced([0], [0], [1], (1, 4, 6, 2)), "slice is empty"),
        (lambda: _sliced([0], [1], [0], (1, 4, 6, 2)), "slice is empty"),
        (lambda: _sliced([1], [2], [1], (4, 6, 2), shrinkAxisMask=1), "slice is empty"),
        (lambda: _sliced([0], [1], [-(2**31)], (1, 4, 6, 2)), "slice is empty"),
        (lambda: _sliced([0, 0], [1, 1], [1], (1, 4, 6, 2)), BAD_SLICE),
        (lambda: _sliced([0] * 2, [1] * 2, [1] * 2, IMAGE.shape), "output has an unexpected shape"),
        (
            lambda: _sliced([0] * 5, [1] * 5, [1] * 5, (1, 1, 1, 1)),
            "more dimensions are sliced than the input has",
        ),
        (
            lambda: _sliced([0] * 2, [1] * 2, [1] * 2, IMAGE.shape, ellipsisMask=3),
            "ellipsis is not supported",
        ),
        (lambda: _split(2, 2, 3), "unexpected number of inputs or outputs"),
        (lambda: _split(1, 3, 3), "axis is out of range, or not divisible"),
        (lambda: _split(4, 2, 2), "axis is out of range, or not divisible"),
        (lambda: _split(1, 2, 2), "output has an unexpected type, shape or quantization"),
        (lambda: _resized(*BILINEAR, 4, 3_500), "output is too much larger than the input"),
        (lambda: _resized(*BILINEAR, 4, 40_000), "input or output has an unexpected shape"),
        (lambda: _resized(*NEAREST, 40_000, 6), "input or output has an unexpected shape"),
        (lambda: _summed(_numbers(4)), "axis is out of range"),
        (lambda: _summed(Tensor((1,), "int32")), "axes must be a constant of int32"),
        (lambda: _transposed_conv(5), "output has an unexpected shape"),
        (
            lambda: _unary(BUILTIN.TANH, Tensor((2,), "int16", 8.0), Tensor((2,), "int16", 2**-15)),
            "input scale is out of range",
        ),
        (
            lambda: _unary(BUILTIN.TANH, Tensor((2,), "int16", 1.0), Tensor((2,), "int16", 2**-14)),
            "output must have scale 1/32768",
        ),
        (
            lambda: _unary(BUILTIN.HARD_SWISH, IMAGE, replace(IMAGE, scale=1e-4)),
            "output scale is too small for the input",
        ),
        (
            lambda: _unary(BUILTIN.HARD_SWISH, IMAGE, replace(IMAGE, scale=1e4)),
            "scale of input or output is out of range",
        ),
        (
            lambda: _unary(
                BUILTIN.QUANTIZE, Tensor((2,), "int16", 1.0), Tensor((2,), "uint8", 1.0)
            ),
            "types or quantization are not supported",
        ),
        (
            lambda: _unary(BUILTIN.QUANTIZE, Tensor((2,), "int64"), Tensor((2,), "int8", 1.0)),
            "types or quantization are not supported",
        ),
        (
            lambda: _unary(BUILTIN.LOG, Tensor((2,), "uint8", 1.0), Tensor((2,), "uint8", 1.0)),
            "types are not supported",
        ),
        (
            lambda: _unary(BUILTIN.ABS, IMAGE, replace(IMAGE, scale=1e-12)),
            "output scale is too small for the input",
        ),
        (
            lambda: _unary(BUILTIN.RSQRT, IMAGE, replace(IMAGE, scale=1e5)),
            "scale of input or output is out of range",
        ),
        (
            lambda: _binary(BUILTIN.SQUARED_DIFFERENCE, 1e-6),
            "output scale is too small for the inputs",
        ),
        (
            lambda: _unary(BUILTIN.L2_NORMALIZATION, IMAGE, IMAGE),
            "output must have scale 1/128 and zero point 128 or 0",
        ),
        (
            lambda: _unary(BUILTIN.LOG_SOFTMAX, replace(IMAGE, scale=2.0**-26), LOGARITHMS),
            "input scale is out of range",
        ),
        (
            lambda: _unary(BUILTIN.LOG_SOFTMAX, IMAGE, replace(LOGARITHMS, scale=1 / 8)),
            "output must have scale 1/16 and zero point 255 or 127",
        ),
        (
            lambda: _binary(BUILTIN.BATCH_MATMUL, 1.0),
            "input or output has an unexpected shape",
        ),
        (lambda: _binary(BUILTIN.DIV, 1e-8), "output scale is out of range for the inputs"),
        (lambda: _binary(BUILTIN.DIV, 1e4), "output scale is out of range for the inputs"),
        (lambda: _unary(BUILTIN.SQUARE, IMAGE, IMAGE), "types are not supported"),
    ],
)
def test_op_refuses_what_it_cannot_do(
    engine: Engine, graph: Callable[[], Graph], message: str
) -> None:
    assert refusal(engine, graph().build()).message == message


def test_constant_that_claims_to_go_on_beyond_the_file_is_refused(engine: Engine) -> None:
    graph = Graph()
    constant = graph.add(Tensor((1000,), "int8", 0.5, data=np.zeros(1000)))
    made = graph.op(BUILTIN.RELU, [constant], Tensor((1000,), "int8", 0.5))
    model = cases.finish(graph, made).build()
    size, larger = (1000).to_bytes(4, "little"), (5000).to_bytes(4, "little")
    assert model.count(size) == 3, "two shapes and the length of the data"
    assert refusal(engine, model.replace(size, larger)).message == "model is malformed"


@pytest.mark.parametrize("case", cases.ALL, ids=lambda case: case.__name__)
def test_op_refuses_a_type_it_lacks(engine: Engine, case: cases.Case) -> None:
    """An op with int64 in place of its input, or with another number of tensors."""
    graph = with_inferred_shapes(case(np.random.default_rng(0)))
    op = graph.ops[0]
    source = graph.tensors[op.inputs[0]]
    graph.tensors[op.inputs[0]] = Tensor(source.shape, "int64", source.scale)
    assert refusal(engine, graph.build()).op_name is not None
    graph.tensors[op.inputs[0]] = source
    op.inputs.extend([op.inputs[0]] * 130)
    assert refusal(engine, graph.build()).op_index == 0


def _int4(**changes: Any) -> Tensor:
    return replace(Tensor((2, 4), "int4", 0.5, data=np.ones((2, 4))), **changes)


def _fully_connected(weights: Tensor) -> Graph:
    graph = Graph()
    inputs = [graph.input(Tensor((1, 4), "int8", 0.5)), graph.add(weights)]
    options = schema.FullyConnectedOptionsT()
    made = graph.op(BUILTIN.FULLY_CONNECTED, inputs, Tensor((1, 2), "int8", 0.5), options)
    return cases.finish(graph, made)


def test_weights_of_4_bits_are_unpacked_into_scratch_memory(engine: Engine) -> None:
    weights = Tensor((20, 20), "int4", 0.5, data=np.ones((20, 20)))
    graph = _fully_connected(weights)
    graph.tensors[0] = replace(graph.tensors[0], shape=(1, 20))
    graph.tensors[2] = replace(graph.tensors[2], shape=(1, 20))
    packed = engine.run(graph.build()).arena_used
    graph.tensors[1] = replace(weights, dtype="int8")
    assert packed - engine.run(graph.build()).arena_used == 20 * 20


@pytest.mark.parametrize(
    "graph",
    [
        lambda: _fully_connected(_int4(data=None)),
        lambda: _unary(BUILTIN.RELU, _int4(), Tensor((2, 4), "int8", 0.5)),
        lambda: _unary(BUILTIN.RESHAPE, Tensor((8,), "int8", 0.5), _int4(data=None)),
        lambda: cases.finish(_fully_connected(_int4()), 1),
    ],
    ids=["not constant", "input 0", "output", "of the graph"],
)
def test_4_bits_are_for_weights_alone(engine: Engine, graph: Callable[[], Graph]) -> None:
    assert refusal(engine, graph().build()).message == "tensor type is not supported here"


def test_the_first_of_several_graphs_is_the_one_that_runs(engine: Engine) -> None:
    model = schema.ModelT.InitFromPackedBuf(relu().build(), 0)
    second = schema.ModelT.InitFromPackedBuf(_stride_of_zero().build(), 0)
    model.subgraphs.extend(second.subgraphs)
    assert engine.run(pack(model)).ops == ["RELU"]


def test_constants_may_lie_behind_the_flatbuffer(engine: Engine) -> None:
    """As in files that may exceed 2 GB: a buffer says where its bytes are in the file."""
    graph = _transposed_conv(4)
    inputs = [bytes(range(48))]
    wanted = engine.run(graph.build(), inputs).runs
    assert engine.run(with_buffers_behind(graph.build()), inputs).runs == wanted


def test_constant_behind_the_end_of_the_file_is_refused(engine: Engine) -> None:
    model = with_buffers_behind(_transposed_conv(4).build())
    assert refusal(engine, model[:-16]).message == "model is malformed"


def with_buffers_behind(content: bytes) -> bytes:
    """Return the same model with the bytes of its buffers behind the FlatBuffer."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    pieces = [buffer.data for buffer in model.buffers]
    for buffer in model.buffers:
        buffer.offset = buffer.size = 1  # so that the fields are there when it is measured
        buffer.data = None
    place = -(-len(pack(model)) // 16) * 16
    blob = b""
    for buffer, piece in zip(model.buffers, pieces, strict=True):
        data = b"" if piece is None else piece.tobytes()
        buffer.offset, buffer.size = (place + len(blob), len(data)) if data else (0, 0)
        blob += data + bytes(-len(data) % 16)
    return pack(model).ljust(place, b"\0") + blob


# ---- Folding: what follows from the model alone is computed when it is set up ----


def test_folded_outputs_lie_apart_and_are_as_litert_has_them(engine: Engine) -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        graph = flatten(rng)
        inputs = [random_data(rng, graph.tensors[i]) for i in graph.inputs]
        reference = Reference(graph.build())
        reference.run(inputs)
        answer = engine.run(graph.build(), *[[data.tobytes() for data in inputs]] * 2)
        wanted = [reference.tensor(op.outputs[0]) for op in graph.ops]
        assert [run.layers for run in answer.runs] == [wanted, wanted], f"seed {seed}"
        folded = [t for t in answer.layers if t.type != schema.TensorType.INT8]
        assert max(t.offset for t in folded) < answer.inputs[0].offset


def test_op_that_wants_a_constant_takes_what_was_folded(engine: Engine) -> None:
    """As Keras' Conv2DTranspose with an open batch, which computes its output's shape."""
    graph = _transposed_conv(4)
    sizes = [graph.add(Tensor((), "int32", data=np.array(d))) for d in (1, 4, 6, 3)]
    options = schema.PackOptionsT()
    shape = graph.op(BUILTIN.PACK, sizes, Tensor((4,), "int32"), options)
    graph.ops = [graph.ops[1], graph.ops[0]]
    inputs = [bytes(range(48))]
    wanted = engine.run(graph.build(), inputs).runs[0].outputs
    graph.ops[1].inputs[0] = shape
    assert engine.run(graph.build(), inputs).runs[0].outputs == wanted


def test_shape_that_the_file_leaves_open_is_found(engine: Engine) -> None:
    """As Keras' Dense of an image with an open batch: the file has 1 for what is 64."""
    graph = Graph()
    image = graph.input(ACTIVATION)
    wanted = graph.add(Tensor((2,), "int32", data=np.array([-1, 2])))
    flat = replace(ACTIVATION, shape=(1, 2), signature=(-1, 2))
    graph.op(BUILTIN.RESHAPE, [image, wanted], flat)
    answer = engine.run(cases.finish(graph, 2).build())
    assert answer.outputs[0].shape == (64, 2)


@pytest.mark.parametrize("shape", [(3, 2), (1, 1)], ids=["known", "as a converter writes it"])
def test_open_shape_that_somebody_knows_stays(engine: Engine, shape: tuple[int, int]) -> None:
    """Each dimension of the output is open, and so is one of the input's at the same place."""
    graph = Graph()
    source = replace(ACTIVATION, shape=(2, 3), signature=(-1, -1))
    permutation = graph.add(Tensor((2,), "int32", data=np.array([1, 0])))
    inputs = [graph.input(source), permutation]
    target = replace(ACTIVATION, shape=shape, signature=(-1, -1))
    made = graph.op(BUILTIN.TRANSPOSE, inputs, target, schema.TransposeOptionsT())
    model = cases.finish(graph, made).build()
    if shape == (1, 1):  # what is open there is not the same
        assert refusal(engine, model).op_name == "TRANSPOSE"
        return
    data = np.arange(6, dtype=np.int8).reshape(2, 3)
    answer = engine.run(model, [data.tobytes()])
    assert answer.runs[0].outputs == Reference(model).run([data])


def test_shape_that_is_not_open_is_as_the_file_has_it(engine: Engine) -> None:
    graph = Graph()
    image = graph.input(ACTIVATION)
    wanted = graph.add(Tensor((2,), "int32", data=np.array([-1, 2])))
    graph.op(BUILTIN.RESHAPE, [image, wanted], replace(ACTIVATION, shape=(1, 2)))
    error = refusal(engine, cases.finish(graph, 2).build())
    assert error.message == "input and output must have the same type and size"


def test_open_shape_of_a_filter_has_room_for_its_parameters(engine: Engine) -> None:
    """A convolution keeps a number for each channel, of which the file tells one."""
    graph = Graph()
    image = graph.input(replace(ACTIVATION, shape=(1, 1, 1, 1)))
    rows = graph.add(Tensor((64, 1), "int8", 0.5, data=np.ones((64, 1))))
    wanted = graph.add(Tensor((4,), "int32", data=np.array([64, 1, 1, 1])))
    open_filter = Tensor((1, 1, 1, 1), "int8", 0.5, signature=(-1, 1, 1, 1))
    kernel = graph.op(BUILTIN.RESHAPE, [rows, wanted], open_filter)
    bias = graph.add(Tensor((64,), "int32", data=np.zeros(64)))
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = 1
    output = replace(ACTIVATION, shape=(1, 1, 1, 64))
    made = graph.op(BUILTIN.CONV_2D, [image, kernel, bias], output, options)
    model = cases.finish(graph, made).build()
    used = engine.run(model).arena_used
    assert engine.run(model, [b"\5"], arena=used).outputs[0].size == 64


def test_shape_that_only_an_inference_tells_is_refused(engine: Engine) -> None:
    graph = Graph()
    inputs = [graph.input(ACTIVATION), graph.input(Tensor((1,), "int32"))]
    made = graph.op(BUILTIN.RESHAPE, inputs, replace(ACTIVATION, shape=(128,)))
    error = refusal(engine, cases.finish(graph, made).build())
    assert error.message == "the new shape must be a constant"


# ---- Memory ----


def _models() -> list[bytes]:
    rng = np.random.default_rng(1)
    graphs = [residual_network(rng) for _ in range(30)]
    graphs += [with_inferred_shapes(case(np.random.default_rng(1))) for case in EXACT]
    return [graph.build() for graph in graphs]


def test_arena_of_exactly_what_is_used_suffices(engine: Engine) -> None:
    for model in _models():
        used = engine.run(model).arena_used
        assert engine.run(model, arena=used).arena_used == used


def test_arena_too_small_names_exactly_what_is_needed(engine: Engine) -> None:
    """Of models whose tensors take more than planning does."""
    sizes = [(model, engine.run(model).arena_used) for model in _models()]
    larger = [(model, used) for model, used in sizes if used > 256]
    assert len(larger) > len(sizes) // 2
    for model, used in larger:
        error = refusal(engine, model, arena=used - 1)
        assert error.message == "arena too small"
        assert error.needed == used


def _leaves_shapes_open(model: bytes) -> bool:
    graph = schema.ModelT.InitFromPackedBuf(model, 0).subgraphs[0]
    return any(tensor.shapeSignature is not None for tensor in graph.tensors)


def test_arena_of_any_size_names_a_size_that_suffices(engine: Engine) -> None:
    """Where not even the tables fit, the engine cannot plan, and names a size without sharing. Of
    shapes that the file leaves open it does not know yet how large they are, and may ask again.
    """
    for model in _models():
        used = engine.run(model).arena_used
        for arena in range(0, used, max(1, used // 20)):
            needed = refusal(engine, model, arena=arena).needed
            if needed < used and _leaves_shapes_open(model):
                needed = refusal(engine, model, arena=needed).needed
            assert needed >= used
            assert engine.run(model, arena=needed).arena_used == used


# ---- The plan ----


def test_tensors_alive_at_the_same_time_never_overlap(engine: Engine) -> None:
    for seed in range(100):
        graph = residual_network(np.random.default_rng(seed))
        answer = engine.run(graph.build())
        places = dict(zip(graph.inputs, answer.inputs, strict=True))
        places |= {op.outputs[0]: t for op, t in zip(graph.ops, answer.layers, strict=True)}
        for time, op in enumerate(graph.ops):
            assert_apart(places, alive_after(graph, time), seed)
            read_later = [t for t in op.inputs if t in alive_after(graph, time)]
            assert_apart(places, [*set(read_later), op.outputs[0]], seed)


def alive_after(graph: Graph, time: int) -> list[int]:
    """Return the tensors that are written by op `time` or before, and read after it."""
    written = set(graph.inputs) | {op.outputs[0] for op in graph.ops[: time + 1]}
    read = set(graph.outputs) | {t for op in graph.ops[time + 1 :] for t in op.inputs}
    return sorted(written & read)


def assert_apart(places: dict, tensors: list[int], seed: int) -> None:  # type: ignore[type-arg]
    """Check that tensors lie side by side."""
    spans = sorted((places[t].offset, places[t].offset + places[t].size, t) for t in tensors)
    for (_, end, a), (start, _, b) in pairwise(spans):
        assert end <= start, f"seed {seed}: tensors {a} and {b} overlap"


def test_op_that_may_writes_over_its_dying_input(engine: Engine) -> None:
    answer = engine.run(relu().build())
    assert answer.layers[0].offset == answer.inputs[0].offset


def _small_conv(height: int, groups: int = 1) -> Graph:
    graph = Graph()
    source = graph.input(Tensor((1, height, 8, 4), "int8", 0.5, 3))
    weights = Tensor((4, 3, 3, 4 // groups), "int8", 0.5, data=np.ones(144 // groups))
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = 1
    inputs = [source, graph.add(weights), graph.add(Tensor((4,), "int32", data=np.zeros(4)))]
    made = graph.op(BUILTIN.CONV_2D, inputs, graph.tensors[source], options)
    return cases.finish(graph, made)


def test_convolution_writes_over_what_it_has_read_of_its_dying_input(engine: Engine) -> None:
    """A window of 3x3 sees nothing that is more than a row and one position before it: when a
    position is written, that many and itself must have been read. Places are multiples of 16.
    """
    answer = engine.run(_small_conv(10).build())
    assert answer.inputs[0].offset - answer.layers[0].offset == 48 >= (8 + 1 + 1) * 4


def test_output_that_is_smaller_than_its_dying_input_lies_over_it(engine: Engine) -> None:
    """The input, which is the largest, has to make room: the output begins a row before it."""
    graph = Graph()
    options = schema.Pool2DOptionsT()
    options.filterHeight = options.filterWidth = options.strideH = options.strideW = 2
    source = graph.input(Tensor((1, 16, 16, 2), "int8", 0.5, 3))
    target = Tensor((1, 8, 8, 2), "int8", 0.5, 3)
    made = graph.op(BUILTIN.MAX_POOL_2D, [source], target, options)
    answer = engine.run(cases.finish(graph, made).build())
    assert (answer.inputs[0].offset - answer.layers[0].offset) == 8 * 2


def test_convolution_in_groups_does_not_overlap_its_input(engine: Engine) -> None:
    """It reads the windows of a few positions once a group."""
    answer = engine.run(_small_conv(10, groups=2).build())
    distance = answer.inputs[0].offset - answer.layers[0].offset
    assert abs(distance) >= 10 * 8 * 4


def test_op_does_not_write_over_an_input_that_is_read_later(engine: Engine) -> None:
    graph = relu()
    graph.outputs.append(graph.inputs[0])
    answer = engine.run(graph.build())
    assert answer.layers[0].offset != answer.inputs[0].offset
