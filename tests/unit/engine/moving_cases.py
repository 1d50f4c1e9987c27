"""Random graphs of the ops that move values or compare them."""

from dataclasses import replace
from typing import Any

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
    scale,
    shape,
)
from .graph import TYPES, Graph, Op, Tensor, random_data


def _tensor(rng: Rng, size: tuple[int, ...], kind: str) -> Tensor:
    """A tensor of any type, quantized if it has 8 or 16 bits."""
    if kind in ("int8", "uint8"):
        return activation_tensor(rng, size, kind)
    return Tensor(size, kind, scale(rng) if kind == "int16" else None)


def _list(rng: Rng, graph: Graph, values: Any) -> int:
    """A constant of either width, if LiteRT takes both."""
    data = np.array(values)
    return graph.add(Tensor(data.shape, one_of(rng, ["int32", "int64"]), data=data))


def _like(graph: Graph, code: int, inputs: list[int], options: Any = None) -> Graph:
    """An op whose output is as input 0, but for its shape."""
    output = replace(graph.tensors[inputs[0]], shape=PLACEHOLDER, data=None)
    return finish(graph, graph.op(code, inputs, output, options))


def _reduced(rng: Rng, code: int) -> Graph:
    graph = Graph()
    rank = int(rng.integers(1, 6))
    kind = one_of(rng, ["int8", "int8", "int8", "uint8", "int16", "int32", "float32"])
    source = graph.input(_tensor(rng, shape(rng, rank), kind))
    axes = rng.integers(-rank, rank, int(rng.integers(1, rank + 1)))
    options = schema.ReducerOptionsT()
    options.keepDims = bool(rng.random() < 0.5)
    return _like(graph, code, [source, graph.add(Tensor(axes.shape, "int32", data=axes))], options)


def reduce_max(rng: Rng) -> Graph:
    """Any axes, negative and repeated ones too, kept dimensions or not."""
    return _reduced(rng, BUILTIN.REDUCE_MAX)


def reduce_min(rng: Rng) -> Graph:
    """As the largest."""
    return _reduced(rng, BUILTIN.REDUCE_MIN)


def tile(rng: Rng) -> Graph:
    """Up to three times along each axis."""
    graph = Graph()
    rank = int(rng.integers(1, 7))
    source = graph.input(movable_tensor(rng, shape(rng, rank, 3)))
    return _like(graph, BUILTIN.TILE, [source, _list(rng, graph, rng.integers(1, 4, rank))])


def mirror_pad(rng: Rng) -> Graph:
    """As much on either side as there is, with the edge or without."""
    graph = Graph()
    source = movable_tensor(rng, shape(rng, int(rng.integers(1, 6)), 4))
    if source.dtype == "int16":  # LiteRT has all but that
        source = replace(source, dtype="int8")
    options = schema.MirrorPadOptionsT()
    options.mode = one_of(rng, [schema.MirrorPadMode.REFLECT, schema.MirrorPadMode.SYMMETRIC])
    edge = int(options.mode == schema.MirrorPadMode.SYMMETRIC)
    amounts = [rng.integers(0, size + edge, 2) for size in source.shape]
    return _like(
        graph, BUILTIN.MIRROR_PAD, [graph.input(source), _list(rng, graph, amounts)], options
    )


def _block(rng: Rng, options: Any) -> tuple[list[int], str]:
    """Set a block's size; return a shape, and a type that LiteRT has for it."""
    options.blockSize = int(rng.integers(1, 4))
    kind = one_of(rng, ["int8", "int8", "uint8", "float32", "int32", "int64"])
    return list(shape(rng, 4, 4)), kind


def depth_to_space(rng: Rng) -> Graph:
    """Blocks of one to three rows."""
    graph, options = Graph(), schema.DepthToSpaceOptionsT()
    size, kind = _block(rng, options)
    size[3] *= options.blockSize**2
    source = graph.input(_tensor(rng, tuple(size), kind))
    return _like(graph, BUILTIN.DEPTH_TO_SPACE, [source], options)


