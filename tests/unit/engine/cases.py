"""Random single-op graphs: shapes, quantization and options as LiteRT allows them for int8."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .graph import TYPES, Graph, Op, Tensor

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


def pointwise_conv_2d(rng: Rng) -> Graph:
    """1x1 one behind the other, in memory that they share; with channels that nothing counts in."""
    graph = Graph()
    image = (one_of(rng, [1, 1, 2]), *shape(rng, 2, 7))
    tensor = activation_tensor(rng, (*image, 4 * int(rng.integers(1, 5))))
    last = graph.input(tensor)
    for _ in range(3):
        options = schema.Conv2DOptionsT()
        options.padding, options.strideH, options.strideW = one_of(rng, PADDINGS), 1, 1
        options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
        depth, channels = graph.tensors[last].shape[-1], int(rng.integers(1, 20))
        weights = _weights(rng, (channels, 1, 1, depth), channels, 0)
        bias = _bias(rng, channels, depth)
        product = _first_scale(graph.tensors[last]) * _first_scale(weights)
        _with_dead_channels(rng, weights, bias)
        zero_point = int(rng.integers(-128, 128))
        scale_of_sums = _output_scale(rng, product, depth)
        output = Tensor((*image, channels), "int8", scale_of_sums, zero_point)
        inputs = [last, graph.add(weights), graph.add(bias)]
        last = graph.op(BUILTIN.CONV_2D, inputs, output, options)
    return finish(graph, last)


def _fitting_kernel(rng: Rng, options: Any, height: int, width: int) -> tuple[int, int]:
    kernel_h, kernel_w = (int(k) for k in rng.integers(1, 6, 2))
    if options.padding == schema.Padding.VALID:
        kernel_h = min(kernel_h, (height - 1) // options.dilationHFactor + 1)
        kernel_w = min(kernel_w, (width - 1) // options.dilationWFactor + 1)
    return kernel_h, kernel_w


def transpose_conv(rng: Rng) -> Graph:
    """Strides, padding, filters smaller and larger than the stride, fused activations."""
    graph = Graph()
    channels, depth = int(rng.integers(1, 9)), int(rng.integers(1, 9))
    batches = one_of(rng, [1, 1, 2])
    options = schema.TransposeConvOptionsT()
    options.padding = one_of(rng, PADDINGS)
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 4, 2))
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    kernel = tuple(int(k) for k in rng.integers(1, 6, 2))
    strides = (options.strideH, options.strideW)
    size = tuple(max(k, int(d)) for k, d in zip(kernel, rng.integers(1, 12, 2), strict=True))
    if options.padding == schema.Padding.SAME:
        image = tuple(-(-d // s) for d, s in zip(size, strides, strict=True))
    else:
        image = tuple((d - k) // s + 1 for d, k, s in zip(size, kernel, strides, strict=True))
    source = activation_tensor(rng, (batches, *image, depth))
    weights = _weights(rng, (channels, *kernel, depth), channels, 0)
    wanted = Tensor((4,), "int32", data=np.array([batches, *size, channels]))
    inputs = [graph.add(wanted), graph.add(weights), graph.input(source)]
    if rng.random() < 0.7:
        inputs.append(graph.add(_bias(rng, channels, depth)))
    product = _first_scale(source) * _first_scale(weights)
    taps = depth * kernel[0] * kernel[1]
    output = Tensor(
        PLACEHOLDER, "int8", _output_scale(rng, product, taps), int(rng.integers(-128, 128))
    )
    return finish(graph, graph.op(BUILTIN.TRANSPOSE_CONV, inputs, output, options))


def depthwise_conv_2d(rng: Rng) -> Graph:
    """Strides, dilation, padding, depth multipliers."""
    multiplier = one_of(rng, [1, 1, 2, 3])
    in_channels = int(rng.integers(1, 10))
    height, width = shape(rng, 2, 9)
    options = schema.DepthwiseConv2DOptionsT()
    options.padding = one_of(rng, PADDINGS)
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 4, 2))
    options.dilationHFactor, options.dilationWFactor = (int(d) for d in rng.integers(1, 3, 2))
    options.depthMultiplier = multiplier
    kernel = _fitting_kernel(rng, options, height, width)
    return _depthwise_conv(rng, options, (height, width, in_channels), kernel)


def depthwise_conv_2d_3x3(rng: Rng) -> Graph:
    """The window that the SIMD kernels have code of its own for: strides, padding, remainders."""
    options = schema.DepthwiseConv2DOptionsT()
    options.padding = one_of(rng, PADDINGS)
    smallest = 1 if options.padding == schema.Padding.SAME else 3
    height, width = (int(extent) for extent in rng.integers(smallest, 9, 2))
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 4, 2))
    options.dilationHFactor = options.dilationWFactor = 1
    options.depthMultiplier = 1
    return _depthwise_conv(
        rng, options, (height, width, int(rng.integers(3, 14))), (3, 3), _with_dead_channels
    )


def depthwise_conv_2d_with_dead_channels(rng: Rng) -> Graph:
    """Other windows, with channels that no short rescaling fits beside such that it fits."""
    options = schema.DepthwiseConv2DOptionsT()
    options.padding = schema.Padding.SAME
    options.strideH, options.strideW = (int(s) for s in rng.integers(1, 3, 2))
    options.dilationHFactor = options.dilationWFactor = 1
    options.depthMultiplier = one_of(rng, [1, 1, 4, 8])
    kernel = one_of(rng, [(1, 3), (3, 1), (2, 2), (5, 5)])
    height, width = shape(rng, 2, 5)
    image = (height, width, int(rng.integers(4, 10)))
    return _depthwise_conv(rng, options, image, kernel, _with_dead_channels)


def _with_dead_channels(rng: Rng, weights: Tensor, bias: Tensor) -> None:
    """Give some channels scales so small that nothing but a large bias counts, as training does."""
    scales, biases = np.asarray(weights.scale), np.asarray(bias.data)
    if scales.ndim == 0 or rng.random() < 0.3:
        return
    for channel in rng.integers(0, biases.size, 2):
        scales[channel] *= np.float32(2.0 ** rng.uniform(-24, 0))
        biases[channel] = int(2.0 ** rng.uniform(1, 31)) * one_of(rng, [-1, 1])


def _as_they_are(rng: Rng, weights: Tensor, bias: Tensor) -> None:
    """Change no channel."""


def _depthwise_conv(
    rng: Rng,
    options: Any,
    image: tuple[int, int, int],
    kernel: tuple[int, int],
    change: Callable[[Rng, Tensor, Tensor], None] = _as_they_are,
) -> Graph:
    graph = Graph()
    channels = image[2] * options.depthMultiplier
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    batches = one_of(rng, [1, 1, 2])
    source = graph.input(activation_tensor(rng, (batches, *image)))
    weights = _weights(rng, (1, *kernel, channels), channels, 3)
    depth = kernel[0] * kernel[1]
    bias = _bias(rng, channels, depth)
    product = _first_scale(graph.tensors[source]) * _first_scale(weights)
    change(rng, weights, bias)
    inputs = [source, graph.add(weights)]
    if rng.random() < 0.8:
        inputs.append(graph.add(bias))
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


def sub(rng: Rng) -> Graph:
    """Different scales, broadcasting, fused activations."""
    return _binary(rng, BUILTIN.SUB, schema.SubOptionsT(), max)


def _div(rng: Rng, dtype: str) -> Graph:
    graph = Graph()
    first, second = _broadcast_shapes(rng)
    a = activation_tensor(rng, first, dtype)
    # LiteRT gives up where something is divided by 0, which is the lowest here.
    info = np.iinfo(dtype)
    divisors = rng.integers(info.min + 1, info.max + 1, second)
    b = replace(activation_tensor(rng, second, dtype), zero_point=info.min, data=divisors)
    inputs = [graph.input(a), graph.add(b)]
    options = schema.DivOptionsT()
    options.fusedActivationFunction = one_of(rng, ACTIVATIONS)
    step = _first_scale(a) / _first_scale(b) / 128 * 2.0 ** rng.uniform(-4, 6)
    output = Tensor(PLACEHOLDER, dtype, step, int(rng.integers(info.min, info.max + 1)))
    return finish(graph, graph.op(BUILTIN.DIV, inputs, output, options))


def div(rng: Rng) -> Graph:
    """Different scales, broadcasting, fused activations, constant divisors."""
    return _div(rng, "int8")


def div_uint8(rng: Rng) -> Graph:
    """The same."""
    return _div(rng, "uint8")


def squared_difference(rng: Rng) -> Graph:
    """Different scales, broadcasting."""
    graph = Graph()
    first, second = _broadcast_shapes(rng)
    a = activation_tensor(rng, first)
    b = activation_tensor(rng, second)
    inputs = [graph.input(a), graph.input(b)]
    larger = max(_first_scale(a), _first_scale(b))
    least = (2 * larger) ** 2 / 2**14 * 1.01  # LiteRT takes no smaller step
    step = max(least, larger**2 * 2.0 ** rng.uniform(-6, 10))
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    options = schema.SquaredDifferenceOptionsT()
    return finish(graph, graph.op(BUILTIN.SQUARED_DIFFERENCE, inputs, output, options))


def _extremum(rng: Rng, code: int) -> Graph:
    graph = Graph()
    first, second = _broadcast_shapes(rng)
    a = activation_tensor(rng, first)
    inputs = [graph.input(a), graph.input(replace(a, shape=second))]
    output = replace(a, shape=PLACEHOLDER)
    return finish(graph, graph.op(code, inputs, output, schema.MaximumMinimumOptionsT()))


def maximum(rng: Rng) -> Graph:
    """Broadcasting."""
    return _extremum(rng, BUILTIN.MAXIMUM)


def minimum(rng: Rng) -> Graph:
    """Broadcasting."""
    return _extremum(rng, BUILTIN.MINIMUM)


def prelu(rng: Rng) -> Graph:
    """Different scales; factors for each element, or repeated along dimensions; constant or not."""
    graph = Graph()
    size = shape(rng, int(rng.integers(1, 5)), 5)
    source = activation_tensor(rng, size)
    kept = [one_of(rng, [d, d, 1]) for d in size[int(rng.integers(0, len(size))) :]]
    alpha = activation_tensor(rng, tuple(kept))
    if rng.random() < 0.5:
        alpha = replace(alpha, data=rng.integers(-128, 128, alpha.shape))
    place = graph.input if alpha.data is None else graph.add
    inputs = [graph.input(source), place(alpha)]
    step = _first_scale(source) * 2.0 ** rng.uniform(-2, 3)
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    return finish(graph, graph.op(BUILTIN.PRELU, inputs, output))


def softmax(rng: Rng) -> Graph:
    """Any rank, rows of up to 300, betas."""
    graph = Graph()
    rows = shape(rng, int(rng.integers(0, 4)), 4)
    source = graph.input(activation_tensor(rng, (*rows, int(rng.integers(1, 300)))))
    options = schema.SoftmaxOptionsT()
    options.beta = float(one_of(rng, [1.0, 1.0, 0.5, 3.0, 0.1]))
    output = Tensor(PLACEHOLDER, "int8", 1 / 256, -128)
    return finish(graph, graph.op(BUILTIN.SOFTMAX, [source], output, options))


def _log_softmax(rng: Rng, dtype: str) -> Graph:
    graph = Graph()
    rows = shape(rng, int(rng.integers(0, 4)), 4)
    source = activation_tensor(rng, (*rows, int(rng.integers(1, 300))), dtype)
    output = Tensor(PLACEHOLDER, dtype, 1 / 16, int(np.iinfo(dtype).max))
    options = schema.LogSoftmaxOptionsT()
    return finish(graph, graph.op(BUILTIN.LOG_SOFTMAX, [graph.input(source)], output, options))


def log_softmax(rng: Rng) -> Graph:
    """Any rank, rows of up to 300."""
    return _log_softmax(rng, "int8")


def log_softmax_uint8(rng: Rng) -> Graph:
    """The same."""
    return _log_softmax(rng, "uint8")


def _l2_normalization(rng: Rng, dtype: str) -> Graph:
    graph = Graph()
    rows = shape(rng, int(rng.integers(0, 4)), 4)
    depth = int(rng.integers(1, one_of(rng, [4, 300])))
    source = activation_tensor(rng, (*rows, depth), dtype)
    output = Tensor(PLACEHOLDER, dtype, 1 / 128, 0 if dtype == "int8" else 128)
    options = schema.L2NormOptionsT()
    inputs = [graph.input(source)]
    return finish(graph, graph.op(BUILTIN.L2_NORMALIZATION, inputs, output, options))


def l2_normalization(rng: Rng) -> Graph:
    """Any rank, rows of up to 300."""
    return _l2_normalization(rng, "int8")


def l2_normalization_uint8(rng: Rng) -> Graph:
    """The same."""
    return _l2_normalization(rng, "uint8")


def batch_matmul(rng: Rng) -> Graph:
    """Either matrix transposed or not, any ranks, broadcasting; the second one constant or not."""
    graph = Graph()
    rows, columns, depth = (int(d) for d in rng.integers(1, 9, 3))
    options = schema.BatchMatMulOptionsT()
    options.adjX, options.adjY = (bool(rng.random() < 0.4) for _ in range(2))
    whole = shape(rng, int(rng.integers(0, 4)), 3)
    cut = int(rng.integers(0, len(whole) + 1))
    batches = [whole, tuple(one_of(rng, [d, d, 1]) for d in whole[cut:])]
    if rng.random() < 0.5:
        batches.reverse()
    a = activation_tensor(rng, (*batches[0], *((depth, rows) if options.adjX else (rows, depth))))
    size = (columns, depth) if options.adjY else (depth, columns)
    b = activation_tensor(rng, (*batches[1], *size))
    if rng.random() < 0.4:
        b = replace(b, data=rng.integers(-128, 128, b.shape))
    place = graph.input if b.data is None else graph.add
    inputs = [graph.input(a), place(b)]
    step = _output_scale(rng, _first_scale(a) * _first_scale(b), depth)
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    return finish(graph, graph.op(BUILTIN.BATCH_MATMUL, inputs, output, options))


def logistic(rng: Rng) -> Graph:
    """Any scale and zero point of the input."""
    graph = Graph()
    source = graph.input(activation_tensor(rng, (2, 128)))
    output = Tensor(PLACEHOLDER, "int8", 1 / 256, -128)
    return finish(graph, graph.op(BUILTIN.LOGISTIC, [source], output))


def _lookup(rng: Rng, code: int, options: Any) -> Graph:
    graph = Graph()
    source = graph.input(activation_tensor(rng, (2, 128)))
    return finish(graph, graph.op(code, [source], activation_tensor(rng, PLACEHOLDER), options))


def tanh(rng: Rng) -> Graph:
    """Any scales and zero points."""
    return _lookup(rng, BUILTIN.TANH, None)


def leaky_relu(rng: Rng) -> Graph:
    """Any scales, slopes of less and more than 1."""
    options = schema.LeakyReluOptionsT()
    options.alpha = float(one_of(rng, [0.1, 0.3, 0.01, 0.0, 1.0, 1.5]))
    return _lookup(rng, BUILTIN.LEAKY_RELU, options)


def elu(rng: Rng) -> Graph:
    """Any scales and zero points."""
    return _lookup(rng, BUILTIN.ELU, None)


def exp(rng: Rng) -> Graph:
    """Any scales and zero points, also such that nothing holds the results."""
    return _lookup(rng, BUILTIN.EXP, schema.ExpOptionsT())


def gelu(rng: Rng) -> Graph:
    """Any scales and zero points; by the error function, or by the approximation."""
    options = schema.GeluOptionsT()
    options.approximate = bool(rng.random() < 0.5)
    return _lookup(rng, BUILTIN.GELU, options)


def log(rng: Rng) -> Graph:
    """Any scales and zero points, also of numbers that have no logarithm."""
    return _lookup(rng, BUILTIN.LOG, None)


def neg(rng: Rng) -> Graph:
    """Any scales and zero points, which make no difference."""
    return _lookup(rng, BUILTIN.NEG, schema.NegOptionsT())


def abs_(rng: Rng) -> Graph:
    """Any scales and zero points, and the same scale twice."""
    graph = Graph()
    source = activation_tensor(rng, (2, 128))
    output = activation_tensor(rng, PLACEHOLDER)
    if rng.random() < 0.3:
        output = replace(output, scale=source.scale)
    inputs = [graph.input(source)]
    return finish(graph, graph.op(BUILTIN.ABS, inputs, output, schema.AbsOptionsT()))


def _root(rng: Rng, code: int, step: float) -> Graph:
    # Of what is not negative: LiteRT gives up at what is.
    graph = Graph()
    source = Tensor((2, 128), "int8", scale(rng, -16, 1), -128)
    fitting = step * float(np.sqrt(_first_scale(source)) ** (1 if code == BUILTIN.SQRT else -1))
    output = Tensor(
        PLACEHOLDER, "int8", fitting * 2.0 ** rng.uniform(-3, 3), int(rng.integers(-128, 128))
    )
    return finish(graph, graph.op(code, [graph.input(source)], output))


def rsqrt(rng: Rng) -> Graph:
    """Any scale of the input, outputs that use their range, or that saturate."""
    return _root(rng, BUILTIN.RSQRT, 1 / 256)


def sqrt(rng: Rng) -> Graph:
    """Any scale of the input, outputs that use their range, or that saturate."""
    return _root(rng, BUILTIN.SQRT, 1 / 16)


def _real(code: int, options: Any = None, of_squares: bool = False) -> Case:
    """An op of one real number, which is a square if the op takes no others."""

    def case(rng: Rng) -> Graph:
        graph = Graph()
        source = graph.input(Tensor(shape(rng, int(rng.integers(1, 5))), "float32"))
        output = Tensor(PLACEHOLDER, "float32")
        if of_squares:
            source = graph.op(BUILTIN.SQUARE, [source], output, schema.SquareOptionsT())
        return finish(graph, graph.op(code, [source], output, options))

    names = {value: name for name, value in vars(BUILTIN).items()}
    case.__name__ = f"{names[code].lower()}_float"
    return case


def pow_float(rng: Rng) -> Graph:
    """Squares to any power, broadcasting."""
    graph = Graph()
    first, second = _broadcast_shapes(rng)
    base, exponent = (graph.input(Tensor(size, "float32")) for size in (first, second))
    output = Tensor(PLACEHOLDER, "float32")
    base = graph.op(BUILTIN.SQUARE, [base], output, schema.SquareOptionsT())
    return finish(graph, graph.op(BUILTIN.POW, [base, exponent], output, schema.PowOptionsT()))


def hard_swish(rng: Rng) -> Graph:
    """Scales from the smallest to the largest that LiteRT takes."""
    graph = Graph()
    source = activation_tensor(rng, (2, 128))
    step = _first_scale(source) * 2.0 ** rng.uniform(-7, 4)
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    options = schema.HardSwishOptionsT()
    return finish(graph, graph.op(BUILTIN.HARD_SWISH, [graph.input(source)], output, options))


def _relu(rng: Rng, code: int) -> Graph:
    graph = Graph()
    source = graph.input(activation_tensor(rng, shape(rng, int(rng.integers(1, 5)))))
    output = activation_tensor(rng, PLACEHOLDER)
    return finish(graph, graph.op(code, [source], output))


def relu(rng: Rng) -> Graph:
    """Any scales."""
    return _relu(rng, BUILTIN.RELU)


def relu_n1_to_1(rng: Rng) -> Graph:
    """Any scales."""
    return _relu(rng, BUILTIN.RELU_N1_TO_1)


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


QUANTIZED_FROM = {
    "float32": ["int8", "uint8", "int16"],
    "int8": ["int8", "uint8", "int16"],
    "uint8": ["int8", "uint8", "int16"],
    "int16": ["int8", "int16", "int32"],
    "int32": ["int8", "int16"],
}
"""What LiteRT's QUANTIZE makes of each type."""


