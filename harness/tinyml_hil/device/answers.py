"""What a device answers: classifications, layers, what it is; and how that is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.device.console import Console
from tinyml_hil.errors import DeviceError
from tinyml_hil.model import TensorSpec, batch_of, class_of, rows_of, value_in

_FIELD = re.compile(r"m-([a-z-]+)-\[(.*)\]")
_LAP = re.compile(r"m-lap-us-(\d+)")


@dataclass(frozen=True)
class Classification:
    """What the device made of one input."""

    output: NDArray[Any]
    """All that the inference gave, as ``Reference.predict`` has it: the raw output tensor, flat; if
    there is a ``precision``, its real values as float64, of which NaN was not printed."""
    ticks: int
    """Duration of the inference, in the unit that ``info`` names; 0 if it is not known."""
    precision: float = 0.0
    """How far a value may be from the true one, because it was printed; 0 for raw bits."""
    threshold: float = 0.0
    """Of a single score, in the unit of the output: what is above it means the second class."""
    said_class: int | None = None
    """The class that the firmware named itself."""
    said_label: int | None = None
    """The label that the firmware has for its input."""
    batch: int = 1
    """How many inputs of the dataset the inference was of."""

    @property
    def rows(self) -> list[tuple[NDArray[Any], ...]]:
        """What each input of the batch got of every output, flat."""
        return rows_of(self.output, self.batch)

    @property
    def top(self) -> int:
        """The class with the highest score, the first of several; of a single score, see there.

        By the first output, for the first input of the batch.
        """
        return class_of(self.rows[0][0], self.threshold)

    def real(self, spec: TensorSpec) -> NDArray[Any]:
        """The real values of the first output for the first input of the batch, flat.

        ``spec``: of that output.
        """
        first = self.rows[0][0]
        return first if self.precision else spec.dequantize(first)


@dataclass(frozen=True)
class Layer:
    """What one op of the model did in an inference."""

    index: int
    """Its position in the graph."""
    op: str
    """Its name in the .tflite schema."""
    crc32: int
    """Of its output's bytes; of all outputs, one after the other, if there are several."""
    ticks: int
    """Its duration, in the unit that ``info`` names."""


@dataclass(frozen=True)
class DeviceTensor:
    """The device's own account of its input or output."""

    shape: tuple[int, ...]
    type: str
    scale: float
    zero_point: int
    bytes: int

    @property
    def spec(self) -> TensorSpec:
        """The same as a model's."""
        return TensorSpec(self.shape, np.dtype(self.type), self.scale, self.zero_point)


@dataclass(frozen=True)
class DeviceInfo:
    """The reply to ``info%``: units as in docs/protocol.md."""

    version: str
    build_id: str
    platform: str
    core_hz: int
    ticks: str
    model: str
    model_sha256: str
    schema: int
    ops: tuple[str, ...]
    inputs: tuple[DeviceTensor, ...]
    """At least one."""
    outputs: tuple[DeviceTensor, ...]
    """Likewise."""
    arena_used: int
    arena_size: int
    lane_address: int
    lane_size: int
    threshold: float = 0.0
    """What a single score has to be above to mean the second of two classes: a real value."""

    @property
    def input(self) -> DeviceTensor:
        """The first input."""
        return self.inputs[0]

    @property
    def output(self) -> DeviceTensor:
        """The first output."""
        return self.outputs[0]

    @property
    def input_bytes(self) -> int:
        """Bytes of all inputs."""
        return sum(tensor.bytes for tensor in self.inputs)

    @property
    def batch(self) -> int:
        """How many inputs of a dataset an inference is of."""
        return batch_of([each.spec for each in self.inputs], [each.spec for each in self.outputs])

    @property
    def raw_threshold(self) -> float:
        """The threshold in the unit of the raw output."""
        return self.output.spec.raw_of(self.threshold)


@dataclass(frozen=True)
class DeviceMemory:
    """The reply to ``memory%``, in bytes."""

    arena_used: int
    arena_size: int
    heap: int
    stack_used: int
    stack_inference: int
    stack_size: int


