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
_DATA = 4
"""Where a table of type Buffer says where its bytes are."""


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


def array_of(model: Any, tensor: Any, dtype: str) -> NDArray[Any]:
    """The content of a constant of a ``ModelT``, in its shape."""
    data = np.asarray(model.buffers[tensor.buffer].data, np.uint8)
    return np.frombuffer(data.tobytes(), dtype).reshape(tensor.shape)


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
