"""Doors: which class of device a firmware gets, by what it can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tinyml_hil.build import Firmware
from tinyml_hil.choices import LANES
from tinyml_hil.device.base import Device
from tinyml_hil.device.console_firmware import ConsoleFirmware
from tinyml_hil.device.plain import PlainDevice
from tinyml_hil.device.protocol import GIVES_BITS, ProtocolDevice
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model
from tinyml_hil.target import Target, Transcript


@contextmanager
def open_device(
    target: Target,
    firmware: Firmware,
    model: Model,
    transcript: Transcript,
    timeout: float,
    lane: str = "auto",
    on_boot_line: Callable[[str], None] = lambda line: None,
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

    Raises:
        UsageError: there is no such lane, the firmware refused its model, or another one answers.
        LinkError: no prompt came.
    """
    if lane not in LANES:
        raise UsageError(f"no lane {lane!r}; there are: {', '.join(LANES)}")
    with ConsoleFirmware(target, firmware, transcript, on_boot_line, timeout) as running:
        if running.commands >= GIVES_BITS:
            yield ProtocolDevice(running, lane)
        else:
            yield PlainDevice(running, lane, model)
