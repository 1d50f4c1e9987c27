"""Random single-op graphs: shapes, quantization and options as LiteRT allows them for int8."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .graph import Graph, Tensor

Rng = np.random.Generator
Case = Callable[[Rng], Graph]

BUILTIN = schema.BuiltinOperator
ACTIVATIONS = [
    schema.ActivationFunctionType.NONE,
    schema.ActivationFunctionType.RELU,
    schema.ActivationFunctionType.RELU_N1_TO_1,
    schema.ActivationFunctionType.RELU6,
]
PADDINGS = [schema.Padding.SAME, schema.Padding.VALID]
PLACEHOLDER = (1,)


def scale(rng: Rng, low: float = -8.0, high: float = 1.0) -> float:
    """Return a scale of 2^low to 2^high, sometimes an exact power of two."""
    exponent = rng.uniform(low, high)
    if rng.random() < 0.2:
        exponent = np.round(exponent)
    return float(np.float32(2.0**exponent))


def activation_tensor(rng: Rng, shape: tuple[int, ...], dtype: str = "int8") -> Tensor:
    """Return a tensor quantized as activations are."""
    info = np.iinfo(dtype)
    zero_point = rng.choice([int(rng.integers(info.min, info.max + 1)), info.min, info.max])
    return Tensor(shape, dtype, scale(rng), int(zero_point))


def shape(rng: Rng, rank: int, largest: int = 6) -> tuple[int, ...]:
    """Return a shape."""
    return tuple(int(d) for d in rng.integers(1, largest + 1, rank))


def one_of(rng: Rng, values: list[Any]) -> Any:
    """Return one of the values."""
    return values[int(rng.integers(len(values)))]


def finish(graph: Graph, output: int) -> Graph:
    """Make a tensor the graph's output."""
    graph.outputs = [output]
    return graph


def _output_scale(rng: Rng, product: float, depth: int) -> float:
    # Mostly such that sums use the output's whole range; sometimes anything.
    spread = rng.uniform(-4, 8) if rng.random() < 0.3 else rng.uniform(-1, 1)
    return float(np.float32(product * 40.0 * np.sqrt(depth) * 2.0**spread))


def _weights(rng: Rng, shape: tuple[int, ...], channels: int, dimension: int) -> Tensor:
    data = rng.integers(-127, 128, shape)
    scales = np.array([scale(rng, -10, -4) for _ in range(channels)], np.float32)
    if rng.random() < 0.3:
        return Tensor(shape, "int8", float(scales[0]), 0, 0, data)
    return Tensor(shape, "int8", scales, 0, dimension, data)


def _bias(rng: Rng, channels: int, depth: int) -> Tensor:
    limit = 2000 * depth
    data = rng.integers(-limit, limit, channels)
    return Tensor((channels,), "int32", None, 0, 0, data)


def _first_scale(tensor: Tensor) -> float:
    return float(np.atleast_1d(np.asarray(tensor.scale))[0])


def conv_2d(rng: Rng) -> Graph:
    """Strides, dilation, padding, groups, 1x1, small and large windows; LiteRT wants a bias."""
    graph = Graph()
    groups = one_of(rng, [1, 1, 1, 2, 3])
    per_group = int(rng.integers(1, 9)) if rng.random() < 0.9 else int(rng.integers(100, 300))
    channels = groups * int(rng.integers(1, 9))
    height, width = shape(rng, 2, 9)
    options = schema.Conv2DOptionsT()
    options.padding = one_of(rng, PADDINGS)
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 4, 2))
    options.dilationHFactor, options.dilationWFactor = (int(one_of(rng, [1, 1, 2, 3])), 1)
    if rng.random() < 0.3:
        options.dilationWFactor = 2
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    kernel_h, kernel_w = _fitting_kernel(rng, options, height, width)
    batches = one_of(rng, [1, 1, 2])
    source = graph.input(activation_tensor(rng, (batches, height, width, groups * per_group)))
    filter_shape = (channels, kernel_h, kernel_w, per_group)
    depth = kernel_h * kernel_w * per_group
    weights = _weights(rng, filter_shape, channels, 0)
    inputs = [source, graph.add(weights), graph.add(_bias(rng, channels, depth))]
    product = _first_scale(graph.tensors[source]) * _first_scale(weights)
    output = Tensor(
        PLACEHOLDER, "int8", _output_scale(rng, product, depth), int(rng.integers(-128, 128))
    )
    return finish(graph, graph.op(BUILTIN.CONV_2D, inputs, output, options))


