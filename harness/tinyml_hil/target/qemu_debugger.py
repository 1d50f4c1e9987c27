"""QEMU's own GDB server, and how many instructions its core has executed.

QEMU tells that nowhere. With ``-icount`` an instruction takes a fixed virtual time, which a counter
of the machine's shows; but a core that is stopped counts as asleep to QEMU, and a core that sleeps
has time pass until the next timer is due. Three things keep that out of the count:

- Time passes as the host's does (not ``sleep=off``, which would jump to the timer at once, before
  anybody could look at the counter). So it is right as long as the core is stopped; what is added
  for the stop, some microseconds, is added when the core runs again.
- A single step is made without timers, and nothing is added after it. So each run begins with
  a step, which is counted as one, and the counter is looked at between that and the rest.
- An instruction takes longer than two ticks of the counter, so that two looks at it, wherever
  between its ticks they are, tell the instructions between them.

That is exact to one instruction, but where the host lets QEMU wait between a command and the first
instruction: what passes then is counted, too.
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from tinyml_hil.build import Platform
from tinyml_hil.target.gdb_remote import GdbConnection, GdbDebugger
from tinyml_hil.target.link import HoldingLink

_VIEW_OF_THE_CORE, _END_OF_VIEW = b'AS "cpu-memory-0"', b"FlatView"
_PLACEHOLDER = re.compile(rb"([0-9a-f]{16})-([0-9a-f]{16}) \(prio -1000, i/o\)")
"""What QEMU maps below all else for what it does not model (its include/hw/misc/unimp.h)."""
_SHIFT = 7
ICOUNT = ("-icount", f"shift={_SHIFT}")
"""QEMU's options for a core that is debugged: an instruction takes 128 ns."""
_SECOND = 10**9
_HUNDREDTHS = 0x14
"""Offset of FPGAIO's counter of 1/100 s; behind it lies that of cycles (DAI0386, 3.8)."""
_PER_SECOND = 100
_PERIOD = 1 << 32


class _Look(NamedTuple):
    """FPGAIO at one moment; its counters stand still while the core does."""

    hundredths: int
    cycles: int
    prescale: int
    """What the cycles are divided by, less one; firmware may set it."""
    left: int
    """Cycles until the next is counted."""

    @property
    def whole(self) -> int:
        """The cycles themselves, from some moment on."""
        return self.cycles * self.divisor - self.left

    @property
    def divisor(self) -> int:
        return self.prescale + 1


class QemuDebugger(GdbDebugger):
    """The core of QEMU's machine."""

    def __init__(
        self, connection: socket.socket, platform: Platform, why_closed: Callable[[], str]
    ) -> None:
        super().__init__(GdbConnection(connection, "QEMU's GDB server", why_closed))
        self._platform = platform
        self._instructions = 0
        self._was_set = False
        """Whether the firmware has set the counter since the instructions were last asked for."""
        self._last: _Look | None = None
        if platform.fpgaio_hz:
            self.ticks_unit = "instructions"
            self._last = self._look()

    def step(self) -> None:
        self._count()
        super().step()
        if self._last:
            self._instructions += 1
            self._last = self._look()

    def run(self, timeout: float, link: HoldingLink | None = None) -> bool:
        self.step()
        return self.at_break() or super().run(timeout, link)

    def reset(self) -> None:
        self._count()
        super().reset()
        if self._last:
            self._last = self._look()

    def ticks(self) -> int | None:
        self._count()
        was_set, self._was_set = self._was_set, False
        return self._instructions if self._last and not was_set else None

    def nothing_at(self, address: int) -> range:
        return next((nothing for nothing in self._nothing if address in nothing), range(0))

    @cached_property
    def _nothing(self) -> list[range]:
        """Where the machine has placeholders only, neighbours together.

        QEMU reads zeros there and executes them, each a read of a device's; a chip has a bus fault.
        """
        _, _, view = self._connection.monitor(b"info mtree -f").partition(_VIEW_OF_THE_CORE)
        found: list[range] = []
        for start, end in _PLACEHOLDER.findall(view.partition(_END_OF_VIEW)[0]):
            first, stop = int(start, 16), int(end, 16) + 1
            if found and found[-1].stop == first:
                first = found.pop().start
            found.append(range(first, stop))
        return found

    def _count(self) -> None:
        """Adds what has been executed since the last look."""
        if self._last is None:
            return
        look, period = self._look(), _PERIOD * self._last.divisor
        hz = self._platform.fpgaio_hz
        roughly = (look.hundredths - self._last.hundredths) % _PERIOD * hz // _PER_SECOND
        cycles = (look.whole - self._last.whole) % period
        cycles += round((roughly - cycles) / period) * period
        is_divided_otherwise = look.divisor != self._last.divisor
        if is_divided_otherwise or abs(cycles - roughly) > hz / _PER_SECOND + 1:
            self._was_set = True
        self._instructions += round(cycles * _SECOND / hz / (1 << _SHIFT))
        self._last = look

    def _look(self) -> _Look:
        data = self.read(self._platform.fpgaio_address + _HUNDREDTHS, 16)
        return _Look(*struct.unpack("<IIII", data))
