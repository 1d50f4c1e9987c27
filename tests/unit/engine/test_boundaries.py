"""Where one bit of a multiplier decides: sums at the edge between two outputs, every pair of
inputs, values that no integer holds. Random tensors rarely come near these places.
"""

from collections.abc import Callable

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from . import cases
from .cases import BUILTIN, Rng, activation_tensor, one_of, scale
from .conftest import BOTH_KERNELS
from .graph import Array, Graph, Reference, Tensor, random_data, with_inferred_shapes
from .runner import Engine

pytestmark = BOTH_KERNELS
MODELS = 12


def assert_exact(engine: Engine, graph: Graph, inputs: list[Array]) -> None:
    """Compare all outputs of a graph."""
    model = with_inferred_shapes(graph).build()
    answer = engine.run(model, [data.tobytes() for data in inputs])
    assert answer.runs[0].outputs == Reference(model).run(inputs)


def sums_at_edges(real: float, zero_point: int) -> Array:
    """Return the sums on both sides of each edge between two outputs."""
    below = np.arange(-140, 140) - zero_point + 0.5
    sums = np.floor(below / real)
    sums = np.concatenate([sums - 1, sums, sums + 1])
    edges: Array = np.clip(sums, -(2**31) + 1, 2**31 - 1).astype(np.int64)
    return edges


def _scales(rng: Rng) -> tuple[float, float, float]:
    # Input, filter and output; the product of the first two by the third is as small as 2^-23, so
    # that sums have bits enough to tell neighbouring multipliers apart.
    if rng.random() < 0.25:
        return 2.0**-5, 2.0 ** -int(rng.integers(3, 12)), 2.0 ** int(rng.integers(-2, 2))
    return scale(rng, -8, -4), scale(rng, -12, -8), scale(rng, -2, 2)


def weighted(rng: Rng, code: int, weights_are: str) -> Graph:
    # All weights are 0, so that each sum is the bias alone.
    graph = Graph()
    source, weight, target = _scales(rng)
    zero_point = int(rng.integers(-128, 128))
    bias = sums_at_edges(source * weight / target, zero_point)
    channels = len(bias)
    shapes = {
        BUILTIN.CONV_2D: ((1, 1, 1, 1), (channels, 1, 1, 1), 0),
        BUILTIN.DEPTHWISE_CONV_2D: ((1, 1, 1, 1), (1, 1, 1, channels), 3),
        BUILTIN.FULLY_CONNECTED: ((1, 1), (channels, 1), 0),
    }
    options = {
        BUILTIN.CONV_2D: schema.Conv2DOptionsT,
        BUILTIN.DEPTHWISE_CONV_2D: schema.DepthwiseConv2DOptionsT,
        BUILTIN.FULLY_CONNECTED: schema.FullyConnectedOptionsT,
    }[code]()
    if code != BUILTIN.FULLY_CONNECTED:
        options.strideH = options.strideW = 1
    if code == BUILTIN.DEPTHWISE_CONV_2D:
        options.depthMultiplier = channels  # which LiteRT works out, and TFLM believes
    shape, filter_shape, dimension = shapes[code]
    per_channel = weights_are == "per_channel"
    dtype, lowest = ("uint8", 0) if weights_are == "uint8" else ("int8", -128)
    scales = np.full(channels, weight, np.float32) if per_channel else weight
    weights = Tensor(filter_shape, dtype, scales, 0, dimension, np.zeros(filter_shape))
    bias_scale = None if per_channel else float(np.float32(source * weight))
    inputs = [
        graph.input(Tensor(shape, dtype, source, 0)),
        graph.add(weights),
        graph.add(Tensor((channels,), "int32", bias_scale, 0, 0, bias)),
    ]
    output = Tensor((1,), dtype, target, zero_point + 128 + lowest)
    graph.outputs = [graph.op(code, inputs, output, options)]
    return graph


@pytest.mark.parametrize("weights_are", ["per_tensor", "per_channel", "uint8"])
@pytest.mark.parametrize(
    "code",
    [BUILTIN.CONV_2D, BUILTIN.DEPTHWISE_CONV_2D, BUILTIN.FULLY_CONNECTED],
    ids=["conv_2d", "depthwise_conv_2d", "fully_connected"],
)
def test_sums_at_the_edge_between_two_outputs_round_as_litert(
    engine: Engine, code: int, weights_are: str
) -> None:
    for seed in range(40):
        graph = weighted(np.random.default_rng(seed), code, weights_are)
        source = graph.tensors[0]
        assert_exact(engine, graph, [np.zeros(source.shape, source.dtype)])