def _fitting_kernel(rng: Rng, options: Any, height: int, width: int) -> tuple[int, int]:
    kernel_h, kernel_w = (int(k) for k in rng.integers(1, 6, 2))
    if options.padding == schema.Padding.VALID:
        kernel_h = min(kernel_h, (height - 1) // options.dilationHFactor + 1)
        kernel_w = min(kernel_w, (width - 1) // options.dilationWFactor + 1)
    return kernel_h, kernel_w


def depthwise_conv_2d(rng: Rng) -> Graph:
    """Strides, dilation, padding, depth multipliers."""
    graph = Graph()
    multiplier = one_of(rng, [1, 1, 2, 3])
    in_channels = int(rng.integers(1, 10))
    channels = in_channels * multiplier
    height, width = shape(rng, 2, 9)
    options = schema.DepthwiseConv2DOptionsT()
    options.padding = one_of(rng, PADDINGS)
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 4, 2))
    options.dilationHFactor, options.dilationWFactor = (int(d) for d in rng.integers(1, 3, 2))
    options.depthMultiplier = multiplier
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    kernel_h, kernel_w = _fitting_kernel(rng, options, height, width)
    batches = one_of(rng, [1, 1, 2])
    source = graph.input(activation_tensor(rng, (batches, height, width, in_channels)))
    weights = _weights(rng, (1, kernel_h, kernel_w, channels), channels, 3)
    depth = kernel_h * kernel_w
    inputs = [source, graph.add(weights)]
    if rng.random() < 0.8:
        inputs.append(graph.add(_bias(rng, channels, depth)))
    product = _first_scale(graph.tensors[source]) * _first_scale(weights)
    output = Tensor(
        PLACEHOLDER, "int8", _output_scale(rng, product, depth), int(rng.integers(-128, 128))
    )
    return finish(graph, graph.op(BUILTIN.DEPTHWISE_CONV_2D, inputs, output, options))


def fully_connected(rng: Rng) -> Graph:
    """Any rank of input, weights per tensor (with zero point) or per channel, bias or none."""
    graph = Graph()
    depth, outputs = int(rng.integers(1, 70)), int(rng.integers(1, 12))
    batches = shape(rng, int(rng.integers(1, 4)), 3)
    source = graph.input(activation_tensor(rng, (*batches, depth)))
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    options.keepNumDims = bool(rng.random() < 0.4)
    weights = _weights(rng, (outputs, depth), outputs, 0)
    if isinstance(weights.scale, float) and rng.random() < 0.5:
        weights = Tensor(
            weights.shape, "int8", weights.scale, int(rng.integers(-128, 128)), 0, weights.data
        )
    inputs = [source, graph.add(weights)]
    product = _first_scale(graph.tensors[source]) * _first_scale(weights)
    if rng.random() < 0.8:
        bias = _bias(rng, outputs, depth)
        inputs.append(graph.add(Tensor(bias.shape, "int32", product, 0, 0, bias.data)))
    else:
        inputs.append(-1)
    output = Tensor(
        PLACEHOLDER, "int8", _output_scale(rng, product, depth), int(rng.integers(-128, 128))
    )
    return finish(graph, graph.op(BUILTIN.FULLY_CONNECTED, inputs, output, options))


def _pool(rng: Rng, code: int) -> Graph:
    graph = Graph()
    height, width = shape(rng, 2, 10)
    source = activation_tensor(rng, (one_of(rng, [1, 2]), height, width, int(rng.integers(1, 9))))
    options = schema.Pool2DOptionsT()
    options.padding = one_of(rng, PADDINGS)
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 4, 2))
    options.filterHeight, options.filterWidth = (int(k) for k in rng.integers(1, 6, 2))
    if options.padding == schema.Padding.VALID:
        options.filterHeight = min(options.filterHeight, height)
        options.filterWidth = min(options.filterWidth, width)
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    output = Tensor(PLACEHOLDER, "int8", source.scale, source.zero_point)
    return finish(graph, graph.op(code, [graph.input(source)], output, options))


def average_pool_2d(rng: Rng) -> Graph:
    """Strides, padding (which does not count in the average), fused activations."""
    return _pool(rng, BUILTIN.AVERAGE_POOL_2D)


def max_pool_2d(rng: Rng) -> Graph:
    """Strides, padding, fused activations."""
    return _pool(rng, BUILTIN.MAX_POOL_2D)


def _broadcast_shapes(rng: Rng) -> tuple[tuple[int, ...], tuple[int, ...]]:
    whole = shape(rng, int(rng.integers(1, 6)), 4)
    if rng.random() < 0.4:
        return whole, whole
    first = [one_of(rng, [d, d, 1]) for d in whole]
    second = [d if f == 1 else one_of(rng, [d, d, 1]) for d, f in zip(whole, first, strict=True)]
    cut = int(rng.integers(0, len(whole)))
    return (
        (tuple(first), tuple(second[cut:]))
        if rng.random() < 0.5
        else (
            tuple(second[cut:]),
            tuple(first),
        )
    )


