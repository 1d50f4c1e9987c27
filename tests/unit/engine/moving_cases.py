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
from .graph import Graph, Tensor


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


MOVING: list[Case] = [
    depth_to_space,
    mirror_pad,
    reduce_max,
    reduce_min,
    space_to_depth,
    tile,
]