def any_tensor(rng: Rng, shape: tuple[int, ...], dtype: str) -> Tensor:
    """Return a tensor of any type, quantized as the type allows: int16 without a zero point."""
    if dtype == "float32":
        return Tensor(shape, dtype)
    if dtype == "int16":
        return Tensor(shape, dtype, scale(rng))
    if dtype == "int32":
        return Tensor(shape, dtype, scale(rng, -30, -8), int(rng.integers(-1000, 1000)))
    return activation_tensor(rng, shape, dtype)


def quantize(rng: Rng) -> Graph:
    """All pairs of types that LiteRT has, with any scales."""
    graph = Graph()
    kind = one_of(rng, list(QUANTIZED_FROM))
    source = any_tensor(rng, shape(rng, int(rng.integers(1, 5))), kind)
    output = any_tensor(rng, PLACEHOLDER, one_of(rng, QUANTIZED_FROM[kind]))
    options = schema.QuantizeOptionsT()
    return finish(graph, graph.op(BUILTIN.QUANTIZE, [graph.input(source)], output, options))


def quantize_to_the_same_scale(rng: Rng) -> Graph:
    """Another type, or a neighbouring zero point, alone: what the SIMD kernel does word by word."""
    graph = Graph()
    kind, other = one_of(rng, ["int8", "uint8"]), one_of(rng, ["int8", "uint8"])
    source = activation_tensor(rng, shape(rng, 3), kind)
    lowest, highest = np.iinfo(other).min, np.iinfo(other).max
    same = source.zero_point + lowest - np.iinfo(kind).min + one_of(rng, [0, 0, -1, 1])
    output = Tensor(PLACEHOLDER, other, source.scale, int(np.clip(same, lowest, highest)))
    options = schema.QuantizeOptionsT()
    return finish(graph, graph.op(BUILTIN.QUANTIZE, [graph.input(source)], output, options))


