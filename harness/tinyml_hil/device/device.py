"""Device: what a test talks to. Turns inputs into classifications, over whatever the device has."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.build import Firmware
from tinyml_hil.device.console import READY, Console
from tinyml_hil.errors import DeviceError, FaultError, LinkError, MissingCommandError, UsageError
from tinyml_hil.model import Model, TensorSpec, op_name
from tinyml_hil.target import Link, MemoryLane, ProgrammedTarget, Target, Transcript

PASSED = "~~~ALL TESTS PASSED~~~"
FAILED = "~~~SOME TESTS FAILED~~~"
LANES = ("auto", "memory", "uart")
BATCH = 32
"""Inputs that are written to the memory lane at once."""
_PROBE_TIMEOUT = 2.0
"""Seconds in which a board has to say which build it runs already."""
_LAP = "m-lap-us-"
_SLOWEST_UART = 1000  # bytes a second that get through even to a simulator on a busy host
_HEX_BYTES_PER_LINE = 31  # what the MLPerf Tiny runner sends in one `db` line
_GIVES_BITS = frozenset({"info", "db bin", "output"})
"""The commands without which a device takes and gives no more than the MLPerf Tiny protocol has."""
_COMMAND = re.compile(r"\s*([a-z]+)")
_DB_BIN = re.compile(r"\s*db\b.*\bbin\b")
_FIELD = re.compile(r"m-([a-z-]+)-\[(.*)\]")


@dataclass(frozen=True)
class Classification:
    """What the device made of one input."""

    output: NDArray[Any]
    """The raw output tensor, flat; if there is a ``precision``, its real values as float64."""
    ticks: int
    """Duration of the inference, in the unit that ``info`` names; 0 if it is not known."""
    precision: float = 0.0
    """How far a value may be from the true one, because it was printed; 0 for raw bits."""

    @property
    def top(self) -> int:
        """The class with the highest score; the first of several."""
        return int(self.output.argmax())

    def real(self, spec: TensorSpec) -> NDArray[Any]:
        """The output's real values; ``spec``: of the model's output."""
        return self.output if self.precision else spec.dequantize(self.output)


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
    input: DeviceTensor
    output: DeviceTensor
    arena_used: int
    arena_size: int
    lane_address: int
    lane_size: int


@dataclass(frozen=True)
class DeviceMemory:
    """The reply to ``memory%``, in bytes."""

    arena_used: int
    arena_size: int
    heap: int
    stack_used: int
    stack_inference: int
    stack_size: int


class Device:
    """Firmware that runs on a target.

    Use as a context manager: the target is stopped, and nothing left behind, whatever happens.
    """

    def __init__(
        self,
        target: Target,
        firmware: Firmware,
        model: Model,
        transcript: Transcript,
        timeout: float,
        lane: str,
    ) -> None:
        """``timeout``: seconds to wait for a line. ``lane``: one of ``LANES``.

        ``model`` says what the input is if the firmware cannot.

        Raises:
            UsageError: there is no such lane.
        """
        if lane not in LANES:
            raise UsageError(f"no lane {lane!r}; there are: {', '.join(LANES)}")
        self.firmware = firmware
        self.transcript = transcript
        self._target = target
        self._timeout = timeout
        self._wanted_lane = lane
        self._model = model
        self._console: Console | None = None
        self._info: DeviceInfo | None = None
        self.commands: frozenset[str] = frozenset()
        """The commands that the firmware's help lists; ``db bin`` counts as one."""
        self.boot_lines: list[str] = []
        """What the firmware printed from reset to its first prompt."""

    def __enter__(self) -> Device:
        try:
            self._start_on_a_link_that_may_fail()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_on_a_link_that_may_fail(self) -> None:
        """A board's cable or probe fails now and then: one more try. A wrong answer gets none."""
        try:
            self.start()
        except LinkError as error:
            if not isinstance(self._target, ProgrammedTarget):
                raise
            self.transcript.note(f"starting once more after: {error}")
            self._target.stop()
            self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the target afresh, awaits the boot, and checks that it runs this firmware.

        Raises:
            LinkError: no prompt came.
            UsageError: the firmware refused its model, or another firmware answers.
        """
        link = self._target.start(self.firmware.elf)
        self._console = Console(link, self._timeout, self._explain_fault)
        if isinstance(self._target, ProgrammedTarget):
            self._program(self._target, link)
        self._await_boot()

    def _program(self, target: ProgrammedTarget, link: Link) -> None:
        """Lets the device boot this firmware, programming it only if it runs another."""
        if self._runs_this_build(link):
            self.console.send("reset")
        else:
            target.program(self.firmware.elf)

    def _runs_this_build(self, link: Link) -> bool:
        # Another console, which waits for a short time only: silence is an answer here.
        console = Console(link, _PROBE_TIMEOUT, self._explain_fault)
        try:
            console.resynchronise()
            (line,) = console.request("info")
            return f'"build_id":"{self.firmware.build_id}"' in line
        except (LinkError, DeviceError, ValueError):
            return False

    def stop(self) -> None:
        """Ends the target; the transcript is complete then."""
        self._target.stop()
        self.transcript.close()

    def reset(self) -> None:
        """Resets the device by command and awaits the boot; a dead one is started afresh.

        So is one that has no such command.
        """
        if "reset" not in self.commands:
            self._target.stop()
            self.start()
            return
        try:
            self.console.send("reset")
            self._await_boot()
        except (LinkError, FaultError):
            self._target.stop()
            self.start()

    @property
    def lost(self) -> bool:
        """Whether the device faulted or fell silent, and has not been reset since."""
        return self._console is not None and self._console.lost

    @property
    def idle(self) -> bool:
        """Whether the device awaits a command: it is not lost, nor in the middle of a reply."""
        return self._console is not None and self._console.idle

    @property
    def console(self) -> Console:
        """The console, to speak the protocol directly."""
        if self._console is None:
            raise LinkError("the device has not been started")
        return self._console

    def require(self, *commands: str) -> None:
        """Does nothing if the firmware has all these commands.

        Raises:
            MissingCommandError: it lacks one, which the message names.
        """
        for command in commands:
            if command not in self.commands:
                raise MissingCommandError(f"this firmware lacks the command '{command}'")

    @property
    def only_prints(self) -> bool:
        """Whether outputs are known only as decimals: the firmware cannot give their bits."""
        return not self.commands >= _GIVES_BITS

    @property
    def ticks_unit(self) -> str:
        """What ticks are: ``instructions`` or ``cycles``; empty if the firmware counts none."""
        return "" if self.only_prints else self.info.ticks

    @property
    def info(self) -> DeviceInfo:
        """What the firmware says of itself; asked once a boot."""
        if self._info is None:
            info = _parse_info(self._json("info"))
            self._info = replace(info, ticks=self._target.ticks_unit or info.ticks)
        return self._info

    @property
    def boot_ticks(self) -> int:
        """From reset to the first prompt, self-test included, exact to a microsecond.

        0 if the firmware does not say what it counts.
        """
        if not self.ticks_unit:
            return 0
        laps = [line for line in self.boot_lines if line.startswith(_LAP)]
        per_us = self._target.ticks_per_us or self.info.core_hz / 1e6
        return round(int(laps[-1].removeprefix(_LAP)) * per_us) if laps else 0

    def memory(self) -> DeviceMemory:
        """Arena and stack, as used up to now."""
        reply = self._json("memory")
        try:
            return DeviceMemory(**{f.name: reply[f.name] for f in fields(DeviceMemory)})
        except KeyError as error:
            raise DeviceError(f"the reply to 'memory%' lacks {error}") from error

    def selftest(self) -> list[str]:
        """The lines of the self-test, the verdict last."""
        self.require("selftest")
        return self.console.request("selftest")

    @property
    def lane(self) -> str:
        """How inputs reach the device, if a call does not say: ``memory`` or ``uart``."""
        if self._wanted_lane != "auto":
            return self._wanted_lane
        return self.lanes[0]

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes that there are, the fastest first."""
        return ("memory", "uart") if self._memory_lane() else ("uart",)

    def classify(self, tensor: NDArray[Any], lane: str | None = None) -> Classification:
        """Classifies one raw input tensor; see ``classify_many``."""
        (result,) = self.classify_many([tensor], lane)
        return result

    def classify_many(
        self, tensors: Iterable[NDArray[Any]], lane: str | None = None
    ) -> Iterator[Classification]:
        """Classifies raw input tensors, in order, giving each result as it comes.

        Args:
            tensors: of the dtype and shape of the model's input.
            lane: ``memory`` or ``uart``; None for the device's own.

        Raises:
            UsageError: a tensor is of another type or size than the input, or the memory lane is
                asked for, and there is none.
            DeviceError: the device refused an input.
            LinkError: the device does not answer.
        """
        memory = self._chosen_memory(lane)
        if self.only_prints:
            return map(self._classify_as_printed, tensors)
        inputs = map(self._input_bytes, tensors)
        if memory is None:
            return map(self._classify_over_uart, inputs)
        return self._classify_in_memory(memory, inputs)

    def _chosen_memory(self, lane: str | None) -> MemoryLane | None:
        """The memory lane, or None for the UART."""
        if (lane or self.lane) == "uart":
            return None
        memory = self._memory_lane()
        if memory is None:
            raise UsageError("there is no memory lane here; use --lane=uart")
        return memory

    def _memory_lane(self) -> MemoryLane | None:
        if self.only_prints or "batch" not in self.commands:
            return None
        return self._target.lane if self.info.lane_size else None

    def _input_bytes(self, tensor: NDArray[Any]) -> bytes:
        """What goes over a lane: exactly one input, since a short one would leave an older one."""
        size, kind = self._wanted_input()
        if tensor.dtype.name != kind or tensor.nbytes != size:
            raise UsageError(
                f"an input of {tensor.nbytes} bytes of {tensor.dtype} was given; the model takes "
                f"{size} bytes of {kind}"
            )
        return tensor.tobytes()

    def _wanted_input(self) -> tuple[int, str]:
        """Bytes and type of an input: the device's own account, since it may run another model."""
        if "info" in self.commands:
            return self.info.input.bytes, self.info.input.type
        return self._model.input.bytes, self._model.input.dtype.name

    def _classify_as_printed(self, tensor: NDArray[Any]) -> Classification:
        """With the commands of the MLPerf Tiny protocol alone."""
        self._input_bytes(tensor)
        self.load_hex(tensor)
        result = parse_results(self.console.request("infer 1 0"))
        if result.output.size != np.prod(self._model.output.shape):
            raise DeviceError(
                f"the device printed {result.output.size} results; the model has an output of "
                f"{self._model.output}"
            )
        return result

    def _classify_in_memory(
        self, lane: MemoryLane, inputs: Iterator[bytes]
    ) -> Iterator[Classification]:
        # Two halves: one is written while the device reads the other.
        half = min(lane.size, self.info.lane_size) // 2
        room = min(BATCH, half // self.info.input.bytes)
        if not room:
            raise UsageError(
                f"an input is larger than half of the memory lane of {lane.size} bytes; "
                "use --lane=uart"
            )

        def write(offset: int) -> int:
            batch = list(islice(inputs, room))
            lane.write(b"".join(batch), offset)
            return len(batch)

        offset, count = 0, write(0)
        while count:
            command = f"batch 0x{self.info.lane_address + offset:x} {count}"
            self.console.send(command)
            offset = half - offset
            following = write(offset)
            lines = self.console.reply(command)
            for expected, line in zip(range(count), lines, strict=False):
                yield self._parse_item(line, expected)
            if (rest := list(lines)) != ["m-batch-done"]:
                raise DeviceError(f"the device ended '{command}%' with {rest}")
            count = following

    def _parse_item(self, line: str, expected: int) -> Classification:
        try:
            index, top, ticks, output = _field(line, "item").split(",")
            result = Classification(self._tensor(output), int(ticks))
            if int(index) != expected or int(top) != result.top:
                raise ValueError(f"item {index} of class {top} awaited {expected}, {result.top}")
        except ValueError as error:
            raise DeviceError(f"malformed batch item {line!r}: {error}") from error
        return result

    def _classify_over_uart(self, content: bytes) -> Classification:
        self.load(content)
        self.console.request("infer 1 0")
        return self.last_output()

    def load(self, content: bytes) -> None:
        """Loads one raw input over the UART, the fast way (``db bin``).

        A transfer that stalled, as it may on a busy host, is tried once more.
        """
        self.require("db bin")
        try:
            self._load_once(content)
        except DeviceError as error:
            if "Time-out" not in str(error):
                raise
            self._load_once(content)

    def _load_once(self, content: bytes) -> None:
        command = f"db bin {len(content)} {zlib.crc32(content):08x}"
        self.console.send(command)
        self._send_announced(content)
        lines = list(self.console.reply(command, len(content) / _SLOWEST_UART))
        if lines != ["m-load-done"]:
            raise DeviceError(f"the device answered '{command}%' with {lines}")

    def load_hex(self, tensor: NDArray[Any]) -> None:
        """Loads one raw 8-bit input over the UART as the MLPerf Tiny runner does: as pixels.

        Raises:
            UsageError: the input is not of 8 bits.
        """
        if tensor.dtype.itemsize != 1:
            raise UsageError(f"'db HEX%' loads pixels, but the model takes {tensor.dtype}")
        lowest = int(np.iinfo(tensor.dtype).min)
        content = (tensor.astype(np.int16) - lowest).astype(np.uint8).tobytes()
        self.console.request(f"db load {len(content)}")
        reply: list[str] = []
        for start in range(0, len(content), _HEX_BYTES_PER_LINE):
            reply = self.console.request(f"db {content[start : start + _HEX_BYTES_PER_LINE].hex()}")
        if "m-load-done" not in reply:
            raise DeviceError(f"the device did not end the load with m-load-done, but {reply}")

    def last_output(self) -> Classification:
        """Output and duration of the last inference."""
        self.require("info", "output")
        reply = dict(_split(line) for line in self.console.request("output"))
        if not {"output", "ticks"} <= reply.keys():
            raise DeviceError(f"the device's output has the fields {sorted(reply)}")
        return Classification(self._tensor(reply["output"]), int(reply["ticks"]))

    def layers(self) -> list[Layer]:
        """Runs the input that is loaded (see ``load``), and tells what each op made of it.

        Raises:
            DeviceError: no input is loaded.
            MissingCommandError: the firmware has no such command.
        """
        self.require("layers")
        return [_parse_layer(line) for line in self.console.request("layers")]

    def tensor(self, index: int) -> bytes:
        """Runs the input that is loaded, and returns the output of op ``index``, raw.

        Raises:
            DeviceError: no input is loaded, there is no such op, or bytes were damaged on the way.
        """
        self.require("tensor")
        command = f"tensor {index}"
        self.console.send(command)
        line = self.console.read_line(f"the reply to '{command}%'")
        if not line.startswith("m-tensor-["):
            self._refuse(line, "m-tensor-[...]")
        size, crc = _parse_tensor_header(line, index)
        content = self.console.read_bytes(size, f"the reply to '{command}%'")
        if (rest := list(self.console.reply(command))) or zlib.crc32(content) != crc:
            raise DeviceError(f"'{command}%' came damaged: CRC32 {zlib.crc32(content):08x}, {rest}")
        return content

    def load_model(self, path: Path, lane: str | None = None) -> None:
        """Runs another model in place of the built-in one, until the next reset.

        Args:
            path: a .tflite file. It may be anything: the device verifies it.
            lane: ``memory`` or ``uart``; None for the device's own.

        Raises:
            UsageError: the file cannot be read or is too large, there is no such lane, or the
                firmware was built to run its own model only.
            DeviceError: the device refused the model, and runs the built-in one.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UsageError(f"cannot read the model {path}: {error.strerror}") from error
        command = f"model load {len(content)} {zlib.crc32(content):08x}"
        memory = self._chosen_memory(lane)
        if memory is None:
            self._change_model(command, content)
            return
        if len(content) > memory.size:
            raise UsageError(f"{path} is larger than the memory lane of {memory.size} bytes")
        memory.write(content)
        self._change_model(f"{command} 0x{self.info.lane_address:x}")

    def builtin_model(self) -> None:
        """Runs the model again that the firmware was built with.

        Raises:
            UsageError: the firmware was built to run its own model only.
        """
        self._change_model("model builtin")

    def _change_model(self, command: str, over_uart: bytes = b"") -> None:
        try:
            self.console.send(command)
            if over_uart:
                self._send_announced(over_uart)
            lines = list(self.console.reply(command, len(over_uart) / _SLOWEST_UART))
        except DeviceError as error:
            if "Unknown command" not in str(error):
                raise
            raise UsageError(
                "this firmware runs its own model only; build it with --ops=all"
            ) from error
        finally:
            self._info = None
        if [_split(line)[0] for line in lines] != ["model-loaded"]:
            raise DeviceError(f"the device answered '{command}%' with {lines}")

    def _send_announced(self, content: bytes) -> None:
        self._expect(self.console.read_line("leave to send"), f"m-[Expecting {len(content)} bytes]")
        self.console.write(content)

    def _expect(self, line: str, wanted: str) -> None:
        if line != wanted:
            self._refuse(line, wanted)

    def _refuse(self, line: str, wanted: str) -> NoReturn:
        """Reads the reply that began with ``line`` to its end, and says that it is wrong."""
        while line != READY and (following := self.console.read_line("m-ready")) != READY:
            line = f"{line} {following}"
        raise DeviceError(f"the device answered {line}, not {wanted}")

    def _tensor(self, hexadecimal: str) -> NDArray[Any]:
        tensor = self.info.output
        content = bytes.fromhex(hexadecimal)
        if len(content) != tensor.bytes:
            raise DeviceError(f"the device sent {len(content)} output bytes, not {tensor.bytes}")
        return np.frombuffer(content, dtype=np.dtype(tensor.type).newbyteorder("<"))

    def _await_boot(self) -> None:
        self._info = None
        self.boot_lines = []
        self.console.lost = False
        error = ""
        while (line := self.console.read_line("the boot output")) != READY:
            self.boot_lines.append(line)
            if line.startswith("e-["):
                error = line
        if error:
            raise UsageError(f"the firmware cannot run its model: {_with_op_name(error)}")
        self.commands = self._list_commands()
        if "info" in self.commands:
            self._check_build()

    def _list_commands(self) -> frozenset[str]:
        try:
            lines = self.console.request("help")
        except DeviceError:
            return frozenset()
        names = {match[1] for line in lines if (match := _COMMAND.match(line))}
        return frozenset(names | {"db bin" for line in lines if _DB_BIN.match(line)})

    def _check_build(self) -> None:
        if self.info.build_id != self.firmware.build_id:
            raise UsageError(
                f"the device runs build {self.info.build_id}, but {self.firmware.elf} is build "
                f"{self.firmware.build_id}: it was not programmed, or another firmware answers"
            )

    def _explain_fault(self, line: str) -> str:
        """Names the function, file and line of a fault report's code addresses."""
        found = re.findall(r"\b(pc|lr)=(0x[0-9a-fA-F]+)", line)
        places = [f"{name} {self.firmware.locate(int(value, 16))}" for name, value in found]
        return "\n  ".join([f"the firmware faulted: {line}", *places])

    def _json(self, command: str) -> dict[str, Any]:
        self.require(command)
        lines = self.console.request(command)
        try:
            return dict(json.loads(_field(lines[0], command)))
        except (IndexError, ValueError) as error:
            raise DeviceError(f"malformed reply to '{command}%': {lines}") from error


def _with_op_name(error: str) -> str:
    """The firmware knows an op that it lacks by its number only; people know names."""
    return re.sub(r"op (\d+)(?= is not in)", lambda match: op_name(int(match[1])), error)


def _split(line: str) -> tuple[str, str]:
    match = _FIELD.fullmatch(line)
    return (match[1], match[2]) if match else ("", line)


def _field(line: str, name: str) -> str:
    found, value = _split(line)
    if found != name:
        raise ValueError(f"no m-{name}-[...] in {line!r}")
    return value


def parse_results(lines: list[str]) -> Classification:
    """What ``infer`` prints: real values, each at most half of its last decimal off.

    Raises:
        DeviceError: there are no results among the lines.
    """
    try:
        printed = dict(map(_split, lines))["results"].split(",")
        values = np.array([float(value) for value in printed])
    except (KeyError, ValueError) as error:
        raise DeviceError(f"the device inferred without m-results-[...]: {lines}") from error
    decimals = min(len(value.partition(".")[2]) for value in printed)
    return Classification(values, ticks=0, precision=0.5 / 10**decimals)


def _parse_layer(line: str) -> Layer:
    try:
        index, op, crc, ticks = _field(line, "layer").split(",")
        return Layer(int(index), op, int(crc, 16), int(ticks))
    except ValueError as error:
        raise DeviceError(f"malformed layer {line!r}: {error}") from error


def _parse_tensor_header(line: str, wanted: int) -> tuple[int, int]:
    """The number of bytes that follow, and their CRC32."""
    try:
        index, size, crc = _field(line, "tensor").split(",")
        if int(index) != wanted:
            raise ValueError(f"op {wanted} was asked for")
        return int(size), int(crc, 16)
    except ValueError as error:
        raise DeviceError(f"malformed tensor {line!r}: {error}") from error


def _parse_info(content: dict[str, Any]) -> DeviceInfo:
    try:
        lane = content["lane"]
        return DeviceInfo(
            **{name: content[name] for name in _PLAIN_INFO},
            ops=tuple(content["ops"]),
            input=_parse_tensor(content["input"]),
            output=_parse_tensor(content["output"]),
            lane_address=lane["address"],
            lane_size=lane["size"],
        )
    except (KeyError, TypeError) as error:
        raise DeviceError(f"the reply to 'info%' lacks {error}") from error


_PLAIN_INFO = (
    *("version", "build_id", "platform", "core_hz", "ticks"),
    *("model", "model_sha256", "schema", "arena_used", "arena_size"),
)


def _parse_tensor(content: dict[str, Any]) -> DeviceTensor:
    return DeviceTensor(**{**content, "shape": tuple(content["shape"])})