def space_to_depth(rng: Rng) -> Graph:
    """Blocks of one to three rows."""
    graph, options = Graph(), schema.SpaceToDepthOptionsT()
    size, kind = _block(rng, options)
    size[1:3] = (d * options.blockSize for d in size[1:3])
    source = graph.input(_tensor(rng, tuple(size), kind))
    return _like(graph, BUILTIN.SPACE_TO_DEPTH, [source], options)


def slice_(rng: Rng) -> Graph:
    """Any part, some of it up to the end."""
    graph = Graph()
    source = movable_tensor(rng, shape(rng, int(rng.integers(1, 6)), 5))
    begin = [int(rng.integers(0, d)) for d in source.shape]
    size = [
        one_of(rng, [-1, int(rng.integers(1, d - b + 1))])
        for d, b in zip(source.shape, begin, strict=True)
    ]
    kind = one_of(rng, ["int32", "int64"])
    lists = [graph.add(Tensor((len(v),), kind, data=np.array(v))) for v in (begin, size)]
    made = [d - b if n < 0 else n for d, b, n in zip(source.shape, begin, size, strict=True)]
    output = replace(source, shape=tuple(made))  # LiteRT compares it
    options = schema.SliceOptionsT()
    inputs = [graph.input(source), *lists]
    return finish(graph, graph.op(BUILTIN.SLICE, inputs, output, options))


def _parts(graph: Graph, code: int, inputs: list[int], count: int, options: Any) -> Graph:
    """An op of several outputs, all of which are the graph's."""
    output = replace(graph.tensors[inputs[0]], shape=PLACEHOLDER)
    graph.outputs = [graph.add(output) for _ in range(count)]
    graph.ops.append(Op(code, inputs, list(graph.outputs), options))
    return graph


def split_v(rng: Rng) -> Graph:
    """Into one to four parts of any sizes, of which one may be what is left."""
    graph = Graph()
    rank, parts = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    axis = int(rng.integers(-rank, rank))
    sizes = rng.integers(1, 4, parts)
    whole = list(shape(rng, rank, 4))
    whole[axis] = int(sizes.sum())
    if rng.random() < 0.5:
        sizes[rng.integers(parts)] = -1
    options = schema.SplitVOptionsT()
    options.numSplits = parts
    along = graph.add(Tensor((1,), "int32", data=np.array([axis])))
    inputs = [graph.input(movable_tensor(rng, tuple(whole))), _list(rng, graph, sizes), along]
    return _parts(graph, BUILTIN.SPLIT_V, inputs, parts, options)


def unpack(rng: Rng) -> Graph:
    """Along any axis."""
    graph = Graph()
    rank = int(rng.integers(1, 5))
    source = movable_tensor(rng, shape(rng, rank, 4))
    options = schema.UnpackOptionsT()
    options.axis = int(rng.integers(-rank, rank))
    options.num = source.shape[options.axis]
    return _parts(graph, BUILTIN.UNPACK, [graph.input(source)], options.num, options)


def _blocks(graph: Graph, block: Any, edges: Any) -> list[int]:
    return [graph.add(Tensor(v.shape, "int32", data=v)) for v in (block, edges)]


def space_to_batch_nd(rng: Rng) -> Graph:
    """Images and sequences, with any padding."""
    graph = Graph()
    axes = one_of(rng, [2, 2, 1])
    block, edges = rng.integers(1, 4, axes), rng.integers(0, 3, (axes, 2))
    image = rng.integers(1, 6, axes)
    edges[:, 1] += -(image + edges.sum(1)) % block
    source = movable_tensor(rng, (one_of(rng, [1, 2]), *map(int, image), int(rng.integers(1, 4))))
    inputs = [graph.input(source), *_blocks(graph, block, edges)]
    return _like(graph, BUILTIN.SPACE_TO_BATCH_ND, inputs)