def dequantize(rng: Rng) -> Graph:
    """8 or 16 bits to floats."""
    graph = Graph()
    kind = one_of(rng, ["int8", "uint8", "int16"])
    source = graph.input(any_tensor(rng, shape(rng, int(rng.integers(1, 5))), kind))
    output = Tensor(PLACEHOLDER, "float32")
    options = schema.DequantizeOptionsT()
    return finish(graph, graph.op(BUILTIN.DEQUANTIZE, [source], output, options))


def dequantize_float16(rng: Rng) -> Graph:
    """Constants of every size that float16 has, as converters write weights."""
    graph = Graph()
    bits = rng.integers(0, 1 << 16, shape(rng, int(rng.integers(1, 5)))).astype(np.uint16)
    bits[bits & 0x7C00 == 0x7C00] &= 0x8FFF  # infinite, or no number
    constant = Tensor(bits.shape, "float16", data=bits.view(np.float16))
    real = Tensor(PLACEHOLDER, "float32")
    weights = graph.op(BUILTIN.DEQUANTIZE, [graph.add(constant)], real, schema.DequantizeOptionsT())
    source = graph.input(replace(real, shape=bits.shape))
    return finish(graph, graph.op(BUILTIN.ADD, [source, weights], real, schema.AddOptionsT()))


