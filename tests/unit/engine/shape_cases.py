"""Random graphs of the ops that compute shapes, and of what converters write with them."""

from dataclasses import replace

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from .cases import (
    BUILTIN,
    PLACEHOLDER,
    Case,
    Rng,
    activation_tensor,
    finish,
    movable_tensor,
    one_of,
    shape,
)
from .graph import TYPES, Graph, Tensor

NUMBER = Tensor((), "int32")


def _constant(graph: Graph, *values: int, dtype: str = "int32") -> int:
    return graph.add(Tensor((len(values),), dtype, data=np.array(values)))


def _scalar(graph: Graph, value: int) -> int:
    return graph.add(Tensor((), "int32", data=np.array(value)))


def shape_of(rng: Rng) -> Graph:
    """Of any tensor, to either width."""
    graph = Graph()
    source = movable_tensor(rng, shape(rng, int(rng.integers(1, 6))))
    options = schema.ShapeOptionsT()
    kind = one_of(rng, ["int32", "int64"])
    options.outType = TYPES[kind]
    output = Tensor((len(source.shape),), kind)
    return finish(graph, graph.op(BUILTIN.SHAPE, [graph.input(source)], output, options))


def pack(rng: Rng) -> Graph:
    """One to four tensors, a new axis anywhere."""
    graph = Graph()
    rank = int(rng.integers(0, 5))
    source = movable_tensor(rng, shape(rng, rank, 4))
    inputs = [graph.input(source) for _ in range(int(rng.integers(1, 5)))]
    options = schema.PackOptionsT()
    options.axis = int(rng.integers(-rank - 1, rank + 1))
    options.valuesCount = len(inputs)
    output = replace(source, shape=PLACEHOLDER)
    return finish(graph, graph.op(BUILTIN.PACK, inputs, output, options))


def gather(rng: Rng) -> Graph:
    """Along any axis, with indices of any shape and either width."""
    graph = Graph()
    rank = int(rng.integers(1, 4))
    source = movable_tensor(rng, shape(rng, rank))
    options = schema.GatherOptionsT()
    options.axis = int(rng.integers(-rank, rank))
    wanted = shape(rng, int(rng.integers(1, 3)), 4)
    data = rng.integers(0, source.shape[options.axis], wanted)
    indices = graph.add(Tensor(wanted, one_of(rng, ["int32", "int64"]), data=data))
    output = replace(source, shape=PLACEHOLDER)
    inputs = [graph.input(source), indices]
    return finish(graph, graph.op(BUILTIN.GATHER, inputs, output, options))


