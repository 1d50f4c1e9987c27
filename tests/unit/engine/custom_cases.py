"""Random graphs of the custom ops that the engine has."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

from .cases import BUILTIN, Case, Rng, one_of, scale, shape
from .graph import DECODE, DETECTION, Array, Graph, Op, Tensor
from .huffman import packed, random_tables

SCALES = {"y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0}


@dataclass(frozen=True)
class Detection:
    """A model of this op alone."""

    is_quantized: bool = False
    boxes: int = 6
    stride: int = 4
    columns: int = 4
    classes: int = 3
    most: int = 2
    most_of_box: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """For detections in each output."""
        return self.most * self.most_of_box

    def _tensor(self, shape: tuple[int, ...], scale: float, zero_point: int) -> Tensor:
        if self.is_quantized:
            return Tensor(shape, "uint8", scale, zero_point)
        return Tensor(shape, "float32")

    def graph(self, rng: Rng) -> Graph:
        """The op, with random anchors."""
        graph, count = Graph(), self.boxes
        boxes = graph.input(self._tensor((1, count, self.stride), 0.05, 128))
        scores = graph.input(self._tensor((1, count, self.columns), 1 / 256, 5))
        anchors = np.concatenate(
            [rng.uniform(0, 1, (count, 2)), rng.uniform(0.1, 0.5, (count, 2))], 1
        )
        anchors = np.round(anchors / 0.01) + 3 if self.is_quantized else anchors
        given = graph.add(replace(self._tensor((count, 4), 0.01, 3), data=anchors))
        shapes = ((1, self.places, 4), (1, self.places), (1, self.places), (1,))
        graph.outputs = [graph.add(Tensor(shape, "float32")) for shape in shapes]
        options = {
            "max_detections": self.most,
            "max_classes_per_detection": self.most_of_box,
            "num_classes": self.classes,
            "nms_score_threshold": 0.1,
            "nms_iou_threshold": 0.5,
            **SCALES,
            **self.options,
        }
        ends, encoded = [boxes, scores, given], bytes(flexbuffers.Dumps(options))
        graph.ops.append(Op(BUILTIN.CUSTOM, ends, graph.outputs, encoded, custom=DETECTION))
        return graph

    def inputs(self, rng: Rng) -> list[Array]:
        """Random boxes and scores; of these many are equal."""
        shapes = (1, self.boxes, self.stride), (1, self.boxes, self.columns)
        steps = int(rng.choice([3, 20, 255]))
        if self.is_quantized:
            boxes, scores = (rng.integers(0, 256, shape).astype(np.uint8) for shape in shapes)
            return [boxes, (scores // (255 // steps) * (255 // steps)).astype(np.uint8)]
        real = np.round(rng.uniform(0, 1, shapes[1]) * steps) / steps
        return [rng.normal(0, 2, shapes[0]).astype(np.float32), real.astype(np.float32)]

    def is_set(self, found: int) -> Array:
        """Which places of the outputs LiteRT sets."""
        places = np.arange(self.places)
        if self.options.get("use_regular_nms"):
            return places < self.most
        of_box = min(self.most_of_box, self.classes)
        return (places // self.most_of_box < found) & (places % self.most_of_box < of_box)


def random_detection(rng: Rng) -> Detection:
    """Any numbers of boxes, classes and detections."""
    classes = int(rng.integers(1, 8))
    return Detection(
        is_quantized=bool(rng.integers(2)),
        boxes=int(rng.integers(1, 50)),
        stride=int(rng.choice([4, 7])),
        columns=classes + int(rng.integers(2)),
        classes=classes,
        most=int(rng.integers(1, 12)),
        most_of_box=int(rng.integers(1, 4)),
        options={
            "use_regular_nms": bool(rng.integers(2)),
            "detections_per_class": int(rng.integers(1, 20)),
            "nms_score_threshold": float(rng.choice([0.0, 0.3, 0.5])),
            "nms_iou_threshold": float(rng.choice([0.3, 0.6, 1.0])),
        },
    )


def detection_postprocess(rng: Rng) -> Graph:
    """Boxes and scores as real numbers, or in uint8."""
    return random_detection(rng).graph(rng)


BY_TABLE, HUFFMAN, PRUNED = 0, 1, 2
"""Ways of coding."""


@dataclass(frozen=True)
class Coded:
    """A tensor, of random values, that lies coded in the model."""

    tensor: Tensor
    way: int = BY_TABLE
    bits: int = 3
    """Of an index."""
    stride: int = 8
    """Values of a channel."""
    version: int = 1

    @property
    def _count(self) -> int:
        return int(np.prod(self.tensor.shape))

    @property
    def _channels(self) -> int:
        return np.size(1 if self.tensor.scale is None else self.tensor.scale)

    def codes(self, rng: Rng) -> Array:
        """What stands for each element, packed."""
        width = self.bits if self.way == BY_TABLE else 1
        most = min(2**width, self.stride) if self.way == BY_TABLE else 2
        codes = rng.integers(0, most, (self._count, 1))
        return np.packbits(codes >> np.arange(width)[::-1] & 1)

    def meaning(self, rng: Rng) -> Array:
        """The header, and the values."""
        is_pruned = self.way == PRUNED
        values = self._count if is_pruned else self._channels * self.stride
        size = np.dtype(self.tensor.dtype).itemsize
        most = 2 if self.tensor.dtype == "bool" else 256
        header = [self.way, 1, 0, 0, self.version, self.bits, self.stride]
        return np.concatenate(
            [np.array(header), np.zeros(9), rng.integers(0, most, values * size)]
        ).astype(np.uint8)

    def parts(self, rng: Rng) -> tuple[Array, Array]:
        """The codes, and what they mean."""
        return self.codes(rng), self.meaning(rng)

    def add(self, rng: Rng, graph: Graph) -> list[int]:
        """Add its codes and what they mean as constants; return their indices."""
        return [graph.add(Tensor(data.shape, "uint8", data=data)) for data in self.parts(rng)]


@dataclass(frozen=True)
class HuffmanCoded(Coded):
    """A tensor, of random values, that lies in the model in Huffman codes."""

    way: int = HUFFMAN
    entry: int = 4
    """Bytes of an entry of the tables, 2 or 4."""

    def parts(self, rng: Rng) -> tuple[Array, Array]:
        """The codes, and what they mean."""
        bits = 8 if self.tensor.dtype == "int8" else 16
        tables = random_tables(rng, self.entry, bits)
        header = np.array([HUFFMAN, 1, 0, 0, self.version, tables.header, *[0] * 10], np.uint8)
        return packed(rng, tables.words, self._count), np.concatenate([header, tables.data])


def decode(rng: Rng, *coded: Coded) -> Graph:
    """TFLM_DECODE of several tensors, the first of which an input is put before."""
    graph = Graph()
    given = graph.input(coded[0].tensor)
    inputs = [index for each in coded for index in each.add(rng, graph)]
    outputs = [graph.add(each.tensor) for each in coded]
    graph.ops.append(Op(BUILTIN.CUSTOM, inputs, outputs, custom=DECODE))
    first, *others = coded[0].tensor.shape
    both = replace(coded[0].tensor, shape=(2 * first, *others))
    options = schema.ConcatenationOptionsT()
    joined = graph.op(BUILTIN.CONCATENATION, [given, outputs[0]], both, options)
    graph.outputs = [joined, *outputs[1:]]
    return graph


def _random_coded(rng: Rng) -> Coded:
    kind = one_of(rng, ["int8", "int8", "int8", "int16", "int32", "int64", "float32", "bool"])
    size = shape(rng, int(rng.integers(1, 5)))
    tensor = Tensor(size, kind)
    if kind in ("int8", "int16"):
        dimension = int(rng.choice([0, len(size) - 1]))
        channels = int(rng.choice([1, size[dimension]]))
        zeros = rng.integers(-128, 128, channels) if kind == "int8" else np.zeros(channels)
        tensor = replace(
            tensor,
            scale=np.array([scale(rng) for _ in range(channels)]),
            dimension=dimension if channels > 1 else 0,
            zero_points=tuple(map(int, zeros)),
        )
    if kind in ("int8", "int16") and rng.random() < 0.4:
        return HuffmanCoded(tensor, entry=int(rng.choice([2, 4])) if kind == "int8" else 4)
    way, bits = int(rng.choice([BY_TABLE, PRUNED])), int(rng.integers(1, 8))
    return Coded(tensor, way, bits, int(rng.integers(1, 2**bits + 1)))


def tflm_decode(rng: Rng) -> Graph:
    """Tensors of any type that TFLM decodes: by tables, pruned or in Huffman codes."""
    return decode(rng, *(_random_coded(rng) for _ in range(int(rng.integers(1, 4)))))


CUSTOM: list[Case] = [detection_postprocess, tflm_decode]
