"""Integer ops: what quantized ops give with any rounding, in numpy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.explanation.roundings import Factors, Integers, Rounding
from tinyml_hil.model import Model, Node, array_of

_TYPES = ("int8", "uint8")
_ADD_SHIFT = 20
"""Bits by which an ADD makes its inputs finer before it scales them."""


class IntegerOp(ABC):
    """One op of a model whose activations are of eight bits."""

    activations: ClassVar[int] = 2
    """How many of its inputs are; those behind them have to be constant."""

    def __init__(self, model: Model, whole: Any, node: Node) -> None:
        """``whole``: the ``ModelT`` of the model."""
        self._tensors = model.graph.tensors
        self._whole = whole
        self._graph = whole.subgraphs[0]
        self._options = self._graph.operators[node.index].builtinOptions
        self.node = node
        self._out = self._tensors[node.outputs[0]]

    def run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        """The output, in its shape. ``inputs``: what is not constant, in the op's order.

        Raises:
            UsageError: they are of other shapes than in the file.
        """
        given = [self._tensors[i].shape for i in self.node.inputs if self._is_given(i)]
        if [tensor.shape for tensor in inputs] != given:
            raise UsageError(f"op {self.node.index}, {self.node.op}, has open shapes")
        return self._run(inputs, rounding).reshape(self._out.shape)

    @abstractmethod
    def _run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        """The output, in any shape."""

    @cached_property
    def _limits(self) -> tuple[int, int]:
        """What the output's type and the fused activation leave of its values."""
        info = np.iinfo(self._out.type)
        low, high = int(info.min), int(info.max)
        kind = getattr(self._options, "fusedActivationFunction", 0)
        functions = schema.ActivationFunctionType
        bounds = {
            functions.RELU: (0.0, None),
            functions.RELU6: (0.0, 6.0),
            functions.RELU_N1_TO_1: (-1.0, 1.0),
        }
        least, most = bounds.get(kind, (None, None))
        return (
            low if least is None else max(low, self._raw(least)),
            high if most is None else min(high, self._raw(most)),
        )

    def _raw(self, real: float) -> int:
        return self._out.zero_point + round(real / self._out.scale)

    def _finished(self, scaled: Integers) -> NDArray[Any]:
        """Scaled sums as the output's type has them."""
        return np.clip(scaled + self._out.zero_point, *self._limits).astype(self._out.type)

    def _centred(self, number: int, values: NDArray[Any]) -> Integers:
        """Integers less the zero point of their tensor."""
        return values.astype(np.int64) - self._tensors[number].zero_point

    def _is_given(self, number: int) -> bool:
        return number >= 0 and not self._tensors[number].constant_bytes

    def _all_inputs(self, given: Sequence[NDArray[Any]]) -> list[Integers]:
        """All inputs in the op's order, the constants among them, less their zero points."""
        left = iter(given)
        values = []
        for number in self.node.inputs:
            kept = self._graph.tensors[number]
            raw = (
                next(left)
                if self._is_given(number)
                else array_of(self._whole, kept, self._tensors[number].type)
            )
            values.append(self._centred(number, raw))
        return values


