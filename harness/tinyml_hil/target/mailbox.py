"""Mailbox: a link to firmware whose console is in its RAM, for boards without a serial port.

``firmware/bsp/mailbox.h`` is the other end. The core is stopped whenever this looks: where the
firmware has something to read or awaits something, which is where it calls a function that does
nothing, so that no inference is ever interrupted.
"""

from __future__ import annotations

import contextlib
import os
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from tinyml_hil.build import Firmware
from tinyml_hil.errors import LinkError, UsageError
from tinyml_hil.target.debugger import Debugger
from tinyml_hil.target.link import HoldingLink, Link, Transcript

MAGIC, VERSION = 0x424D4854, 1
"""How it begins: THMB."""
_VARIABLE, _FUNCTION = "bsp_mailbox", "bsp_mailbox_attend"
_RING = 1024
"""Bytes of a ring."""
_HEADER = struct.Struct("<IIII")
"""Magic, version, length, and whether the host attends to it."""
_INDICES = struct.Struct("<II")
"""Of a ring, whose bytes are behind them: how many were ever put in, and how many taken out."""
_RING_LENGTH = _INDICES.size + _RING
_CRC = struct.Struct("<I")
"""CRC32 of all before it."""
_LENGTH = _HEADER.size + 2 * _RING_LENGTH + _CRC.size
_PERIOD = 1 << 32
_WRITE_TIMEOUT = 30.0
"""Seconds in which the firmware has to take some of what is written."""
_PAUSE = 0.01
"""Seconds between two looks at firmware that awaits us."""


@dataclass(frozen=True)
class Mailbox:
    """Where an ELF has it."""

    address: int
    attend: int
    """The function at which the core is stopped."""

    @classmethod
    def of(cls, elf: Path) -> Self | None:
        """That of a firmware, by its symbols; None if it has none."""
        try:
            symbols = {symbol.linkage: symbol.address for symbol in Firmware(elf).symbols}
        except UsageError:  # no ELF: whatever is to run it says so in its own words
            return None
        if _VARIABLE not in symbols or _FUNCTION not in symbols:
            return None
        return cls(symbols[_VARIABLE], symbols[_FUNCTION])


class _Ring(NamedTuple):
    """A ring as it was looked at."""

    head: int
    tail: int
    data: bytes

    @classmethod
    def of(cls, content: bytes, start: int) -> Self:
        """That which begins there."""
        head, tail = _INDICES.unpack_from(content, start)
        return cls(head, tail, content[start + _INDICES.size : start + _RING_LENGTH])

    @property
    def held(self) -> int:
        """Bytes that are in it."""
        return (self.head - self.tail) % _PERIOD

    def content(self) -> bytes:
        """They themselves."""
        start = self.tail % _RING
        return (self.data[start:] + self.data[:start])[: self.held]