def reduce_prod(rng: Rng) -> Graph:
    """Any axes, kept dimensions or not."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    source = graph.input(Tensor(shape(rng, rank), "int32"))
    axes = rng.integers(-rank, rank, int(rng.integers(1, rank + 1)))
    options = schema.ReducerOptionsT()
    options.keepDims = bool(rng.random() < 0.5)
    inputs = [source, _constant(graph, *axes)]
    output = Tensor(PLACEHOLDER, "int32")
    return finish(graph, graph.op(BUILTIN.REDUCE_PROD, inputs, output, options))


def flatten(rng: Rng) -> Graph:
    """The new shape computed from the old one, in each of the ways that converters write."""
    graph = Graph()
    source = activation_tensor(rng, (one_of(rng, [1, 1, 3]), *shape(rng, 3)))
    cut = int(rng.integers(1, 4))
    return finish(graph, _flattened(rng, graph, source, cut, is_open=False))


def dense(rng: Rng) -> Graph:
    """The same before a fully connected layer, where the file leaves open what comes of it."""
    graph = Graph()
    source = activation_tensor(rng, (one_of(rng, [1, 1, 3]), *shape(rng, 3)))
    cut = int(rng.integers(1, 4))
    flat = _flattened(rng, graph, source, cut, is_open=True)
    depth, outputs = int(np.prod(source.shape[cut:])), int(rng.integers(1, 9))
    rows = Tensor((outputs, depth), "int8", 0.01, data=rng.integers(-127, 128, (outputs, depth)))
    output = replace(activation_tensor(rng, (1, outputs)), signature=(-1, outputs))
    options = schema.FullyConnectedOptionsT()
    inputs = [flat, graph.add(rows)]
    return finish(graph, graph.op(BUILTIN.FULLY_CONNECTED, inputs, output, options))


def _flattened(rng: Rng, graph: Graph, source: Tensor, cut: int, is_open: bool) -> int:
    """Make two dimensions: of those up to `cut`, and of the others."""
    image = graph.input(source)
    kind = one_of(rng, ["int32", "int32", "int64"])
    options = schema.ShapeOptionsT()
    options.outType = TYPES[kind]
    numbers = graph.op(BUILTIN.SHAPE, [image], Tensor((4,), kind), options)
    if kind == "int64":
        numbers = graph.op(BUILTIN.CAST, [numbers], Tensor((4,), "int32"), _cast_to_int32())
    made = tuple(int(np.prod(part)) for part in (source.shape[:cut], source.shape[cut:]))
    way = one_of(rng, [_packed, _concatenated]) if cut == 1 else _multiplied
    wanted = way(graph, numbers, one_of(rng, [made[1], -1]), cut)
    if rng.random() < 0.5:  # an op between, which shares memory
        image = graph.op(BUILTIN.RELU, [image], source)
    if is_open:
        output = replace(source, shape=(1, 1), signature=(-1, -1))
    else:
        output = replace(source, shape=made)
    return graph.op(BUILTIN.RESHAPE, [image, wanted], output)


def _cast_to_int32() -> schema.CastOptionsT:
    options = schema.CastOptionsT()
    options.inDataType, options.outDataType = TYPES["int64"], TYPES["int32"]
    return options


def _slice(graph: Graph, numbers: int, shrink: bool) -> int:
    """The batches, as a number or as a list of one."""
    options = schema.StridedSliceOptionsT()
    options.shrinkAxisMask = int(shrink)
    inputs = [numbers, *(_constant(graph, value) for value in (0, 1, 1))]
    output = NUMBER if shrink else Tensor((1,), "int32")
    return graph.op(BUILTIN.STRIDED_SLICE, inputs, output, options)


def _pack(graph: Graph, *inputs: int) -> int:
    options = schema.PackOptionsT()
    options.valuesCount = len(inputs)
    return graph.op(BUILTIN.PACK, list(inputs), Tensor((len(inputs),), "int32"), options)


def _packed(graph: Graph, numbers: int, rest: int, _cut: int) -> int:
    """As Keras' Flatten."""
    return _pack(graph, _slice(graph, numbers, shrink=True), _scalar(graph, rest))


def _concatenated(graph: Graph, numbers: int, rest: int, _cut: int) -> int:
    inputs = [_slice(graph, numbers, shrink=False), _constant(graph, rest)]
    options = schema.ConcatenationOptionsT()
    output = Tensor((2,), "int32")
    return graph.op(BUILTIN.CONCATENATION, inputs, output, options)


def _multiplied(graph: Graph, numbers: int, _rest: int, cut: int) -> int:
    """As tf.tensordot: the product of the first dimensions, and that of the others."""
    products = []
    for axes in (range(cut), range(cut, 4)):
        inputs = [numbers, _constant(graph, *axes)]
        gathered = Tensor((len(axes),), "int32")
        chosen = graph.op(BUILTIN.GATHER, inputs, gathered, schema.GatherOptionsT())
        inputs = [chosen, _constant(graph, 0)]
        made = graph.op(BUILTIN.REDUCE_PROD, inputs, NUMBER, schema.ReducerOptionsT())
        products.append(made)
    return _pack(graph, *products)


def _open(tensor: Tensor, *dims: int) -> Tensor:
    """What the file has of a tensor some of whose dimensions are open: 1 for them."""
    size = tuple(1 if d in dims else n for d, n in enumerate(tensor.shape))
    signature = tuple(-1 if d in dims else n for d, n in enumerate(tensor.shape))
    return replace(tensor, shape=size, signature=signature)


