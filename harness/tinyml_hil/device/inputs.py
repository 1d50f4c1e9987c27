"""Inputs on their way to a device: announced bytes over the UART, batches through its memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

from numpy.typing import NDArray

from tinyml_hil.device.answers import Classification, DeviceInfo, field_value, parse_classification
from tinyml_hil.device.console import READY, Console, for_programs
from tinyml_hil.device.repair import Tries
from tinyml_hil.errors import DamagedError, DeviceError, SilentError, UsageError
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
        LinkError: what it says came damaged, or did not come.
    """
    wanted = f"m-[Expecting {len(content)} bytes]"
    try:
        line = console.read_answer("leave to send")
    except DamagedError:
        console.write(content)  # most likely it expects them, and would take commands for them
        raise
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
        batch = _Batch(console, info, info.lane_address + offset, count)
        batch.begin()
        offset = half - offset
        following = write(offset)
        yield from batch.results()
        count = following


class _Batch:
    """Inputs that lie in the device's memory, one after the other."""

    def __init__(self, console: Console, info: DeviceInfo, address: int, count: int) -> None:
        self._console = console
        self._info = info
        self._address = address
        self._left = count

    def begin(self) -> None:
        """Lets the device classify those that are left."""
        self._command = f"batch 0x{self._address:x} {self._left}"
        self._console.send(self._command)

    def results(self) -> Iterator[Classification]:
        """What they give; where the link damages a result, it and those behind it are run again."""
        tries = Tries()
        while True:
            try:
                for result in self._results():
                    tries = Tries()
                    yield result
            except (DamagedError, SilentError) as error:
                self._console.repair(error, tries)
            else:
                return
            if not self._left:  # it was the end of the reply
                return
            self.begin()

    def _results(self) -> Iterator[Classification]:
        lines = for_programs(self._console.reply(self._command))
        for expected, line in zip(range(self._left), lines, strict=False):
            result = _parse_item(line, expected, self._info)
            self._address += self._info.input_bytes
            self._left -= 1
            yield result
        if (rest := list(lines)) != ["m-batch-done"]:
            raise DeviceError(f"the device ended '{self._command}%' with {rest}")


def _parse_item(line: str, expected: int, info: DeviceInfo) -> Classification:
    try:
        index, top, ticks, output = field_value(line, "item").split(",")
        result = parse_classification(output, ticks, info)
        if int(index) != expected or int(top) != result.top:
            raise ValueError(f"item {index} of class {top} awaited {expected}, {result.top}")
    except ValueError as error:
        raise DeviceError(f"malformed batch item {line!r}: {error}") from error
    return result