def movable_tensor(rng: Rng, shape: tuple[int, ...]) -> Tensor:
    """Return a tensor for an op that moves elements: mostly int8, sometimes wider."""
    dtype = one_of(rng, ["int8", "int8", "int8", "int16", "float32", "uint8"])
    return any_tensor(rng, shape, dtype)


def _padded(rng: Rng, graph: Graph, source: Tensor) -> list[int]:
    rank = len(source.shape)
    kind = one_of(rng, ["int32", "int32", "int64"])
    paddings = Tensor((rank, 2), kind, data=rng.integers(0, 4, (rank, 2)))
    return [graph.input(source), graph.add(paddings)]


def pad(rng: Rng) -> Graph:
    """Any amounts on any side."""
    graph = Graph()
    source = movable_tensor(rng, shape(rng, int(rng.integers(1, 6)), 4))
    output = replace(source, shape=PLACEHOLDER)
    inputs = _padded(rng, graph, source)
    return finish(graph, graph.op(BUILTIN.PAD, inputs, output, schema.PadOptionsT()))


def padv2(rng: Rng) -> Graph:
    """Any amounts of any value, which is a constant or not."""
    graph = Graph()
    source = movable_tensor(rng, shape(rng, int(rng.integers(1, 6)), 4))
    inputs = _padded(rng, graph, source)
    value = replace(source, shape=(1,))
    if rng.random() < 0.5:
        inputs.append(graph.input(value))
    else:
        inputs.append(graph.add(replace(value, data=rng.integers(0, 100, 1))))
    output = replace(source, shape=PLACEHOLDER)
    return finish(graph, graph.op(BUILTIN.PADV2, inputs, output, schema.PadV2OptionsT()))