class Sums(IntegerOp):
    """CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: sums of products, in groups of channels.

    A group of outputs reads a group of inputs: all of them, but for the depthwise one.
    """

    activations = 1

    def __init__(self, model: Model, whole: Any, node: Node) -> None:
        super().__init__(model, whole, node)
        tensor = self._tensors[node.inputs[1]]
        self._shape = tensor.shape
        self._raw_weights = array_of(whole, self._graph.tensors[node.inputs[1]], tensor.type)
        self._weights = self._grouped(self._centred(node.inputs[1], self._raw_weights))

    @property
    def channels(self) -> int:
        """Of the output."""
        return int(self._out.shape[-1])

    @property
    def has_bias(self) -> bool:
        """Whether there is one; it may be left out."""
        return len(self.node.inputs) > 2 and self.node.inputs[2] >= 0

    @cached_property
    def bias(self) -> Integers:
        """One for each channel."""
        if not self.has_bias:
            return np.zeros(self.channels, np.int64)
        tensor = self._graph.tensors[self.node.inputs[2]]
        return array_of(self._whole, tensor, "int32").astype(np.int64)

    @cached_property
    def factors(self) -> Factors:
        """By what the sums are multiplied, for each channel."""
        quantization = self._graph.tensors[self.node.inputs[1]].quantization
        scales = np.asarray(quantization.scale, np.float64)
        given = self._tensors[self.node.inputs[0]].scale
        if len(scales) == 1 and self.node.op == "FULLY_CONNECTED":
            # In this op alone the product is one of single precision.
            scales = np.asarray([np.float32(given) * np.float32(scales[0])], np.float64)
            given = 1.0
        return np.broadcast_to(scales * given / self._out.scale, (self.channels,))

    def _run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        return self.scaled(self.sums(inputs[0]), rounding)

    def sums(self, given: NDArray[Any], positions: Any = slice(None)) -> Integers:
        """Positions x channels. ``positions``: which to compute, of the flat ones of the output."""
        # In double precision, which has every integer that can come, the product is a fast one.
        patches = self.patches(given, positions).astype(np.float64)
        sums = patches @ self._weights  # groups x positions x outputs of a group
        flat = np.moveaxis(sums, 0, 1).reshape(sums.shape[1], self.channels)
        return flat.astype(np.int64) + self.bias

    def scaled(self, sums: Integers, rounding: Rounding) -> NDArray[Any]:
        """The output for these sums."""
        return self._finished(rounding.scale(sums, self.factors))

    def channel_of(self, sums: Integers, channel: int, rounding: Rounding) -> NDArray[Any]:
        """The output in one channel for its sums, flat."""
        return self._finished(rounding.scale(sums, self.factors[channel : channel + 1]))

    def patches(self, given: NDArray[Any], positions: Any = slice(None)) -> Integers:
        """What is multiplied: groups x positions x products of one sum; as for ``sums``."""
        groups = len(self._weights)
        values = self._centred(self.node.inputs[0], given).reshape(-1, self._inputs)
        padded = np.concatenate([values, np.zeros((1, self._inputs), np.int64)])
        taken = padded[self._places[positions]]  # positions x places x inputs
        split = taken.reshape(*taken.shape[:2], groups, self._inputs // groups)
        patches: Integers = split.transpose(2, 0, 1, 3).reshape(groups, len(taken), -1)
        return patches

    @property
    def outputs_of_a_group(self) -> int:
        """How many channels read the same inputs."""
        return int(self._weights.shape[-1])

    def weights_of(self, channel: int) -> Iterator[tuple[int, np.integer[Any]]]:
        """The weights of a channel, in the order of its products: position in the tensor, value."""
        numbers = np.arange(self._raw_weights.size).reshape(self._shape)
        group, output = divmod(channel, self.outputs_of_a_group)
        for number in self._grouped(numbers)[group, :, output].astype(int):
            yield int(number), self._raw_weights.reshape(-1)[number]

    @cached_property
    def _inputs(self) -> int:
        """How many values each place of the input has."""
        if self.node.op == "FULLY_CONNECTED":
            return int(self._shape[1])
        return int(self._tensors[self.node.inputs[0]].shape[-1])

    def _grouped(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """Groups x products x outputs of a group."""
        if self.node.op == "DEPTHWISE_CONV_2D":
            groups = self._inputs
            by_place = weights.reshape(-1, groups, self.channels // groups)
            return by_place.transpose(1, 0, 2).astype(np.float64)
        groups = 1 if weights.ndim == 2 else self._inputs // weights.shape[-1]
        by_output = weights.reshape(groups, self.channels // groups, -1)
        return by_output.transpose(0, 2, 1).astype(np.float64)

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Positions x places that are summed: which row of the input each is; -1 for padding."""
        if self.node.op == "FULLY_CONNECTED":
            return np.arange(self._out.size // self.channels)[:, None]
        batches, rows, columns, _ = self._tensors[self.node.inputs[0]].shape
        _, out_rows, out_columns, _ = self._out.shape
        _, height, width, _ = self._shape
        options = self._options
        row = self._along(rows, out_rows, height, options.strideH, options.dilationHFactor)
        column = self._along(columns, out_columns, width, options.strideW, options.dilationWFactor)
        down, across = row[:, None, :, None], column[None, :, None, :]
        inside = (down >= 0) & (down < rows) & (across >= 0) & (across < columns)
        batch = np.arange(batches)[:, None, None, None, None] * rows * columns
        places = np.where(inside, batch + down * columns + across, -1)
        return places.reshape(batches * out_rows * out_columns, height * width)

    def _along(self, size: int, out: int, kernel: int, stride: int, dilation: int) -> Any:
        """Of one dimension: outputs x places of the kernel, those before and behind included."""
        padding = 0
        if self._options.padding == schema.Padding.SAME:
            padding = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0) // 2
        return np.arange(out)[:, None] * stride - padding + np.arange(kernel)[None, :] * dilation


class Addition(IntegerOp):
    """ADD and SUB."""

    def _run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        scales = [float(self._tensors[i].scale) for i in self.node.inputs]
        twice = 2 * max(scales)
        terms = [
            rounding.scale(values << _ADD_SHIFT, np.array([scale / twice]))
            for values, scale in zip(self._all_inputs(inputs), scales, strict=True)
        ]
        total = terms[0] + (terms[1] if self.node.op == "ADD" else -terms[1])
        factor = twice / ((1 << _ADD_SHIFT) * self._out.scale)
        return self._finished(rounding.scale(total, np.array([factor])))


class Multiplication(IntegerOp):
    """MUL."""

    def _run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        one, other = self._all_inputs(inputs)
        first, second = (float(self._tensors[i].scale) for i in self.node.inputs)
        factor = first * second / self._out.scale
        return self._finished(rounding.scale(one * other, np.array([factor])))


class Mean(IntegerOp):
    """MEAN over any axes."""

    activations = 1

    def _run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        axes = array_of(self._whole, self._graph.tensors[self.node.inputs[1]], "int32")
        values = self._centred(self.node.inputs[0], inputs[0])
        sums = values.sum(axis=tuple({int(axis) % values.ndim for axis in axes.reshape(-1)}))
        count = values.size // sums.size
        factor = self._tensors[self.node.inputs[0]].scale / (count * self._out.scale)
        return self._finished(rounding.scale(sums, np.array([factor])))


class Requantization(IntegerOp):
    """QUANTIZE of what is quantized already."""

    def _run(self, inputs: Sequence[NDArray[Any]], rounding: Rounding) -> NDArray[Any]:
        number = self.node.inputs[0]
        factor = self._tensors[number].scale / self._out.scale
        values = self._centred(number, inputs[0])
        return self._finished(rounding.scale(values, np.array([factor])))


_KINDS: dict[str, type[IntegerOp]] = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), Sums),
    **dict.fromkeys(("ADD", "SUB"), Addition),
    "MUL": Multiplication,
    "MEAN": Mean,
    "QUANTIZE": Requantization,
}


def integer_op(model: Model, whole: Any, node: Node) -> IntegerOp | None:
    """The op in numpy, if it is one of these and of eight bits.

    Args:
        whole: the ``ModelT`` of the model.
    """
    kind = _KINDS.get(node.op)
    if kind is None:
        return None
    tensors = [model.graph.tensors[i] for i in (*node.inputs, *node.outputs) if i >= 0]
    # A bias and axes, which have other types, are no activations.
    quantized = [t for t in tensors if t.type != "int32"]
    constant = [model.graph.tensors[i] for i in node.inputs[kind.activations :] if i >= 0]
    if (
        any(t.type not in _TYPES or not t.scale for t in quantized)
        or any(t.constant_bytes != t.size * np.dtype(t.type).itemsize for t in constant)
        or any(t.type == "int32" and t not in constant for t in tensors)
    ):
        return None
    return kind(model, whole, node)