def test_fully_connected_overflows_as_litert(engine: Engine) -> None:
    """A rescaled sum that no int32 holds, of either sign, with either sign of the zero point."""
    for zero_point in (-100, 0, 100):
        graph = Graph()
        bias = np.array([2**31 - 1, -(2**31), 2**30, -(2**30), 1, -1, 0, 5])
        inputs = [
            graph.input(Tensor((1, 1), "int8", 4.0, 0)),
            graph.add(Tensor((8, 1), "int8", 4.0, 0, 0, np.zeros((8, 1)))),
            graph.add(Tensor((8,), "int32", 16.0, 0, 0, bias)),
        ]
        output = Tensor((1,), "int8", 1.0, zero_point)
        options = schema.FullyConnectedOptionsT()
        graph.outputs = [graph.op(BUILTIN.FULLY_CONNECTED, inputs, output, options)]
        assert_exact(engine, graph, [np.zeros((1, 1), np.int8)])


def all_values(dtype: str) -> Array:
    info = np.iinfo(dtype)
    return np.arange(info.min, info.max + 1).astype(dtype)


@pytest.mark.parametrize("repeated", [False, True], ids=["apart", "repeated"])
@pytest.mark.parametrize(
    ("code", "options", "output_scale"),
    [
        (BUILTIN.ADD, schema.AddOptionsT, lambda a, b: max(a, b)),
        (BUILTIN.MUL, schema.MulOptionsT, lambda a, b: a * b * 64),
    ],
    ids=["add", "mul"],
)
def test_every_pair_of_inputs(
    engine: Engine,
    code: int,
    options: type,
    output_scale: Callable[[float, float], float],
    repeated: bool,
) -> None:
    """As all pairs side by side, and as two vectors that are repeated along each other."""
    rows, columns = np.meshgrid(all_values("int8"), all_values("int8"), indexing="ij")
    if repeated:
        rows, columns = rows[:, :1], columns[0]
    for seed in range(30):
        rng = np.random.default_rng(seed)
        graph = Graph()
        a, b = scale(rng, -6, 0), scale(rng, -6, 0)
        zeros = [int(z) for z in rng.integers(-128, 128, 3)]
        if rng.random() < 0.4:  # so that many sums lie exactly between two outputs
            a, b = (float(x) for x in rng.integers(1, 8, 2))
        inputs = [
            graph.input(Tensor(rows.shape, "int8", a, zeros[0])),
            graph.input(Tensor(columns.shape, "int8", b, zeros[1])),
        ]
        step = output_scale(a, b) * 2.0 ** int(rng.integers(-1, 3))
        if a == int(a):
            step = 2.0 ** round(np.log2(step))
        output = Tensor((1,), "int8", step, zeros[2])
        graph.outputs = [graph.op(code, inputs, output, options())]
        assert_exact(engine, graph, [rows, columns])


def _unary(rng: Rng, name: str) -> tuple[Tensor, Tensor, int, object]:
    eight = ["int8", "uint8"]
    tensor = activation_tensor
    quantize, dequantize = schema.QuantizeOptionsT(), schema.DequantizeOptionsT()
    if name == "quantize":
        source, target = (
            tensor(rng, (256,), one_of(rng, eight)),
            tensor(rng, (256,), one_of(rng, eight)),
        )
        return source, target, BUILTIN.QUANTIZE, quantize
    if name == "dequantize":
        source = tensor(rng, (256,), one_of(rng, eight))
        return source, Tensor((256,), "float32"), BUILTIN.DEQUANTIZE, dequantize
    if name == "logistic":
        target = Tensor((256,), "int8", 1 / 256, int(one_of(rng, [-128, -128, 0])))
        return tensor(rng, (256,)), target, BUILTIN.LOGISTIC, None
    code = BUILTIN.RELU if name == "relu" else BUILTIN.RELU6
    return tensor(rng, (256,)), tensor(rng, (256,)), code, None


def _straddling_scales(rng: Rng) -> tuple[float, float]:
    # Scales whose quotient, times 255, is at the edge between two outputs: on one side of it in
    # single precision, on the other in double.
    while True:
        edge = (rng.integers(1, 254, 100_000) + 0.5) / 255
        target = rng.uniform(0.01, 1, edge.shape).astype(np.float32)
        source = (edge * target).astype(np.float32)
        single = np.floor((source / target).astype(np.float64) * 255 + 0.5)
        double = np.floor(source.astype(np.float64) / target * 255 + 0.5)
        found = np.flatnonzero(single != double)
        if len(found):
            return float(source[found[0]]), float(target[found[0]])


