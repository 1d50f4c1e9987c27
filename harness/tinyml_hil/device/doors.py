"""Doors: how inputs get into a firmware and outputs out of it, and the device that each gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tinyml_hil.build import Firmware
from tinyml_hil.choices import LANES
from tinyml_hil.device.base import Device
from tinyml_hil.device.console_firmware import ConsoleFirmware
from tinyml_hil.device.debugged_firmware import DebuggedFirmware, function_of
from tinyml_hil.device.debugger_device import DebuggerDevice
from tinyml_hil.device.firmware_config import FILE, FirmwareConfig
from tinyml_hil.device.plain import PlainDevice
from tinyml_hil.device.printed import ONCE_A_BOOT, KnownInputs, open_printed
from tinyml_hil.device.protocol import GIVES_BITS, ProtocolDevice
from tinyml_hil.device.running import Launch
from tinyml_hil.device.runtimes import KNOWN, runtime_in
from tinyml_hil.device.runtimes.base import Runtime
from tinyml_hil.device.runtimes.configured import Configured
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model
from tinyml_hil.target import Target, Transcript

_NO_INPUTS = KnownInputs(())


@dataclass(frozen=True)
class Door:
    """How firmware is tested: one of ``choices.DOORS``, and what its firmware.toml says of it."""

    name: str = "protocol"
    config: FirmwareConfig = field(default_factory=FirmwareConfig)
    runtime: Runtime | None = None
    """Behind the debugger: what infers."""

    def __str__(self) -> str:
        return f"{self.name} ({self.runtime.name})" if self.runtime else self.name

    def require(self, lane: str, repeats: int) -> None:
        """Refuses what cannot be done behind this door.

        Args:
            lane: as ``--lane`` has it.
            repeats: how often each input is run.

        Raises:
            UsageError: there is no such lane, or nothing can be run twice.
        """
        if lane == "uart" and self.name == "debugger":
            raise UsageError(
                "the debugger hands inputs over in memory, not over the UART: leave --lane=uart out"
            )
        if (
            repeats > 1
            and self.name == "printed"
            and not (self.config.printed and self.config.printed.send)
        ):
            raise UsageError(f"{ONCE_A_BOOT}: leave --repeat={repeats} out")


def door_of(firmware: Firmware, config: FirmwareConfig, wanted: str, can_debug: bool) -> Door:
    """The door of a firmware that was brought.

    Args:
        firmware: its ELF.
        config: its firmware.toml.
        wanted: one of ``choices.DOORS``.
        can_debug: whether its target has a debugger.

    Raises:
        UsageError: that door is closed; the message says what would open it.
    """
    if wanted == "printed" and not config.printed:
        raise UsageError(f"--door=printed needs a table [printed] in {_beside(firmware)}")
    if wanted == "printed" or (wanted == "auto" and config.printed and not config.debugger):
        return Door("printed", config)
    if wanted == "protocol":
        return Door("protocol", config)
    runtime = Configured(config.debugger) if config.debugger else runtime_in(firmware.symbols)
    if wanted == "debugger" and runtime is None:
        raise UsageError(_unknown(firmware))
    is_foreign = runtime is not None and not firmware.is_ours
    if runtime and (wanted == "debugger" or (is_foreign and (can_debug or config.debugger))):
        function_of(firmware.program, runtime)
        return Door("debugger", config, runtime)
    return Door("protocol", config)


def _unknown(firmware: Firmware) -> str:
    lacking = (
        f"none of the functions by which a runtime is known "
        f"({', '.join(dict.fromkeys(known.name for known in KNOWN))})"
        if len(firmware.symbols)
        else "no symbols: give the ELF as it was linked, not stripped"
    )
    return (
        f"{firmware.elf} has {lacking}. Or name the function that infers, or its address, and "
        f"where its input and output lie, in {_beside(firmware)}; docs/firmware.md shows how"
    )


def _beside(firmware: Firmware) -> str:
    return str(firmware.elf.with_name(FILE))


@contextmanager
def open_device(
    target: Target,
    firmware: Firmware,
    model: Model,
    transcript: Transcript,
    timeout: float,
    lane: str = "auto",
    on_boot_line: Callable[[str], None] = lambda line: None,
    door: Door = Door(),
    inputs: KnownInputs = _NO_INPUTS,
) -> Iterator[Device]:
    """Firmware that runs on a target; it is stopped, and nothing left behind, whatever happens.

    Args:
        target: not started yet.
        firmware: what is run.
        model: says what the input is if the firmware cannot.
        transcript: records what goes over the link.
        timeout: seconds to wait for a line.
        lane: one of ``choices.LANES``.
        on_boot_line: is told each line that the firmware prints at a boot, as it comes.
        door: how it is tested.
        inputs: of which firmware that prints its results may have the first built in.

    Raises:
        UsageError: there is no such lane, the firmware refused its model, or another one answers.
        LinkError: no prompt came.
    """
    if lane not in LANES:
        raise UsageError(f"no lane {lane!r}; there are: {', '.join(LANES)}")
    launch = Launch(target, firmware, transcript, timeout, on_boot_line)
    if door.name == "printed":
        with open_printed(launch, model, lane, door.config, inputs) as device:
            yield device
        return
    if door.runtime:
        send = door.config.debugger.send if door.config.debugger else ""
        with DebuggedFirmware(launch, door.runtime, model, send) as held:
            yield DebuggerDevice(held, lane, model)
        return
    with ConsoleFirmware(launch) as running:
        if running.commands >= GIVES_BITS:
            yield ProtocolDevice(running, lane)
        else:
            yield PlainDevice(running, lane, model)