def transpose(rng: Rng) -> Graph:
    """Any permutation, some axes counted from the end."""
    graph = Graph()
    rank = int(rng.integers(1, 7))
    source = movable_tensor(rng, shape(rng, rank, 4))
    order = rng.permutation(rank) - rank * (rng.random(rank) < 0.2)
    inputs = [graph.input(source), graph.add(Tensor((rank,), "int32", data=order))]
    output = replace(source, shape=PLACEHOLDER)
    return finish(graph, graph.op(BUILTIN.TRANSPOSE, inputs, output, schema.TransposeOptionsT()))


def split(rng: Rng) -> Graph:
    """Into one to four parts along any axis."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    parts, axis = int(rng.integers(1, 5)), int(rng.integers(-rank, rank))
    size = list(shape(rng, rank, 4))
    size[axis] *= parts
    source = movable_tensor(rng, tuple(size))
    options = schema.SplitOptionsT()
    options.numSplits = parts
    inputs = [graph.add(Tensor((1,), "int32", data=np.array([axis]))), graph.input(source)]
    graph.outputs = [graph.add(replace(source, shape=PLACEHOLDER)) for _ in range(parts)]
    graph.ops.append(Op(BUILTIN.SPLIT, inputs, list(graph.outputs), options))
    return graph


def _bounds(rng: Rng, size: int) -> tuple[int, int, int]:
    # From anywhere to anywhere, also beyond the ends, but never nothing.
    while True:
        stride = int(one_of(rng, [1, 1, 2, 3, -1, -2]))
        begin, end = (int(i) for i in rng.integers(-size - 2, size + 3, 2))
        if len(range(size)[begin:end:stride]):
            return begin, end, stride


def strided_slice(rng: Rng) -> Graph:
    """Negative indices and strides, bounds beyond the ends, fewer bounds than dimensions; masks."""
    graph = Graph()
    rank = int(rng.integers(1, 6))
    source = movable_tensor(rng, shape(rng, rank, 6))
    options = schema.StridedSliceOptionsT()
    entries: list[tuple[int, int, int]] = []
    masks = dict.fromkeys(["begin", "end", "ellipsis", "newAxis", "shrinkAxis"], 0)
    sliced = int(rng.integers(1, rank + 1))
    ellipsis = int(rng.integers(0, sliced)) if sliced < rank and rng.random() < 0.4 else -1
    dimension = 0
    for i in range(sliced):
        if i == ellipsis:
            masks["ellipsis"] |= 1 << len(entries)
            entries.append((0, 0, 1))
            dimension += rank - sliced
        if rank < 5 and rng.random() < 0.1:
            masks["newAxis"] |= 1 << len(entries)
            entries.append((0, 1, 1))
        entry = _bounds(rng, source.shape[dimension])
        if rng.random() < 0.2 and entry[2] > 0 and -source.shape[dimension] <= entry[0]:
            masks["shrinkAxis"] |= 1 << len(entries)
        for edge in ("begin", "end"):
            masks[edge] |= int(rng.random() < 0.2) << len(entries)
        entries.append(entry)
        dimension += 1
    for name, mask in masks.items():
        setattr(options, f"{name}Mask", mask)
    lists = [np.array(values) for values in zip(*entries, strict=True)]
    inputs = [graph.input(source)]
    inputs += [graph.add(Tensor((len(entries),), "int32", data=values)) for values in lists]
    output = replace(source, shape=PLACEHOLDER)
    return finish(graph, graph.op(BUILTIN.STRIDED_SLICE, inputs, output, options))


def _resize(rng: Rng, code: int, source: Tensor, options: Any) -> Graph:
    graph = Graph()
    size = Tensor((2,), "int32", data=rng.integers(1, 12, 2))
    options.alignCorners, options.halfPixelCenters = one_of(
        rng, [(False, False), (False, False), (True, False), (False, True)]
    )
    output = replace(source, shape=PLACEHOLDER)
    inputs = [graph.input(source), graph.add(size)]
    return finish(graph, graph.op(code, inputs, output, options))


def resize_nearest_neighbor(rng: Rng) -> Graph:
    """To any size, with corners or centers aligned or neither."""
    source = movable_tensor(rng, shape(rng, 4, 8))
    options = schema.ResizeNearestNeighborOptionsT()
    return _resize(rng, BUILTIN.RESIZE_NEAREST_NEIGHBOR, source, options)


def resize_bilinear(rng: Rng) -> Graph:
    """To any size, with corners or centers aligned or neither."""
    source = activation_tensor(rng, shape(rng, 4, 8))
    return _resize(rng, BUILTIN.RESIZE_BILINEAR, source, schema.ResizeBilinearOptionsT())


def arg_max(rng: Rng) -> Graph:
    """Along any axis, with many equal inputs; the axis and the result of either width."""
    graph = Graph()
    rank = int(rng.integers(2, 5))
    size = list(shape(rng, rank, 6))
    axis = int(rng.integers(-rank, rank))
    size[axis] = int(rng.integers(1, 300))
    options = schema.ArgMaxOptionsT()
    kind = one_of(rng, ["int32", "int64"])
    options.outputType = TYPES[kind]
    along = Tensor((1,), one_of(rng, ["int32", "int64"]), data=np.array([axis]))
    inputs = [graph.input(activation_tensor(rng, tuple(size))), graph.add(along)]
    return finish(graph, graph.op(BUILTIN.ARG_MAX, inputs, Tensor(PLACEHOLDER, kind), options))


def _reduce(rng: Rng, code: int, low: float, high: float) -> Graph:
    graph = Graph()
    rank = int(rng.integers(1, 6))
    source = graph.input(activation_tensor(rng, shape(rng, rank, 7)))
    axes = rng.integers(-rank, rank, int(rng.integers(1, rank + 1)))
    inputs = [source, graph.add(Tensor((len(axes),), "int32", data=axes))]
    options = schema.ReducerOptionsT()
    options.keepDims = bool(rng.random() < 0.5)
    step = _first_scale(graph.tensors[source]) * 2.0 ** rng.uniform(low, high)
    output = Tensor(PLACEHOLDER, "int8", step, int(rng.integers(-128, 128)))
    return finish(graph, graph.op(code, inputs, output, options))


def mean(rng: Rng) -> Graph:
    """Any axes, negative and repeated ones too, other scales, kept dimensions or not."""
    return _reduce(rng, BUILTIN.MEAN, -4, 2)


def sum_(rng: Rng) -> Graph:
    """As the mean."""
    return _reduce(rng, BUILTIN.SUM, -2, 8)


def concatenation(rng: Rng) -> Graph:
    """One to five inputs, any axis."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    axis = int(rng.integers(-rank, rank))
    first = movable_tensor(rng, shape(rng, rank, 4))
    inputs = []
    for _ in range(int(rng.integers(1, 6))):
        size = list(first.shape)
        size[axis] = int(rng.integers(1, 5))
        inputs.append(graph.input(replace(first, shape=tuple(size))))
    options = schema.ConcatenationOptionsT()
    options.axis = axis
    output = replace(first, shape=PLACEHOLDER)
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


