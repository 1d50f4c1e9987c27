"""Graph: the ops of a .tflite file and their tensors, as the file has them, whatever it is for."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from tinyml_hil.errors import UsageError
from tinyml_hil.model.signature import of_signature


def _names(enumeration: type) -> dict[int, str]:
    return {v: name for name, v in vars(enumeration).items() if not name.startswith("_")}


_OP_NAMES = _names(schema.BuiltinOperator)
_TYPE_NAMES = _names(schema.TensorType)
_SCHEMA_VERSION = 3
DECODE = "TFLM_DECODE"
"""A custom op that makes weights, whatever their type, of bytes: only TFLM has it."""


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
    name: str = ""
    """As the signature calls an input or output of the graph, else as the file does."""
    is_variable: bool = False
    """Whether it keeps what it holds from one inference to the next."""

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    def __str__(self) -> str:
        return f"{self.type} {'x'.join(map(str, self.shape))}"


@dataclass(frozen=True)
class Node:
    """One op of a graph. Its tensors are positions in ``Graph.tensors``.

    A handle, by which ops refer to a variable, holds nothing, and is none of them.
    """

    index: int
    op: str
    inputs: tuple[int, ...]
    """-1 stands for an input that is left out."""
    outputs: tuple[int, ...]
    macs: int
    """Multiply-accumulates, of convolutions and fully connected ops."""
    custom: str = ""
    """The own name of a custom op, whose ``op`` is CUSTOM."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.custom or self.op


@dataclass(frozen=True)
class Graph:
    """The graph of a .tflite file that runs: its first."""

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
        nodes = [n for n in self.nodes if n.name not in ("QUANTIZE", "DEQUANTIZE", DECODE)]
        used = {number for node in nodes for number in (*node.inputs, *node.outputs)}
        return any(self.tensors[number].type == "uint8" for number in used if number >= 0)

    def has_type(self, name: str) -> bool:
        """Whether an op reads or gives a tensor of such a type."""
        used = {number for node in self.nodes for number in (*node.inputs, *node.outputs)}
        return any(self.tensors[number].type == name for number in used if number >= 0)

    @property
    def has_float(self) -> bool:
        """Whether any op computes with float32; QUANTIZE, which only reads it, does not count."""
        first_inputs = (n.inputs[0] for n in self.nodes if n.op != "QUANTIZE" and n.inputs)
        return any(self.tensors[i].type == "float32" for i in first_inputs if i >= 0)

    @property
    def is_hybrid(self) -> bool:
        """Whether an op computes with float32 and weights of integers: it is of dynamic range."""
        pairs = ([self.tensors[i].type for i in node.inputs[:2] if i >= 0] for node in self.nodes)
        return any(pair in (["float32", "int8"], ["float32", "int4"]) for pair in pairs)

    @property
    def computes_shapes(self) -> bool:
        """Whether an op gives integers, as shapes are, or another size than the file tells.

        In the place of a dimension that is open the file has 1, whatever follows from the input.
        """
        written = (self.tensors[i] for node in self.nodes for i in node.outputs)
        return any(tensor.type in ("int32", "int64") for tensor in written) or any(
            self.tensors[node.inputs[0]].size != self.tensors[node.outputs[0]].size
            for node in self.nodes
            if node.op in ("RESHAPE", "SPACE_TO_BATCH_ND") and node.inputs and node.outputs
        )

    @property
    def keeps_state(self) -> bool:
        """Whether something goes on from one inference to the next."""
        return self.has_handles or any(tensor.is_variable for tensor in self.tensors)

    @property
    def has_handles(self) -> bool:
        """Whether variables have names, by which VAR_HANDLE gives handles to them."""
        return any(node.op == "VAR_HANDLE" for node in self.nodes)

    def weight_bytes(self, node: Node) -> int:
        """Bytes of the constants that an op reads: weights, biases, shapes."""
        return sum(self.tensors[i].constant_bytes for i in set(node.inputs) if i >= 0)


