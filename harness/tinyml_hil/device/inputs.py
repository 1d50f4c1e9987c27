"""Inputs on their way to a device: announced bytes over the UART, batches through its memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

from numpy.typing import NDArray

from tinyml_hil.device.answers import Classification, DeviceInfo, field_value, parse_classification
from tinyml_hil.device.console import READY, Console, for_programs
from tinyml_hil.errors import DeviceError, UsageError
from tinyml_hil.model import TensorSpec, apart
from tinyml_hil.target import MemoryLane

BATCH = 32
"""Inputs that are written to the memory lane at once."""


def require_input(tensor: NDArray[Any], wanted: Sequence[TensorSpec]) -> bytes:
    """What goes over a lane: exactly one input, since a short one would leave an older one.

    Raises:
        UsageError: it is not of the bytes and types of what is ``wanted``.
    """
    given, kinds = ([x.dtype.name for x in xs] for xs in (apart(tensor), wanted))
    size = sum(spec.bytes for spec in wanted)
    if given != kinds or tensor.nbytes != size:
        raise UsageError(
            f"an input of {tensor.nbytes} bytes of {', '.join(given)} was given; the model takes "
            f"{size} bytes of {', '.join(kinds)}"
        )
    return tensor.tobytes()


def send_announced(console: Console, content: bytes) -> None:
    """Sends bytes that a command announced, once the device says that it expects them.

    Raises:
        DeviceError: it says something else.
    """
    wanted = f"m-[Expecting {len(content)} bytes]"
    line = console.read_answer("leave to send")
    if line != wanted:
        refuse_reply(console, line, wanted)
    console.write(content)


def refuse_reply(console: Console, line: str, wanted: str) -> NoReturn:
    """Reads the reply that began with ``line`` to its end, and says that it is wrong.

    Raises:
        DeviceError: always.
    """
    while line != READY and (following := console.read_line("m-ready")) != READY:
        line = f"{line} {following}"
    raise DeviceError(f"the device answered {line}, not {wanted}")


def classify_in_memory(
    console: Console, info: DeviceInfo, lane: MemoryLane, inputs: Iterator[bytes]
) -> Iterator[Classification]:
    """Classifies raw inputs that are written straight into the device's memory, batch by batch.

    Raises:
        UsageError: an input does not fit into half of the lane.
        DeviceError: the device refused an input, or answered something else.
        LinkError: the device does not answer.
    """
    # Two halves: one is written while the device reads the other.
    half = min(lane.size, info.lane_size) // 2
    room = min(BATCH, half // info.input_bytes)
    if not room:
        raise UsageError(
            f"an input is larger than half of the memory lane of {lane.size} bytes; use --lane=uart"
        )

    def write(offset: int) -> int:
        batch = list(islice(inputs, room))
        with console.noticing_loss("writing to its memory"):
            lane.write(b"".join(batch), offset)
        return len(batch)

    offset, count = 0, write(0)
    while count:
        command = f"batch 0x{info.lane_address + offset:x} {count}"
        console.send(command)
        offset = half - offset
        following = write(offset)
        lines = for_programs(console.reply(command))
        for expected, line in zip(range(count), lines, strict=False):
            yield _parse_item(line, expected, info)
        if (rest := list(lines)) != ["m-batch-done"]:
            raise DeviceError(f"the device ended '{command}%' with {rest}")
        count = following


def _parse_item(line: str, expected: int, info: DeviceInfo) -> Classification:
    try:
        index, top, ticks, output = field_value(line, "item").split(",")
        result = parse_classification(output, ticks, info)
        if int(index) != expected or int(top) != result.top:
            raise ValueError(f"item {index} of class {top} awaited {expected}, {result.top}")
    except ValueError as error:
        raise DeviceError(f"malformed batch item {line!r}: {error}") from error
    return result
