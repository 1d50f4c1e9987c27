"""FlatBuffer: a .tflite file as Python objects that can be changed, and where constants lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

_IDENTIFIER = b"TFL3"
_PACKED = "int4"
_DATA = 4
"""Where a table of type Buffer says where its bytes are."""
_VERSION = 8
"""Where a table of type OperatorCode says where its version is."""
_REGISTERED = {
    schema.BuiltinOperator.ABS: 3,
    schema.BuiltinOperator.ADD: 5,
    schema.BuiltinOperator.ARG_MAX: 2,
    schema.BuiltinOperator.ARG_MIN: 2,
    schema.BuiltinOperator.COS: 1,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D: 6,
    schema.BuiltinOperator.DEPTH_TO_SPACE: 1,
    schema.BuiltinOperator.GELU: 2,
    schema.BuiltinOperator.MUL: 7,
    schema.BuiltinOperator.RANGE: 1,
    schema.BuiltinOperator.SIN: 1,
    schema.BuiltinOperator.SOFTMAX: 3,
    schema.BuiltinOperator.SQUEEZE: 1,
    schema.BuiltinOperator.STRIDED_SLICE: 4,
    schema.BuiltinOperator.TILE: 2,
    schema.BuiltinOperator.TRANSPOSE: 8,
    schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM: 3,
}
"""The last version of an op that LiteRT's reference resolver has, where the default one has later
ones. A version only tells which types and options a converter has used: the kernels are the same
code, know all of them, and refuse what they lack. What
a converter writes for TILE or DEPTH_TO_SPACE of int8 has such a version."""


def unpack(content: bytes) -> Any:
    """A ``ModelT`` of a file that was read already, with all constants in its buffers."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    for buffer in model.buffers:
        if buffer.offset > 1:  # behind the FlatBuffer
            end = buffer.offset + buffer.size
            buffer.data = np.frombuffer(content[buffer.offset : end], np.uint8)
            buffer.offset = buffer.size = 0
    return model


def pack(model: Any) -> bytes:
    """The file of a ``ModelT``."""
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def as_registered(content: bytes) -> bytes:
    """The same file with versions of its ops that LiteRT's reference resolver knows."""
    data = bytearray(content)
    model = schema.Model.GetRootAs(data)
    for i in range(model.OperatorCodesLength()):
        code = model.OperatorCodes(i)
        version = _REGISTERED.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        if version and code.Version() > version:
            place = code._tab.Pos + code._tab.Offset(_VERSION)
            data[place : place + 4] = version.to_bytes(4, "little")
    return bytes(data)


def array_of(model: Any, tensor: Any, dtype: str) -> NDArray[Any]:
    """The content of a constant of a ``ModelT``, in its shape."""
    data = np.asarray(model.buffers[tensor.buffer].data, np.uint8)
    return np.frombuffer(data.tobytes(), dtype).reshape(tensor.shape)


def bits_of(element_type: str) -> int:
    """Bits of an element of a constant, by its type as ``Tensor.type`` names it."""
    return 4 if element_type == _PACKED else 8 * np.dtype(element_type).itemsize


def numbers_of(content: bytes, element_type: str) -> NDArray[Any]:
    """The elements of a constant, in a row; those of 4 bits lie two in a byte, the first lower."""
    if element_type != _PACKED:
        return np.frombuffer(content, element_type)
    packed = np.frombuffer(content, np.int8)
    return np.stack([packed << 4 >> 4, packed >> 4], axis=-1).ravel()


@dataclass(frozen=True)
class Constant:
    """A tensor of the graph whose content is in the file."""

    tensor: int
    """Its position in ``Graph.tensors``."""
    name: str
    start: int
    """Its first byte in the file."""
    size: int
    """Bytes."""

    @property
    def end(self) -> int:
        """Behind its last byte."""
        return self.start + self.size


def constants_of(content: bytes) -> Iterator[Constant]:
    """The constants of the graph that runs, in its order; two may share their bytes."""
    model = schema.Model.GetRootAs(content)
    graph = model.Subgraphs(0)
    for number in range(graph.TensorsLength()):
        tensor = graph.Tensors(number)
        buffer = model.Buffers(tensor.Buffer())
        name = (tensor.Name() or b"").decode(errors="replace")
        if size := buffer.DataLength():
            # The generated reader has no name for this place.
            table = buffer._tab
            yield Constant(number, name, table.Vector(table.Offset(_DATA)), size)
        elif buffer.Offset() > 1:
            yield Constant(number, name, buffer.Offset(), buffer.Size())