def read_graph(path: Path, signature: str | None = None) -> tuple[bytes, Graph]:
    """Reads a .tflite file: its content, and the graph in it that runs.

    Args:
        path: of the file.
        signature: which function of several that is. If it is not the file's first graph, the
            content is that of a model of it alone.

    Raises:
        UsageError: the file cannot be read, is not a .tflite, or does not have that signature, or
            has several, of which none is chosen.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the model {path}: {error.strerror}") from error
    with _read(content, path):
        content = of_signature(content, path, signature)
    return content, graph_of(content, path)


def graph_of(content: bytes, path: Path) -> Graph:
    """The graph in a .tflite file's content.

    Args:
        path: what errors call it.

    Raises:
        UsageError: it is not a .tflite.
    """
    with _read(content, path):
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        if model.version != _SCHEMA_VERSION:
            raise UsageError(f"{path} has schema version {model.version}, not {_SCHEMA_VERSION}")
        return _graph(model, len(content))


@contextmanager
def _read(content: bytes, path: Path) -> Iterator[None]:
    """Says of what cannot be read that it is no model, or a damaged one."""
    if content[4:8] != b"TFL3":
        raise UsageError(f"{path} is not a .tflite model (no TFL3 identifier)")
    try:
        yield
    except (struct.error, LookupError, TypeError, AttributeError, ValueError, MemoryError) as error:
        raise UsageError(f"{path} is corrupt: its FlatBuffer cannot be read ({error})") from error


def _text(raw: bytes | None) -> str:
    """A name as it may be shown: what does not print becomes a replacement character."""
    decoded = (raw or b"").decode(errors="replace")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in decoded)


def _graph(model: Any, file_size: int) -> Graph:
    graph = model.subgraphs[0]
    sizes = [_buffer_size(buffer, file_size) for buffer in model.buffers]
    names = _names_by_signature(model)
    tensors = tuple(
        _tensor(tensor, sizes[tensor.buffer], names.get(number) or _text(tensor.name))
        for number, tensor in enumerate(graph.tensors)
    )
    nodes = [
        _node(i, model.operatorCodes[operator.opcodeIndex], operator, tensors)
        for i, operator in enumerate(graph.operators or [])
    ]
    inputs, outputs = _numbers(graph.inputs), _numbers(graph.outputs)
    _require_tensors((*inputs, *outputs), tensors, least=0)
    return Graph(tensors, tuple(nodes), inputs, outputs)


def _names_by_signature(model: Any) -> dict[int, str]:
    """What the first graph's signature calls its inputs and outputs, by their positions."""
    signature = next((s for s in model.signatureDefs or [] if s.subgraphIndex == 0), None)
    ends = [*(signature.inputs or []), *(signature.outputs or [])] if signature else []
    return {end.tensorIndex: _text(end.name) for end in ends}


def _buffer_size(buffer: Any, file_size: int) -> int:
    """Bytes in a buffer, or behind the FlatBuffer where it says that they are; 0 for none."""
    if buffer.data is not None and len(buffer.data):
        return len(buffer.data)
    if buffer.offset <= 1:
        return 0
    if buffer.offset + buffer.size > file_size:
        raise ValueError("a constant lies behind its end: is it whole?")
    return int(buffer.size)


def _tensor(tensor: Any, constant_bytes: int, name: str) -> Tensor:
    quantization = tensor.quantization
    # Some converters write empty lists for none.
    scales = _list(quantization and quantization.scale)
    zero_points = _list(quantization and quantization.zeroPoint) if scales else []
    return Tensor(
        shape=_numbers(tensor.shape),
        type=_TYPE_NAMES.get(tensor.type, f"type {tensor.type}").lower(),
        scale=float(scales[0]) if scales else 0.0,
        zero_point=int(zero_points[0]) if zero_points else 0,
        constant_bytes=constant_bytes,
        name=name,
        is_variable=bool(tensor.isVariable),
    )


def _node(index: int, code: Any, operator: Any, tensors: tuple[Tensor, ...]) -> Node:
    op = op_name(max(code.builtinCode, code.deprecatedBuiltinCode))
    inputs, outputs = _numbers(operator.inputs), _numbers(operator.outputs)
    _require_tensors(inputs, tensors, least=-1)
    _require_tensors(outputs, tensors, least=0)
    inputs, outputs = (
        tuple(i for i in numbers if i < 0 or tensors[i].type != "resource")
        for numbers in (inputs, outputs)
    )
    macs = _macs(op, [tensors[i].shape for i in inputs], [tensors[i].shape for i in outputs])
    return Node(index, op, inputs, outputs, macs, _text(code.customCode) if op == "CUSTOM" else "")


def _require_tensors(numbers: tuple[int, ...], tensors: tuple[Tensor, ...], least: int) -> None:
    if not all(least <= number < len(tensors) for number in numbers):
        raise IndexError("it names a tensor that it does not have")


def _list(values: Any) -> list[Any]:
    return [] if values is None else list(values)


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