def _binary(
    rng: Rng, code: int, options: Any, output_scale: Callable[[float, float], float]
) -> Graph:
    graph = Graph()
    first, second = _broadcast_shapes(rng)
    a = activation_tensor(rng, first)
    b = activation_tensor(rng, second)
    inputs = [graph.input(a), graph.input(b)]
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    step = output_scale(_first_scale(a), _first_scale(b)) * 2.0 ** rng.uniform(-2, 3)
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    return finish(graph, graph.op(code, inputs, output, options))


def add(rng: Rng) -> Graph:
    """Different scales, broadcasting, fused activations."""
    return _binary(rng, BUILTIN.ADD, schema.AddOptionsT(), max)


def mul(rng: Rng) -> Graph:
    """Different scales, broadcasting, fused activations."""
    return _binary(rng, BUILTIN.MUL, schema.MulOptionsT(), lambda a, b: a * b * 64)


def softmax(rng: Rng) -> Graph:
    """Any rank, rows of up to 300, betas."""
    graph = Graph()
    rows = shape(rng, int(rng.integers(0, 4)), 4)
    source = graph.input(activation_tensor(rng, (*rows, int(rng.integers(1, 300)))))
    options = schema.SoftmaxOptionsT()
    options.beta = float(one_of(rng, [1.0, 1.0, 0.5, 3.0, 0.1]))
    output = Tensor(PLACEHOLDER, "int8", 1 / 256, -128)
    return finish(graph, graph.op(BUILTIN.SOFTMAX, [source], output, options))


def logistic(rng: Rng) -> Graph:
    """Any scale and zero point of the input."""
    graph = Graph()
    source = graph.input(activation_tensor(rng, (2, 128)))
    output = Tensor(PLACEHOLDER, "int8", 1 / 256, -128)
    return finish(graph, graph.op(BUILTIN.LOGISTIC, [source], output))


def _relu(rng: Rng, code: int) -> Graph:
    graph = Graph()
    source = graph.input(activation_tensor(rng, shape(rng, int(rng.integers(1, 5)))))
    output = activation_tensor(rng, PLACEHOLDER)
    return finish(graph, graph.op(code, [source], output))


def relu(rng: Rng) -> Graph:
    """Any scales."""
    return _relu(rng, BUILTIN.RELU)


def relu6(rng: Rng) -> Graph:
    """Any scales."""
    return _relu(rng, BUILTIN.RELU6)


def reshape(rng: Rng) -> Graph:
    """The shape from a constant input, with one dimension left open, or from the options."""
    graph = Graph()
    source = activation_tensor(rng, shape(rng, int(rng.integers(1, 5))))
    wanted = [-1] if rng.random() < 0.5 else [*source.shape[::-1], 1]
    output = Tensor(PLACEHOLDER, "int8", source.scale, source.zero_point)
    options = schema.ReshapeOptionsT()
    options.newShape = wanted
    inputs = [graph.input(source)]
    if rng.random() < 0.5:
        inputs.append(graph.add(Tensor((len(wanted),), "int32", data=np.array(wanted))))
    return finish(graph, graph.op(BUILTIN.RESHAPE, inputs, output, options))


def squeeze(rng: Rng) -> Graph:
    """All dimensions of 1, or some of them."""
    graph = Graph()
    source = activation_tensor(rng, (1, *shape(rng, int(rng.integers(1, 4))), 1))
    options = schema.SqueezeOptionsT()
    options.squeezeDims = one_of(rng, [[], [0], [-1], [0, len(source.shape) - 1]])
    output = Tensor(PLACEHOLDER, "int8", source.scale, source.zero_point)
    return finish(graph, graph.op(BUILTIN.SQUEEZE, [graph.input(source)], output, options))