def _as_float(case: Case) -> Case:
    """The same with real numbers, without any quantization."""

    def tensor_of(rng: Rng, tensor: Tensor, is_real: bool) -> Tensor:
        if not is_real:
            return tensor
        data = None if tensor.data is None else rng.normal(0, 1, tensor.shape)
        return replace(tensor, dtype="float32", scale=None, zero_point=0, data=data)

    def converted(rng: Rng) -> Graph:
        graph = case(rng)
        biases = graph.ops[0].inputs[2:]
        graph.tensors = [
            tensor_of(rng, tensor, tensor.dtype == "int8" or i in biases)
            for i, tensor in enumerate(graph.tensors)
        ]
        return graph

    converted.__name__ = f"{case.__name__}_float"
    return converted


def _with_int4_weights(case: Case) -> Case:
    """The same with weights of 4 bits."""

    def converted(rng: Rng) -> Graph:
        graph = case(rng)
        weights = graph.ops[0].inputs[1]
        tensor = graph.tensors[weights]
        data = rng.integers(-8, 8, tensor.shape)
        graph.tensors[weights] = replace(tensor, dtype="int4", zero_point=0, data=data)
        return graph

    converted.__name__ = f"{case.__name__}_int4"
    return converted


INT4 = [conv_2d, depthwise_conv_2d, depthwise_conv_2d_3x3, fully_connected]