def split_field(line: str) -> tuple[str, str]:
    """Name and value of a line ``m-NAME-[VALUE]``; of another line, no name and all of it."""
    match = _FIELD.fullmatch(line)
    return (match[1], match[2]) if match else ("", line)


def field_value(line: str, name: str) -> str:
    """The value of a line ``m-NAME-[VALUE]``.

    Raises:
        ValueError: it is another line.
    """
    found, value = split_field(line)
    if found != name:
        raise ValueError(f"no m-{name}-[...] in {line!r}")
    return value


def laps_in(lines: Iterable[str]) -> list[int]:
    """The times that lines ``m-lap-us-N`` tell, in microseconds since some moment."""
    return [int(match[1]) for line in lines if (match := _LAP.fullmatch(line))]


def read_json(console: Console, command: str) -> dict[str, Any]:
    """What a command answers as JSON.

    Raises:
        DeviceError: it answers something else.
    """
    lines = console.answer(command)
    try:
        return dict(json.loads(field_value(lines[0], command)))
    except (IndexError, ValueError) as error:
        raise DeviceError(f"malformed reply to '{command}%': {lines}") from error


def read_info(console: Console) -> DeviceInfo:
    """What the firmware says of itself.

    Raises:
        DeviceError: its account lacks something.
    """
    content = read_json(console, "info")
    try:
        lane = content["lane"]
        return DeviceInfo(
            **{name: content[name] for name in _PLAIN_INFO},
            ops=tuple(content["ops"]),
            inputs=_parse_tensors(content, "input"),
            outputs=_parse_tensors(content, "output"),
            lane_address=lane["address"],
            lane_size=lane["size"],
            threshold=content.get("threshold", 0.0),
        )
    except (KeyError, TypeError) as error:
        raise DeviceError(f"the reply to 'info%' lacks {error}") from error


_PLAIN_INFO = (
    *("version", "build_id", "platform", "core_hz", "ticks"),
    *("model", "model_sha256", "schema", "arena_used", "arena_size"),
)


def _parse_tensors(content: dict[str, Any], name: str) -> tuple[DeviceTensor, ...]:
    """All inputs or outputs, which are listed if there are several."""
    listed = content.get(f"{name}s", [content[name]])
    return tuple(DeviceTensor(**{**each, "shape": tuple(each["shape"])}) for each in listed)


def parse_layer(line: str) -> Layer:
    """A line of the reply to ``layers%``.

    Raises:
        DeviceError: it is malformed.
    """
    try:
        index, op, crc, ticks = field_value(line, "layer").split(",")
        return Layer(int(index), op, int(crc, 16), int(ticks))
    except ValueError as error:
        raise DeviceError(f"malformed layer {line!r}: {error}") from error


def parse_tensor_header(line: str, wanted: int) -> tuple[int, int]:
    """The number of bytes that follow, and their CRC32; ``wanted``: the op that was asked for.

    Raises:
        DeviceError: it is malformed, or of another op.
    """
    try:
        index, size, crc = field_value(line, "tensor").split(",")
        if int(index) != wanted:
            raise ValueError(f"op {wanted} was asked for")
        return int(size), int(crc, 16)
    except ValueError as error:
        raise DeviceError(f"malformed tensor {line!r}: {error}") from error


def parse_classification(hexadecimal: str, ticks: str, info: DeviceInfo) -> Classification:
    """A raw output in hexadecimal, and the ticks that it took.

    Raises:
        ValueError, DeviceError: as ``parse_output``; or the ticks are no number.
    """
    output = parse_output(hexadecimal, info.outputs)
    return Classification(output, int(ticks), threshold=info.raw_threshold, batch=info.batch)


def parse_output(hexadecimal: str, tensors: Sequence[DeviceTensor]) -> NDArray[Any]:
    """Raw bytes in hexadecimal as the value of tensors of the types that the device says.

    Raises:
        ValueError: it is no hexadecimal.
        DeviceError: there are more or fewer bytes than they have.
    """
    content = bytes.fromhex(hexadecimal)
    if len(content) != (size := sum(each.bytes for each in tensors)):
        raise DeviceError(f"the device sent {len(content)} output bytes, not {size}")
    return value_in(content, [each.spec for each in tensors])