def expand_dims(rng: Rng) -> Graph:
    """At any axis, counted from either end."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    source = activation_tensor(rng, shape(rng, rank))
    axis = graph.add(Tensor((1,), "int32", data=rng.integers(-rank - 1, rank + 1, 1)))
    output = Tensor(PLACEHOLDER, "int8", source.scale, source.zero_point)
    inputs = [graph.input(source), axis]
    options = schema.ExpandDimsOptionsT()
    return finish(graph, graph.op(BUILTIN.EXPAND_DIMS, inputs, output, options))


def quantize(rng: Rng) -> Graph:
    """Floats to 8 bits, and 8 bits to 8 bits of another type or scale."""
    graph = Graph()
    kind = one_of(rng, ["float32", "int8", "uint8"])
    size = shape(rng, int(rng.integers(1, 5)))
    source = Tensor(size, kind) if kind == "float32" else activation_tensor(rng, size, kind)
    output = activation_tensor(rng, PLACEHOLDER, one_of(rng, ["int8", "uint8"]))
    options = schema.QuantizeOptionsT()
    return finish(graph, graph.op(BUILTIN.QUANTIZE, [graph.input(source)], output, options))


def dequantize(rng: Rng) -> Graph:
    """8 bits to floats."""
    graph = Graph()
    kind = one_of(rng, ["int8", "uint8"])
    source = graph.input(activation_tensor(rng, shape(rng, int(rng.integers(1, 5))), kind))
    output = Tensor(PLACEHOLDER, "float32")
    options = schema.DequantizeOptionsT()
    return finish(graph, graph.op(BUILTIN.DEQUANTIZE, [source], output, options))


def pad(rng: Rng) -> Graph:
    """Any amounts on any side."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    source = activation_tensor(rng, shape(rng, rank))
    paddings = Tensor((rank, 2), "int32", data=rng.integers(0, 4, (rank, 2)))
    output = Tensor(PLACEHOLDER, "int8", source.scale, source.zero_point)
    inputs = [graph.input(source), graph.add(paddings)]
    return finish(graph, graph.op(BUILTIN.PAD, inputs, output, schema.PadOptionsT()))


def mean(rng: Rng) -> Graph:
    """Any axes, negative and repeated ones too, other scales, kept dimensions or not."""
    graph = Graph()
    rank = int(rng.integers(1, 6))
    source = graph.input(activation_tensor(rng, shape(rng, rank, 7)))
    axes = rng.integers(-rank, rank, int(rng.integers(1, rank + 1)))
    inputs = [source, graph.add(Tensor((len(axes),), "int32", data=axes))]
    options = schema.ReducerOptionsT()
    options.keepDims = bool(rng.random() < 0.5)
    step = _first_scale(graph.tensors[source]) * 2.0 ** rng.uniform(-4, 2)
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    return finish(graph, graph.op(BUILTIN.MEAN, inputs, output, options))


def concatenation(rng: Rng) -> Graph:
    """One to five inputs, any axis."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    axis = int(rng.integers(-rank, rank))
    first = activation_tensor(rng, shape(rng, rank, 4))
    inputs = []
    for _ in range(int(rng.integers(1, 6))):
        size = list(first.shape)
        size[axis] = int(rng.integers(1, 5))
        inputs.append(graph.input(Tensor(tuple(size), "int8", first.scale, first.zero_point)))
    options = schema.ConcatenationOptionsT()
    options.axis = axis
    output = Tensor(PLACEHOLDER, "int8", first.scale, first.zero_point)
    return finish(graph, graph.op(BUILTIN.CONCATENATION, inputs, output, options))


def _uint8_tensor(rng: Rng, tensor: Tensor) -> Tensor:
    if tensor.dtype != "int8":
        return tensor
    if tensor.data is None:
        return replace(tensor, dtype="uint8", zero_point=tensor.zero_point + 128)
    return replace(
        tensor,
        dtype="uint8",
        scale=_first_scale(tensor),
        zero_point=int(rng.integers(0, 256)),
        data=tensor.data + 128,
    )


def _as_uint8(case: Case) -> Case:
    """The same in TOCO's form of 2019: one scale and one zero point a tensor, weights too."""

    def converted(rng: Rng) -> Graph:
        graph = case(rng)
        graph.tensors = [_uint8_tensor(rng, tensor) for tensor in graph.tensors]
        inputs = graph.ops[0].inputs
        for i in inputs[2:]:
            if i >= 0 and graph.tensors[i].dtype == "int32":  # a bias
                source, weights = (graph.tensors[j] for j in inputs[:2])
                product = _first_scale(source) * _first_scale(weights)
                graph.tensors[i] = replace(graph.tensors[i], scale=product)
        return graph

    converted.__name__ = f"{case.__name__}_uint8"
    return converted


UINT8 = [
    add,
    average_pool_2d,
    concatenation,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    max_pool_2d,
    reshape,
    softmax,
]

ALL: list[Case] = [
    *map(_as_uint8, UINT8),
    add,
    average_pool_2d,
    concatenation,
    conv_2d,
    depthwise_conv_2d,
    dequantize,
    expand_dims,
    fully_connected,
    logistic,
    max_pool_2d,
    mean,
    mul,
    pad,
    quantize,
    relu,
    relu6,
    reshape,
    softmax,
    squeeze,
]