def _as_hybrid(case: Case) -> Case:
    """The same with real numbers, but for the weights; LiteRT quantizes the input on its way."""

    def converted(rng: Rng) -> Graph:
        graph = case(rng)
        op = graph.ops[0]
        source, weights, *biases = op.inputs
        tensors = graph.tensors
        for i in (source, *op.outputs, *(bias for bias in biases if bias >= 0)):
            data = None if tensors[i].data is None else rng.normal(0, 10, tensors[i].shape)
            tensors[i] = Tensor(tensors[i].shape, "float32", data=data)
        kept, channels = tensors[weights], tensors[weights].shape[tensors[weights].dimension]
        scales = np.broadcast_to(np.asarray(kept.scale, np.float32), (channels,))
        in_groups = op.code == BUILTIN.CONV_2D and tensors[source].shape[3] != kept.shape[3]
        if op.code == BUILTIN.DEPTHWISE_CONV_2D:
            scales = np.broadcast_to(scales, (kept.shape[3],))
            kept = replace(kept, scale=scales, dimension=3)
        elif in_groups:
            kept = replace(kept, scale=scales)
        tensors[weights] = replace(kept, zero_point=0)
        if op.code == BUILTIN.FULLY_CONNECTED:
            op.options.asymmetricQuantizeInputs = bool(rng.random() < 0.5)
        return graph

    converted.__name__ = f"{case.__name__}_hybrid"
    return converted