def batch_to_space_nd(rng: Rng) -> Graph:
    """Images and sequences, with any cropping."""
    graph = Graph()
    axes = one_of(rng, [2, 2, 1])
    block, part = rng.integers(1, 4, axes), rng.integers(1, 5, axes)
    edges = rng.integers(0, 3, (axes, 2))
    for d in range(axes):
        edges[d] %= -(-(block[d] * part[d]) // 2)  # so that something is left
    batches = int(one_of(rng, [1, 2]) * np.prod(block))
    source = movable_tensor(rng, (batches, *map(int, part), int(rng.integers(1, 4))))
    inputs = [graph.input(source), *_blocks(graph, block, edges)]
    return _like(graph, BUILTIN.BATCH_TO_SPACE_ND, inputs)


def _resize(rng: Rng, kind: str) -> Graph:
    graph = Graph()
    source = _tensor(rng, shape(rng, 4, 8), kind)
    size = graph.add(Tensor((2,), "int32", data=rng.integers(1, 12, 2)))
    options = schema.ResizeBilinearOptionsT()
    options.alignCorners, options.halfPixelCenters = one_of(
        rng, [(False, False), (True, False), (False, True)]
    )
    return _like(graph, BUILTIN.RESIZE_BILINEAR, [graph.input(source), size], options)


def resize_bilinear_uint8(rng: Rng) -> Graph:
    """To any size, with corners or centers aligned or neither."""
    return _resize(rng, "uint8")


def resize_bilinear_float(rng: Rng) -> Graph:
    """As uint8."""
    return _resize(rng, "float32")


def _logical_reduction(rng: Rng, code: int) -> Graph:
    graph = Graph()
    rank = int(rng.integers(1, 5))
    source = graph.input(Tensor(shape(rng, rank, 3), "bool"))
    axes = rng.integers(-rank, rank, int(rng.integers(1, rank + 1)))
    options = schema.ReducerOptionsT()
    options.keepDims = bool(rng.random() < 0.5)
    return _like(graph, code, [source, graph.add(Tensor(axes.shape, "int32", data=axes))], options)


def reduce_any(rng: Rng) -> Graph:
    """Any axes, kept dimensions or not."""
    return _logical_reduction(rng, BUILTIN.REDUCE_ANY)


def reduce_all(rng: Rng) -> Graph:
    """Any axes, kept dimensions or not."""
    return _logical_reduction(rng, BUILTIN.REDUCE_ALL)


def _repeated_shapes(rng: Rng, count: int) -> list[tuple[int, ...]]:
    """Shapes that repeat each other to one, of at most the dimensions in which LiteRT does that."""
    whole = shape(rng, int(rng.integers(1, 5)), 4)
    if rng.random() < 0.3:
        return [whole] * count
    made = []
    for _ in range(count):
        kept = [one_of(rng, [d, d, 1]) for d in whole]
        made.append(tuple(kept[int(rng.integers(0, len(whole))) :]))
    return made


def _place(rng: Rng, graph: Graph, tensor: Tensor) -> int:
    """As an input of the graph, or sometimes as a constant."""
    if rng.random() < 0.7 or not graph.inputs:
        return graph.input(tensor)
    return graph.add(replace(tensor, data=random_data(rng, tensor)))


def _compared(rng: Rng, code: int) -> Graph:
    graph = Graph()
    kinds = ["int8", "int8", "int8", "uint8", "int16", "int32", "int64", "float32"]
    if code in (BUILTIN.EQUAL, BUILTIN.NOT_EQUAL):
        kinds.append("bool")
    kind = one_of(rng, kinds)
    a, b = (_tensor(rng, size, kind) for size in _repeated_shapes(rng, 2))
    if kind in ("int8", "uint8"):  # scales of less than 1, and often numbers that are equal
        a = replace(a, scale=scale(rng, -8, -0.6))
        b = replace(b, scale=one_of(rng, [a.scale, scale(rng, -8, -0.6)]))
        b = replace(b, zero_point=one_of(rng, [a.zero_point, b.zero_point]))
    inputs = [_place(rng, graph, a), _place(rng, graph, b)]
    return finish(graph, graph.op(code, inputs, Tensor(PLACEHOLDER, "bool")))


def equal(rng: Rng) -> Graph:
    """All types, any scales, repeated dimensions."""
    return _compared(rng, BUILTIN.EQUAL)


def not_equal(rng: Rng) -> Graph:
    """All types, any scales, repeated dimensions."""
    return _compared(rng, BUILTIN.NOT_EQUAL)


def greater(rng: Rng) -> Graph:
    """All types but bool, any scales, repeated dimensions."""
    return _compared(rng, BUILTIN.GREATER)


def greater_equal(rng: Rng) -> Graph:
    """All types but bool, any scales, repeated dimensions."""
    return _compared(rng, BUILTIN.GREATER_EQUAL)


def less(rng: Rng) -> Graph:
    """All types but bool, any scales, repeated dimensions."""
    return _compared(rng, BUILTIN.LESS)


def less_equal(rng: Rng) -> Graph:
    """All types but bool, any scales, repeated dimensions."""
    return _compared(rng, BUILTIN.LESS_EQUAL)


def select(rng: Rng) -> Graph:
    """A condition for each element, for each of the first dimension, or for all."""
    graph = Graph()
    source = movable_tensor(rng, shape(rng, int(rng.integers(1, 6)), 4))
    condition = Tensor(one_of(rng, [source.shape, source.shape[:1], ()]), "bool")
    inputs = [graph.input(condition), _place(rng, graph, source), _place(rng, graph, source)]
    return finish(graph, graph.op(BUILTIN.SELECT, inputs, source, schema.SelectOptionsT()))


def select_v2(rng: Rng) -> Graph:
    """Repeated dimensions of all three."""
    graph = Graph()
    which, chosen, other = _repeated_shapes(rng, 3)
    source = movable_tensor(rng, chosen)
    inputs = [graph.input(Tensor(which, "bool"))]
    inputs += [_place(rng, graph, replace(source, shape=size)) for size in (chosen, other)]
    # Where all have one element, LiteRT infers no shape.
    output = replace(source, shape=np.broadcast_shapes(which, chosen, other))
    return finish(graph, graph.op(BUILTIN.SELECT_V2, inputs, output, schema.SelectV2OptionsT()))


def _logical(rng: Rng, code: int) -> Graph:
    graph = Graph()
    inputs = [_place(rng, graph, Tensor(size, "bool")) for size in _repeated_shapes(rng, 2)]
    return finish(graph, graph.op(code, inputs, Tensor(PLACEHOLDER, "bool")))


def logical_and(rng: Rng) -> Graph:
    """Repeated dimensions."""
    return _logical(rng, BUILTIN.LOGICAL_AND)


def logical_or(rng: Rng) -> Graph:
    """Repeated dimensions."""
    return _logical(rng, BUILTIN.LOGICAL_OR)


def logical_not(rng: Rng) -> Graph:
    """Any shape."""
    graph = Graph()
    source = graph.input(Tensor(shape(rng, int(rng.integers(1, 5))), "bool"))
    return _like(graph, BUILTIN.LOGICAL_NOT, [source], schema.LogicalNotOptionsT())


def cast(rng: Rng) -> Graph:
    """From any type to any other, floats of any size."""
    graph = Graph()
    kinds = ["int8", "uint8", "int16", "int32", "int64", "float32", "bool"]
    source, target = one_of(rng, kinds), one_of(rng, kinds)
    options = schema.CastOptionsT()
    options.inDataType, options.outDataType = TYPES[source], TYPES[target]
    inputs = [graph.input(Tensor(shape(rng, int(rng.integers(1, 4))), source))]
    return finish(graph, graph.op(BUILTIN.CAST, inputs, Tensor(PLACEHOLDER, target), options))


def _placed(rng: Rng, code: int) -> Graph:
    graph = Graph()
    rank = int(rng.integers(2, 5))
    size = list(shape(rng, rank, 6))
    axis = int(rng.integers(-rank, rank))
    size[axis] = int(rng.integers(1, 40))
    kind = one_of(rng, ["uint8", "int32", "float32"])
    source = graph.input(_tensor(rng, tuple(size), kind))
    options = schema.ArgMaxOptionsT() if code == BUILTIN.ARG_MAX else schema.ArgMinOptionsT()
    made = one_of(rng, ["int32", "int64"])
    options.outputType = TYPES[made]
    inputs = [source, _list(rng, graph, [axis])]
    return finish(graph, graph.op(code, inputs, Tensor(PLACEHOLDER, made), options))


def arg_max_of_other_types(rng: Rng) -> Graph:
    """Along any axis, of uint8, int32 and floats."""
    return _placed(rng, BUILTIN.ARG_MAX)


def arg_min(rng: Rng) -> Graph:
    """Along any axis, of uint8, int32 and floats; LiteRT has int8, too."""
    return _placed(rng, BUILTIN.ARG_MIN)


def embedding(rng: Rng) -> Graph:
    """GATHER by indices that are computed: here, of uint8, so that any is in range."""
    graph = Graph()
    rank = int(rng.integers(1, 4))
    options = schema.GatherOptionsT()
    options.axis = int(rng.integers(-rank, rank))
    size = list(shape(rng, rank, 4))
    size[options.axis] = 256
    source = movable_tensor(rng, tuple(size))
    table = graph.add(replace(source, data=random_data(rng, source)))
    words = graph.input(Tensor(shape(rng, int(rng.integers(0, 3)), 4), "uint8"))
    kind = one_of(rng, ["int32", "int64"])
    cast = schema.CastOptionsT()
    cast.inDataType, cast.outDataType = TYPES["uint8"], TYPES[kind]
    indices = graph.op(BUILTIN.CAST, [words], Tensor(graph.tensors[words].shape, kind), cast)
    return _like(graph, BUILTIN.GATHER, [table, indices], options)


def broadcast_to(rng: Rng) -> Graph:
    """With new dimensions in front or without."""
    graph = Graph()
    whole = shape(rng, int(rng.integers(1, 6)), 4)
    kept = [one_of(rng, [d, d, 1]) for d in whole[int(rng.integers(0, len(whole))) :]]
    source = graph.input(movable_tensor(rng, tuple(kept)))
    made = _like(graph, BUILTIN.BROADCAST_TO, [source, _list(rng, graph, whole)])
    made.ops[-1] = replace(made.ops[-1], version=2)
    return made


def fill(rng: Rng) -> Graph:
    """Of any value, which is an input."""
    graph = Graph()
    value = graph.input(movable_tensor(rng, ()))
    size = _list(rng, graph, shape(rng, int(rng.integers(1, 5))))
    output = replace(graph.tensors[value], shape=PLACEHOLDER)
    return finish(graph, graph.op(BUILTIN.FILL, [size, value], output))


def reverse_v2(rng: Rng) -> Graph:
    """Along any axes that follow one upon the other; LiteRT has no others."""
    graph = Graph()
    rank = int(rng.integers(1, 6))
    source = graph.input(movable_tensor(rng, shape(rng, rank, 4)))
    first = int(rng.integers(0, rank))
    axes = np.arange(first, rng.integers(first + 1, rank + 1))
    axes = axes - rank * (rng.random(axes.shape) < 0.3)
    inputs = [source, graph.add(Tensor(axes.shape, "int32", data=axes))]
    return _like(graph, BUILTIN.REVERSE_V2, inputs, schema.ReverseV2OptionsT())


MOVING: list[Case] = [
    arg_max_of_other_types,
    arg_min,
    batch_to_space_nd,
    broadcast_to,
    cast,
    depth_to_space,
    embedding,
    equal,
    fill,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    mirror_pad,
    not_equal,
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_min,
    resize_bilinear_float,
    resize_bilinear_uint8,
    reverse_v2,
    select,
    select_v2,
    slice_,
    space_to_batch_nd,
    space_to_depth,
    split_v,
    tile,
    unpack,
]
