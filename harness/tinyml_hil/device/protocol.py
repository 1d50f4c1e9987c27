"""Protocol device: firmware behind the MLPerf Tiny protocol with our extensions, bit for bit."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.device.answers import (
    Classification,
    DeviceInfo,
    DeviceMemory,
    Layer,
    laps_in,
    parse_classification,
    parse_layer,
    parse_tensor_header,
    read_info,
    read_json,
    split_field,
)
from tinyml_hil.device.console import for_programs
from tinyml_hil.device.console_device import ConsoleDevice
from tinyml_hil.device.console_firmware import ConsoleFirmware
from tinyml_hil.device.inputs import (
    classify_in_memory,
    refuse_reply,
    require_input,
    send_announced,
)
from tinyml_hil.errors import DamagedError, DeviceError, UsageError
from tinyml_hil.target import MemoryLane

GIVES_BITS = frozenset({"info", "db bin", "output"})
"""The commands without which a device takes and gives no more than the MLPerf Tiny protocol has."""
_DAMAGED = ("e-[Time-out: ", "e-[CRC mismatch: ", "e-[Input lost]")
"""Answers to what did not arrive, or not as it was sent."""
_SLOWEST_UART = 1000  # bytes a second that get through even to a simulator on a busy host


class ProtocolDevice(ConsoleDevice):
    """Firmware that gives the bits of its output; docs/protocol.md has its commands."""

    def __init__(self, running: ConsoleFirmware, wanted_lane: str) -> None:
        """``running``: has the commands of ``GIVES_BITS`` at least."""
        super().__init__(running, wanted_lane)
        self._info: DeviceInfo | None = None

    def reset(self) -> None:
        self._info = None
        super().reset()

    def bring_back(self) -> None:
        self._info = None  # whoever had it may have loaded another model
        super().bring_back()

    @property
    def info(self) -> DeviceInfo:
        if self._info is None:
            info = read_info(self.console)
            self._info = replace(info, ticks=self._running.target.ticks_unit or info.ticks)
        return self._info

    @property
    def ticks_unit(self) -> str:
        return self.info.ticks

    @property
    def boot_ticks(self) -> int:
        laps = laps_in(self.boot_lines)
        per_us = self._running.target.ticks_per_us or self.info.core_hz / 1e6
        return round(laps[-1] * per_us) if laps else 0

    def memory(self) -> DeviceMemory:
        self.require("memory")
        reply = read_json(self.console, "memory")
        try:
            return DeviceMemory(**{f.name: reply[f.name] for f in fields(DeviceMemory)})
        except KeyError as error:
            raise DeviceError(f"the reply to 'memory%' lacks {error}") from error

    def selftest(self) -> list[str]:
        self.require("selftest")
        return self.console.request("selftest")

    @property
    def lanes(self) -> tuple[str, ...]:
        return ("memory", "uart") if self._memory_lane() else ("uart",)

    def _memory_lane(self) -> MemoryLane | None:
        usable = "batch" in self.commands and self.info.lane_size
        return self._running.target.lane if usable else None

    def _chosen_memory(self, lane: str | None) -> MemoryLane | None:
        """The memory lane, or None for the UART."""
        return self._memory_lane() if self.require_lane(lane) == "memory" else None

    def classify_many(
        self, tensors: Iterable[NDArray[Any]], lane: str | None = None
    ) -> Iterator[Classification]:
        memory = self._chosen_memory(lane)
        if memory is None:
            return super().classify_many(tensors, lane)
        return classify_in_memory(self.console, self.info, memory, map(self._content_of, tensors))

    def _content_of(self, tensor: NDArray[Any]) -> bytes:
        """By the device's own account of its inputs, since it may run another model."""
        return require_input(tensor, [each.spec for each in self.info.inputs])

    def _classify(self, tensor: NDArray[Any]) -> Classification:
        self.load(self._content_of(tensor))
        self.console.request("infer 1 0")
        return self.last_output()

    def load(self, content: bytes) -> None:
        """Loads one raw input over the UART, the fast way (``db bin``)."""
        command = f"db bin {len(content)} {zlib.crc32(content):08x}"
        if (lines := self._upload(command, content)) != ["m-load-done"]:
            raise DeviceError(f"the device answered '{command}%' with {lines}")

    def _upload(self, command: str, content: bytes) -> list[str]:
        """Sends what a command announces; again, if it was damaged or stalled on the way."""
        return self.console.repaired(lambda: self._upload_once(command, content))

    def _upload_once(self, command: str, content: bytes) -> list[str]:
        self.console.send(command)
        try:
            send_announced(self.console, content)
            return list(for_programs(self.console.reply(command, len(content) / _SLOWEST_UART)))
        except DeviceError as error:
            if not any(sign in str(error) for sign in _DAMAGED):
                raise
            raise DamagedError(str(error)) from error

    def last_output(self) -> Classification:
        reply = dict(split_field(line) for line in self.console.answer("output"))
        if not {"output", "ticks"} <= reply.keys():
            raise DeviceError(f"the device's output has the fields {sorted(reply)}")
        return parse_classification(reply["output"], reply["ticks"], self.info)

    def layers(self) -> list[Layer]:
        self.require("layers")
        return [parse_layer(line) for line in self.console.answer("layers")]

    def tensor(self, index: int) -> bytes:
        self.require("tensor")
        return self.console.repaired(lambda: self._tensor_once(index))

    def _tensor_once(self, index: int) -> bytes:
        command = f"tensor {index}"
        self.console.send(command)
        line = self.console.read_answer(f"the reply to '{command}%'")
        if not line.startswith("m-tensor-["):
            refuse_reply(self.console, line, "m-tensor-[...]")
        size, crc = parse_tensor_header(line, index)
        content = self.console.read_bytes(size, f"the reply to '{command}%'")
        if (found := zlib.crc32(content)) != crc:
            raise DamagedError(f"'{command}%' came damaged: CRC32 {found:08x}, not {crc:08x}")
        if rest := list(for_programs(self.console.reply(command))):
            raise DeviceError(f"the device ended '{command}%' with {rest}")
        return content

    def load_model(self, path: Path, lane: str | None = None) -> None:
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
        with self.console.noticing_loss("writing to its memory"):
            memory.write(content)
        self._change_model(f"{command} 0x{self.info.lane_address:x}")

    def builtin_model(self) -> None:
        self._change_model("model builtin")

    def _change_model(self, command: str, over_uart: bytes = b"") -> None:
        try:
            lines = self._upload(command, over_uart) if over_uart else self.console.answer(command)
        except DeviceError as error:
            if "Unknown command" not in str(error):
                raise
            raise UsageError(
                "this firmware runs its own model only; build it with --ops=all"
            ) from error
        finally:
            self._info = None
        if [split_field(line)[0] for line in lines] != ["model-loaded"]:
            raise DeviceError(f"the device answered '{command}%' with {lines}")