HYBRID = [conv_2d, depthwise_conv_2d, fully_connected]
UINT8 = [
    add,
    average_pool_2d,
    concatenation,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    gelu,
    hard_swish,
    leaky_relu,
    logistic,
    max_pool_2d,
    maximum,
    mean,
    minimum,
    mul,
    prelu,
    relu,
    relu6,
    relu_n1_to_1,
    reshape,
    softmax,
    sub,
    sum_,
    tanh,
]

FLOAT: list[Case] = [
    *map(
        _as_float,
        [
            add,
            average_pool_2d,
            batch_matmul,
            conv_2d,
            depthwise_conv_2d,
            div,
            fully_connected,
            hard_swish,
            l2_normalization,
            leaky_relu,
            log_softmax,
            logistic,
            max_pool_2d,
            maximum,
            mean,
            minimum,
            mul,
            prelu,
            relu,
            relu6,
            relu_n1_to_1,
            softmax,
            squared_difference,
            sub,
            sum_,
            tanh,
            transpose_conv,
        ],
    ),
    _real(BUILTIN.ABS, schema.AbsOptionsT()),
    _real(BUILTIN.ELU),
    _real(BUILTIN.EXP, schema.ExpOptionsT()),
    _real(BUILTIN.GELU, schema.GeluOptionsT()),
    _real(BUILTIN.LOG, of_squares=True),
    _real(BUILTIN.NEG, schema.NegOptionsT()),
    _real(BUILTIN.RSQRT, of_squares=True),
    _real(BUILTIN.SQRT, of_squares=True),
    _real(BUILTIN.SQUARE, schema.SquareOptionsT()),
    _real(BUILTIN.COS, schema.CosOptionsT()),
    _real(BUILTIN.FLOOR),
    _real(BUILTIN.SIN),
    pow_float,
]
"""Cases whose results may differ in the last bits, as compilers and libraries do."""

ALL: list[Case] = [
    *map(_as_uint8, UINT8),
    *map(_with_int4_weights, INT4),
    *map(_as_hybrid, HYBRID),
    *(_with_int4_weights(_as_hybrid(case)) for case in (conv_2d, fully_connected)),
    abs_,
    add,
    arg_max,
    average_pool_2d,
    batch_matmul,
    concatenation,
    conv_2d,
    depthwise_conv_2d,
    depthwise_conv_2d_3x3,
    depthwise_conv_2d_with_dead_channels,
    dequantize,
    dequantize_float16,
    div,
    div_uint8,
    elu,
    exp,
    expand_dims,
    fully_connected,
    gelu,
    hard_swish,
    l2_normalization,
    l2_normalization_uint8,
    leaky_relu,
    log,
    log_softmax,
    log_softmax_uint8,
    logistic,
    max_pool_2d,
    maximum,
    mean,
    minimum,
    mul,
    neg,
    pad,
    padv2,
    pointwise_conv_2d,
    prelu,
    quantize,
    quantize_to_the_same_scale,
    relu,
    relu6,
    relu_n1_to_1,
    reshape,
    resize_bilinear,
    resize_nearest_neighbor,
    rsqrt,
    softmax,
    split,
    sqrt,
    squared_difference,
    squeeze,
    strided_slice,
    sub,
    sum_,
    tanh,
    transpose,
    transpose_conv,
]
