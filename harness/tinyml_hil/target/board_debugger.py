"""A board's debugger: whatever serves GDB for its probe, and the core's own counter of cycles."""

from __future__ import annotations

import socket
from pathlib import Path

from tinyml_hil.build import Firmware
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.target.debugger import DEMCR
from tinyml_hil.target.gdb_remote import PATIENCE, GdbConnection, GdbDebugger

START_ONE = (
    "start the server of the board's probe (openocd, pyocd gdbserver, probe-rs gdb, "
    "ST-LINK_gdbserver or JLinkGDBServer) and name where it listens with --debugger HOST:PORT"
)
_CONNECT_TIMEOUT = 10.0
_DWT_CTRL, _DWT_CYCCNT = 0xE0001000, 0xE0001004
_TRCENA = 1 << 24
"""Bit of DEMCR: switches DWT on (Armv7-M ARM, C1.6.5)."""
_CYCCNTENA, _NOCYCCNT = 1, 1 << 25
"""Bits of DWT_CTRL (C1.8.7)."""
_PIECE = 4096
"""Bytes that are compared at a time."""


class BoardDebugger(GdbDebugger):
    """The core of a board; its ticks are cycles, where DWT counts them."""

    def __init__(self, address: str, patience: float = PATIENCE) -> None:
        """``address``: HOST:PORT.

        Raises:
            UsageError: that is none.
            SetupError: nothing listens there.
            LinkError: what listens there is no GDB server, or has no core.
        """
        name = f"the GDB server at {address}"
        connection = GdbConnection(_connected(address), name, patience=patience)
        try:
            super().__init__(connection)
        except LinkError as error:
            connection.close()
            raise LinkError(f"{error}; {START_ONE}") from error
        self._cycles = 0
        self._last = self._switched_on()

    def reset(self) -> None:
        super().reset()
        self._last = self._switched_on()

    def ticks(self) -> int | None:
        if self._last is None:
            return None
        now = self.word(_DWT_CYCCNT)
        self._cycles += (now - self._last) & 0xFFFFFFFF
        self._last = now
        return self._cycles

    def where_it_differs(self, elf: Path) -> int | None:
        """The first address at which memory is not what ``elf`` puts there; None if it holds it."""
        for address, content in Firmware(elf).loaded():
            for start in range(0, len(content), _PIECE):
                wanted = content[start : start + _PIECE]
                there = self.read(address + start, len(wanted))
                if there != wanted:
                    at = next(i for i, byte in enumerate(wanted) if byte != there[i])
                    return address + start + at
        return None

    def _switched_on(self) -> int | None:
        """What the counter of cycles holds now that it runs; None where there is none."""
        self.ticks_unit = ""
        try:
            self.set_word(DEMCR, self.word(DEMCR) | _TRCENA)
            control = self.word(_DWT_CTRL)
            if control & _NOCYCCNT:
                return None
            self.set_word(_DWT_CTRL, control | _CYCCNTENA)
            if not self.word(_DWT_CTRL) & _CYCCNTENA:
                return None
            count = self.word(_DWT_CYCCNT)
        except LinkError:  # an Armv6-M core need not have a DWT; what else is wrong comes again
            return None
        self.ticks_unit = "cycles"
        return count


def _connected(address: str) -> socket.socket:
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise UsageError(f"--debugger is HOST:PORT, such as localhost:3333, not {address!r}")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), _CONNECT_TIMEOUT)
    except OSError as error:
        raise SetupError(
            f"no GDB server is reached at {address} ({error.strerror or error}): {START_ONE}"
        ) from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