def test_relu_rescales_in_the_precision_of_litert(engine: Engine) -> None:
    for seed in range(MODELS):
        source, target = _straddling_scales(np.random.default_rng(seed))
        graph = Graph()
        index = graph.input(Tensor((256,), "int8", source, -128))
        graph.outputs = [graph.op(BUILTIN.RELU, [index], Tensor((256,), "int8", target, -128))]
        assert_exact(engine, graph, [all_values("int8")])


@pytest.mark.parametrize("name", ["quantize", "dequantize", "logistic", "relu", "relu6"])
def test_every_input(engine: Engine, name: str) -> None:
    """All 256 inputs, with 100 quantizations in each model."""
    for seed in range(MODELS):
        rng = np.random.default_rng(seed)
        graph = Graph()
        for _ in range(100):
            source, target, code, options = _unary(rng, name)
            index = graph.input(source)
            graph.outputs.append(graph.op(code, [index], target, options))
        inputs = [all_values(graph.tensors[i].dtype) for i in graph.inputs]
        assert_exact(engine, graph, inputs)


def test_quantize_of_floats_between_two_outputs_and_beyond_all(engine: Engine) -> None:
    for seed in range(MODELS):
        rng = np.random.default_rng(seed)
        graph = Graph()
        inputs = []
        for _ in range(40):
            target = activation_tensor(rng, (1,), one_of(rng, ["int8", "uint8"]))
            step = np.float32(target.scale)
            edge = (np.arange(-300, 300) + 0.5).astype(np.float32) * step
            values = np.concatenate(
                [
                    edge,
                    np.nextafter(edge, np.float32(np.inf)),
                    np.nextafter(edge, np.float32(-np.inf)),
                    np.array([np.inf, -np.inf, np.nan, 3e38, -3e38, 0, -0.0, 1e-45], np.float32),
                    np.float32(2.0**31)
                    * step
                    * np.array([1, -1, 1.0001, -1.0001, 0.9999, -0.9999]),
                ]
            ).astype(np.float32)
            index = graph.input(Tensor(values.shape, "float32"))
            inputs.append(values)
            options = schema.QuantizeOptionsT()
            graph.outputs.append(graph.op(BUILTIN.QUANTIZE, [index], target, options))
        assert_exact(engine, graph, inputs)


def test_mean_of_many_at_the_edge_between_two_outputs(engine: Engine) -> None:
    for seed in range(MODELS):
        rng = np.random.default_rng(seed)
        graph = Graph()
        count = int(rng.integers(2, 50))
        source = Tensor((2000, count), "int8", scale(rng), int(rng.integers(-128, 128)))
        axes = graph.add(Tensor((1,), "int32", data=np.array([1])))
        step = float(np.float32(source.scale) / 2.0 ** int(rng.integers(0, 6)))
        if rng.random() < 0.5:
            step *= 1.1
        target = Tensor((1,), "int8", step, int(rng.integers(-128, 128)))
        index = graph.input(source)
        options = schema.ReducerOptionsT()
        graph.outputs = [graph.op(BUILTIN.MEAN, [index, axes], target, options)]
        data = rng.integers(-20, 20, source.shape) + source.zero_point
        assert_exact(engine, graph, [np.clip(data, -128, 127).astype(np.int8)])


def _with_buffer_last(model: bytes, data: bytes) -> bytes:
    """Move the constant that has these bytes to the very end of the file."""
    content = bytearray(model + bytes(-len(model) % 4))
    root = schema.Model.GetRootAs(content)
    for i in range(root.BuffersLength()):
        table = root.Buffers(i)
        if table.DataLength() and table.DataAsNumpy().tobytes() == data:
            field = table._tab.Pos + table._tab.Offset(4)
            content[field : field + 4] = (len(content) - field).to_bytes(4, "little")
            return bytes(content) + len(data).to_bytes(4, "little") + data
    raise AssertionError("no buffer has these bytes")


@pytest.mark.parametrize(
    "case",
    [cases.conv_2d, cases.depthwise_conv_2d, cases.fully_connected, cases.transpose_conv],
    ids=lambda case: case.__name__,
)
def test_nothing_is_read_beyond_weights_that_end_the_file(engine: Engine, case: cases.Case) -> None:
    """Kernels load four weights at once; the sanitizer sees any byte after the last one."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        graph = with_inferred_shapes(case(rng))
        weights = graph.tensors[graph.ops[0].inputs[1]]
        assert weights.data is not None
        model = _with_buffer_last(graph.build(), weights.data.astype(weights.dtype).tobytes())
        inputs = [random_data(rng, graph.tensors[i]) for i in graph.inputs]
        answer = engine.run(model, [data.tobytes() for data in inputs])
        assert answer.runs[0].outputs == Reference(model).run(inputs)