def _window(rng: Rng, graph: Graph, image: int, size: tuple[int, ...], *dims: int) -> int:
    """A convolution or a pool of an image whose real size is given, and some dimensions open."""
    source = graph.tensors[image]
    filters = tuple(int(n) for n in rng.integers(1, 4, 2))
    strides = tuple(int(n) for n in rng.integers(1, 3, 2))
    is_same = any(f > s for f, s in zip(filters, size[1:3], strict=True)) or rng.random() < 0.5
    rooms = size[1:3] if is_same else [s - f + 1 for f, s in zip(filters, size[1:3], strict=True)]
    made = [-(-r // s) for r, s in zip(rooms, strides, strict=True)]
    options = one_of(rng, [schema.Conv2DOptionsT, schema.Pool2DOptionsT])()
    options.strideH, options.strideW = strides
    options.padding = schema.Padding.SAME if is_same else schema.Padding.VALID
    output = _open(replace(source, shape=(size[0], *made, size[3]), signature=None), *dims)
    if isinstance(options, schema.Pool2DOptionsT):
        options.filterHeight, options.filterWidth = filters
        return graph.op(BUILTIN.MAX_POOL_2D, [image], output, options)
    shape_ = (size[3], *filters, size[3])
    weights = Tensor(shape_, "int8", 0.01, data=rng.integers(-127, 128, shape_))
    bias = Tensor((size[3],), "int32", data=rng.integers(-500, 500, size[3]))
    inputs = [image, graph.add(weights), graph.add(bias)]
    return graph.op(BUILTIN.CONV_2D, inputs, output, options)


def dilated(rng: Rng) -> Graph:
    """What converters write for a dilation: between the two, the batch is open in the file."""
    graph = Graph()
    size = (1, *shape(rng, 2, 7), int(rng.integers(1, 4)))
    source = replace(activation_tensor(rng, size), signature=(-1, *size[1:]))
    block = rng.integers(1, 4, 2)
    padding = np.array([[1, 1 + -(n + 2) % b] for n, b in zip(size[1:3], block, strict=True)])
    blocks = graph.add(Tensor((2,), "int32", data=block))
    parts = [(n + sum(p)) // b for n, p, b in zip(size[1:3], padding, block, strict=True)]
    made = replace(source, shape=(int(np.prod(block)), *map(int, parts), size[3]), signature=None)
    edges = graph.add(Tensor((2, 2), "int32", data=padding))
    inputs = [graph.input(source), blocks, edges]
    inner = graph.op(BUILTIN.SPACE_TO_BATCH_ND, inputs, _open(made, 0))
    if rng.random() < 0.5:
        inner = graph.op(BUILTIN.RELU, [inner], _open(made, 0))
    if rng.random() < 0.3:  # as for sequences
        one = graph.add(Tensor((), "int32", data=np.array(1)))
        wide = _open(replace(made, shape=(made.shape[0], 1, *made.shape[1:])), 0)
        inner = graph.op(BUILTIN.EXPAND_DIMS, [inner, one], wide)
        squeezed = schema.SqueezeOptionsT()
        squeezed.squeezeDims = [1]
        inner = graph.op(BUILTIN.SQUEEZE, [inner], _open(made, 0), squeezed)
    options = schema.Pool2DOptionsT()
    options.filterHeight = options.filterWidth = 3
    options.strideH = options.strideW = 1
    inner = graph.op(BUILTIN.AVERAGE_POOL_2D, [inner], _open(made, 0), options)
    crops = np.array([[0, n * b - 1] for n, b in zip(made.shape[1:3], block, strict=True)])
    inputs = [inner, blocks, graph.add(Tensor((2, 2), "int32", data=crops))]
    output = _open(replace(made, shape=(1, 1, 1, size[3])), 0)
    return finish(graph, graph.op(BUILTIN.BATCH_TO_SPACE_ND, inputs, output))


def upsampled(rng: Rng) -> Graph:
    """As Keras' UpSampling2D: by a RESHAPE that leaves the height open, to ops with windows."""
    graph = Graph()
    size = (1, *shape(rng, 2, 6), int(rng.integers(1, 4)))
    image = graph.input(replace(activation_tensor(rng, size), signature=(-1, *size[1:])))
    flat = (1, size[2], size[1], size[3])
    wanted = _pack(graph, _scalar(graph, 1), *(_scalar(graph, d) for d in flat[1:]))
    tensor = replace(graph.tensors[image], shape=flat, signature=None)
    made = graph.op(BUILTIN.RESHAPE, [image, wanted], _open(tensor, 0, 1))
    if rng.random() < 0.5:
        made = graph.op(BUILTIN.RELU, [made], _open(tensor, 0, 1))
    return finish(graph, _window(rng, graph, made, flat, 0, 1))


def whole_sum(rng: Rng) -> Graph:
    """ADD and SUB of int32, as before the GATHER of an Embedding; sums wrap."""
    graph = Graph()
    first = shape(rng, int(rng.integers(1, 4)))
    second = one_of(rng, [first, first[1:], ()])
    code, options = one_of(
        rng, [(BUILTIN.ADD, schema.AddOptionsT), (BUILTIN.SUB, schema.SubOptionsT)]
    )
    inputs = [graph.input(Tensor(size, "int32")) for size in (first, second)]
    return finish(graph, graph.op(code, inputs, Tensor(PLACEHOLDER, "int32"), options()))


SHAPES: list[Case] = [
    dense,
    dilated,
    flatten,
    gather,
    pack,
    reduce_prod,
    shape_of,
    upsampled,
    whole_sum,
]
