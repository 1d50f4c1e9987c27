"""Graph: the ops of a .tflite file and their tensors, as the file has them, whatever it is for."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from tinyml_hil.errors import UsageError


def _names(enumeration: type) -> dict[int, str]:
    return {v: name for name, v in vars(enumeration).items() if not name.startswith("_")}


_OP_NAMES = _names(schema.BuiltinOperator)
_TYPE_NAMES = _names(schema.TensorType)
_SCHEMA_VERSION = 3


def op_name(number: int) -> str:
    """Name of a BuiltinOperator of the .tflite schema, such as ``TANH`` for 28."""
    return _OP_NAMES.get(number, f"op {number}")


@dataclass(frozen=True)
class Tensor:
    """One tensor of a graph."""

    shape: tuple[int, ...]
    type: str
    """Element type, named as in the schema but small: ``int8``, ``float32``, ..."""
    scale: float
    """Of the whole tensor, or of its first channel; 0.0 if it is not quantized."""
    zero_point: int
    constant_bytes: int
    """Size of its content in the file; 0 unless it is a constant."""

    def __str__(self) -> str:
        return f"{self.type} {'x'.join(map(str, self.shape))}"


@dataclass(frozen=True)
class Node:
    """One op of a graph. Its tensors are positions in ``Graph.tensors``."""

    index: int
    op: str
    inputs: tuple[int, ...]
    """-1 stands for an input that is left out."""
    outputs: tuple[int, ...]
    macs: int
    """Multiply-accumulates, of convolutions and fully connected ops."""


@dataclass(frozen=True)
class Graph:
    """The one graph of a .tflite file."""

    tensors: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    """In the order in which they run."""
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(node.macs for node in self.nodes)

    @property
    def computes_in_uint8(self) -> bool:
        """Whether it is uint8 inside, as the models that TOCO wrote, and not at its ends alone."""
        nodes = [node for node in self.nodes if node.op not in ("QUANTIZE", "DEQUANTIZE")]
        used = {number for node in nodes for number in (*node.inputs, *node.outputs)}
        return any(self.tensors[number].type == "uint8" for number in used if number >= 0)

    @property
    def has_float(self) -> bool:
        """Whether any op computes with float32; QUANTIZE, which only reads it, does not count."""
        first_inputs = (n.inputs[0] for n in self.nodes if n.op != "QUANTIZE" and n.inputs)
        return any(self.tensors[i].type == "float32" for i in first_inputs if i >= 0)

    def weight_bytes(self, node: Node) -> int:
        """Bytes of the constants that an op reads: weights, biases, shapes."""
        return sum(self.tensors[i].constant_bytes for i in set(node.inputs) if i >= 0)


def read_graph(path: Path) -> tuple[bytes, Graph]:
    """Reads a .tflite file: its content, and the graph in it.

    Raises:
        UsageError: the file cannot be read, or is not a .tflite of one graph.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the model {path}: {error.strerror}") from error
    if content[4:8] != b"TFL3":
        raise UsageError(f"{path} is not a .tflite model (no TFL3 identifier)")
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        if model.version != _SCHEMA_VERSION:
            raise UsageError(f"{path} has schema version {model.version}, not {_SCHEMA_VERSION}")
        return content, _graph(model)
    except (struct.error, IndexError, TypeError, AttributeError, ValueError, KeyError) as error:
        raise UsageError(f"{path} is corrupt: its FlatBuffer cannot be read ({error})") from error


def _graph(model: Any) -> Graph:
    graph = model.subgraphs[0]
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    tensors = tuple(_tensor(tensor, model.buffers) for tensor in graph.tensors)
    nodes = [
        _node(i, op_name(codes[operator.opcodeIndex]), operator, tensors)
        for i, operator in enumerate(graph.operators)
    ]
    return Graph(tensors, tuple(nodes), _numbers(graph.inputs), _numbers(graph.outputs))


def _tensor(tensor: Any, buffers: list[Any]) -> Tensor:
    quantization = tensor.quantization
    quantized = quantization is not None and quantization.scale is not None
    content = buffers[tensor.buffer].data
    return Tensor(
        shape=_numbers(tensor.shape),
        type=_TYPE_NAMES.get(tensor.type, f"type {tensor.type}").lower(),
        scale=float(quantization.scale[0]) if quantized else 0.0,
        zero_point=int(quantization.zeroPoint[0]) if quantized else 0,
        constant_bytes=0 if content is None else len(content),
    )


def _node(index: int, op: str, operator: Any, tensors: tuple[Tensor, ...]) -> Node:
    inputs, outputs = _numbers(operator.inputs), _numbers(operator.outputs)
    macs = _macs(op, [tensors[i].shape for i in inputs], [tensors[i].shape for i in outputs])
    return Node(index, op, inputs, outputs, macs)


def _numbers(values: Any) -> tuple[int, ...]:
    return () if values is None else tuple(int(value) for value in values)


def _macs(op: str, inputs: list[tuple[int, ...]], outputs: list[tuple[int, ...]]) -> int:
    if op in ("CONV_2D", "FULLY_CONNECTED"):  # weights: outputs, then what makes each of them
        return math.prod(outputs[0]) * math.prod(inputs[1][1:])
    if op == "DEPTHWISE_CONV_2D":  # weights: 1, height, width, channels
        return math.prod(outputs[0]) * math.prod(inputs[1][1:3])
    if op == "TRANSPOSE_CONV":  # output shape; weights: outputs, height, width, inputs; input
        return math.prod(inputs[2]) * math.prod(inputs[1][:3])
    return 0