class MailboxLink(Link):
    """The bytes of a mailbox, by a debugger whose core runs only while they are awaited."""

    def __init__(
        self,
        debugger: Debugger,
        elf: Path,
        mailbox: Mailbox,
        transcript: Transcript,
        uart: HoldingLink | None = None,
    ) -> None:
        """Takes over a core that stands at its first instruction.

        ``uart``: what the target has besides; the firmware may print there.

        Raises:
            LinkError: the debugger refuses.
        """
        self.transcript = transcript
        self._debugger = debugger
        self._elf = elf
        self._mailbox = mailbox
        self._uart = uart
        self._received: _Ring | None = None
        """What the firmware receives, while it is the host's turn."""
        self._pending = b""
        debugger.set_break(mailbox.attend)
        self._always: int | None = None

    def read(self, timeout: float) -> bytes:
        deadline = time.monotonic() + max(timeout, _PAUSE)
        while not self._pending and (left := deadline - time.monotonic()) > 0:
            if self._run(left) and not self._pending:
                time.sleep(min(left, _PAUSE))
        data, self._pending = self._pending, b""
        return data

    def write(self, data: bytes) -> None:
        self.transcript.sent(data)
        deadline = time.monotonic() + _WRITE_TIMEOUT
        while rest := self._give(data):
            if len(rest) < len(data):
                deadline = time.monotonic() + _WRITE_TIMEOUT
            data = rest
            left = deadline - time.monotonic()
            if left <= 0 or not self._run(left):
                raise LinkError(f"the device takes nothing from its mailbox. {self.why_silent()}")

    def fileno(self) -> int:
        """Always readable: nothing but a look tells whether something is there."""
        if self._always is None:
            self._always = os.eventfd(1)
        return self._always

    def close(self) -> None:
        if self._always is not None:
            os.close(self._always)
            self._always = None
        if self._uart:
            self._uart.close()

    def why_silent(self) -> str:
        with contextlib.suppress(LinkError):  # its debugger is gone, which is told of already
            if self._stands_there():
                return "The firmware waits for a command: was the last one lost?"
            how = "runs, but says nothing" if self._gets_on() else "stands still"
            place = Firmware(self._elf).locate(self._debugger.registers().pc)
            return f"The core {how}: it is in {place}"
        return ""

    def _gets_on(self) -> bool:
        """Whether the core executes anything but a jump to where it is."""
        before = self._debugger.registers().pc
        self._debugger.step()
        return self._debugger.registers().pc != before

    def _run(self, seconds: float) -> bool:
        """Whether the firmware gets to where the host has its turn; what it has sent is taken."""
        self._received = None
        if not self._debugger.run(seconds, self._uart) or not self._stands_there():
            return False
        content = self._looked()
        sent = _Ring.of(content, _HEADER.size)
        self._received = _Ring.of(content, _HEADER.size + _RING_LENGTH)
        for ring in (sent, self._received):
            if ring.held > _RING:
                raise self._damaged(f"a ring of {_RING} bytes holds {ring.held}")
        if sent.held:
            data = sent.content()
            self._debugger.set_word(self._mailbox.address + _HEADER.size + 4, sent.head)
            self.transcript.received(data)
            self._pending += data
        return True

    def _stands_there(self) -> bool:
        return self._debugger.registers().pc == self._mailbox.attend

    def _looked(self) -> bytes:
        """All of it, if it is one that this knows; the firmware is told that it is read."""
        content = self._debugger.read(self._mailbox.address, _LENGTH)
        magic, version, length, attended = _HEADER.unpack_from(content)
        if magic == MAGIC and version != VERSION:
            raise UsageError(
                f"the mailbox of {self._elf} is of version {version}, and this tinyml-hil reads "
                f"version {VERSION}: build the firmware with it again"
            )
        (crc,) = _CRC.unpack_from(content, _LENGTH - _CRC.size)
        found = zlib.crc32(content[: -_CRC.size])
        if magic != MAGIC or length != _LENGTH:
            raise self._damaged(f"it begins with 0x{magic:08x} and says that it has {length} bytes")
        if crc != found:
            raise self._damaged(f"its CRC32 is {found:08x}, not {crc:08x}")
        if not attended:
            self._debugger.set_word(self._mailbox.address + _HEADER.size - 4, 1)
        return content

    def _give(self, data: bytes) -> bytes:
        """Puts in as much as there is room for while it is the host's turn; returns the rest."""
        if not (ring := self._received):
            return data
        given = data[: _RING - ring.held]
        place = self._mailbox.address + _HEADER.size + _RING_LENGTH
        start = ring.head % _RING
        for at, piece in ((start, given[: _RING - start]), (0, given[_RING - start :])):
            if piece:
                self._debugger.write(place + _INDICES.size + at, piece)
        self._received = ring._replace(head=(ring.head + len(given)) % _PERIOD)
        self._debugger.set_word(place, self._received.head)
        return data[len(given) :]

    def _damaged(self, how: str) -> LinkError:
        return LinkError(
            f"the mailbox at 0x{self._mailbox.address:08x} is damaged: {how}. Something in the "
            "firmware has written over it, or the board runs another firmware"
        )
