"""Console device: firmware that answers the MLPerf Tiny protocol, with or without extensions."""

from __future__ import annotations

import contextlib

from tinyml_hil.device.base import Device
from tinyml_hil.device.console import Console
from tinyml_hil.device.console_firmware import ConsoleFirmware
from tinyml_hil.errors import GoneError


class ConsoleDevice(Device):
    """What the devices with a console share."""

    def __init__(self, running: ConsoleFirmware, wanted_lane: str) -> None:
        """As ``Device``."""
        super().__init__(running, wanted_lane)
        self._console_of = running

    @property
    def console(self) -> Console:
        return self._console_of.console

    @property
    def commands(self) -> frozenset[str]:
        return self._console_of.commands

    @property
    def mishaps(self) -> dict[str, int]:
        return {**self._console_of.mishaps, **super().mishaps}

    def bring_back(self) -> None:
        if not self.lost:
            with contextlib.suppress(GoneError):
                self.console.listen()
        super().bring_back()
