"""GDB's remote serial protocol over a connected socket: a debugger on any GDB server.

The server is not trusted: what it sends is bounded in bytes, every answer in time, and what does
not keep to the protocol is a LinkError.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from collections.abc import Callable, Iterator

from tinyml_hil.errors import GoneError, LinkError
from tinyml_hil.target.debugger import (
    AIRCR,
    DEMCR,
    GENERAL,
    SYSRESETREQ,
    VC_CORERESET,
    VTOR,
    Debugger,
    Registers,
)
from tinyml_hil.target.link import HoldingLink

PATIENCE = 30.0
"""Seconds in which a server has to answer; on a crowded machine an emulator takes some."""
LARGEST_PACKET = 1 << 16
"""Bytes of a packet as it is sent; those that we ask for are a quarter of that."""
MOST_IGNORED = 1 << 20
"""Bytes that may come before an answer: notifications, what the firmware prints by the server."""
TRIES = 3
"""How often a packet is sent whose checksum was wrong."""
_DEFAULT_SIZE, _LARGEST_SIZE = 400, 1 << 14
"""Bytes of a packet that a server takes which does not say how many, and that are made use of."""
_PACKET_END = re.compile(rb"#(..)", re.DOTALL)
_RUN_LENGTH = re.compile(rb"(.)\*(.)", re.DOTALL)
_ESCAPED = re.compile(rb"}(.)", re.DOTALL)
_SUPPORTED_SIZE = re.compile(rb"PacketSize=([0-9a-fA-F]{1,8})(?:;|$)")
_STOPPED = re.compile(rb"[ST][0-9a-fA-F]{2}")
_CONSOLE = re.compile(rb"O(?:[0-9a-fA-F]{2})*")
_ENDED = re.compile(rb"[WX][0-9a-fA-F]{2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2})*")
_SHOWN = 60
_WORD_DIGITS = 8
_GOODBYE = 1.0
"""Seconds that a server is given to let go of its core."""


class GdbConnection:
    """Packets to and from a GDB server."""

    def __init__(
        self,
        connection: socket.socket,
        name: str,
        why_closed: Callable[[], str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Takes over ``connection``.

        Args:
            name: the server's, for messages.
            why_closed: says why the server is gone, where something knows.
            patience: seconds in which it has to answer.
        """
        self.name = name
        self._socket = connection
        self._socket.settimeout(patience)
        self._why_closed = why_closed or (lambda: f"{name} hung up")
        self._patience = patience
        self._acknowledges = True
        self._received = b""
        self._junk = b""
        self._ignored = 0
        self._sent = b""
        self._failure: LinkError | None = None

    def request(self, packet: bytes) -> bytes:
        """Sends a packet and returns its answer, which is empty if the server does not know it.

        Raises:
            LinkError: none came, or none that is the protocol's; the connection is of no use then.
        """
        self.send(packet)
        deadline = time.monotonic() + self._patience
        for answer in self._packets(deadline):
            # A late stop is none either: the core stopped by itself while it was interrupted.
            if not (_CONSOLE.fullmatch(answer) or _STOPPED.match(answer)):
                return answer
        raise self._silent(packet)

    def monitor(self, command: bytes) -> bytes:
        """What the server prints for a command of its own, such as QEMU's monitor has them.

        Raises:
            LinkError: as ``request``.
        """
        packet, printed = b"qRcmd," + command.hex().encode(), b""
        self.send(packet)
        for answer in self._packets(time.monotonic() + self._patience):
            if _CONSOLE.fullmatch(answer):
                printed += bytes.fromhex(answer[1:].decode())
            elif not _STOPPED.match(answer):
                return printed
        raise self._silent(packet)

    def send(self, packet: bytes) -> None:
        """Sends a packet of printable characters."""
        self._sent = b"$%b#%02x" % (packet, sum(packet) % 256)
        self._ignored = 0
        self._write(self._sent)

    def stop_reply(self) -> bytes:
        """Awaits that the core stops; see ``stop_reply_if_any``."""
        for packet in self._packets(time.monotonic() + self._patience):
            if stop := self._stop(packet):
                return stop
        raise self._silent(b"")

    def stop_reply_if_any(self) -> bytes:
        """Why the core stopped, as far as it has been received; empty if it has not.

        Raises:
            LinkError: the server says that there is no core any more, or says what it must not.
        """
        while (packet := self._next()) is not None:
            if stop := self._stop(packet):
                return stop
        return b""

    def interrupt(self) -> None:
        """Asks for the core to be stopped."""
        self._ignored = 0
        self._write(b"\x03")

    def acknowledge_no_more(self) -> None:
        """Saves the acknowledgements, if the server knows how: the socket loses nothing."""
        if self.request(b"QStartNoAckMode") == b"OK":
            self._acknowledges = False

    def receive(self) -> None:
        """Takes what has come; waits for it if nothing has."""
        try:
            data = self._socket.recv(LARGEST_PACKET)
        except TimeoutError:
            raise self._silent(b"") from None
        except OSError:
            data = b""
        if not data:
            raise self._fail(GoneError(self._said_instead() or self._why_closed()))
        self._received += data

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Closes it; the server, which may be busy, is given a moment to let go of the core."""
        if self._failure is None:
            self._socket.settimeout(_GOODBYE)
            self._patience = _GOODBYE
            with contextlib.suppress(LinkError):
                self.request(b"D")
            self._failure = LinkError(f"the connection to {self.name} is closed")
        self._socket.close()

    def _packets(self, deadline: float) -> Iterator[bytes]:
        """The packets that come until ``deadline``."""
        while True:
            if (packet := self._next()) is not None:
                yield packet
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                return
            self.receive()

    def _next(self) -> bytes | None:
        """The next packet that has been received whole."""
        while True:
            self._skip_to_packet()
            end = _PACKET_END.search(self._received)
            if not end:
                if len(self._received) > LARGEST_PACKET:
                    raise self._broken("sends a packet without end")
                return None
            kind, content = self._received[:1], self._received[1 : end.start()]
            self._received = self._received[end.end() :]
            self._ignore(len(content))
            if kind == b"%":  # a notification, which nobody asked for
                continue
            if not _is_sum(end[1], content):
                self._ask_again(content)
                continue
            if self._acknowledges:
                self._write(b"+")
            return _decoded(content)

    def _skip_to_packet(self) -> None:
        """Drops what is before the next packet; heeds acknowledgements among it."""
        start = next(
            (at for at, byte in enumerate(self._received) if byte in b"$%"), len(self._received)
        )
        skipped, self._received = self._received[:start], self._received[start:]
        self._ignore(len(skipped))
        self._junk = (self._junk + skipped.strip(b"+-"))[:_SHOWN]
        if self._acknowledges:
            for _ in range(skipped.count(b"-")):
                self._ignore(MOST_IGNORED // TRIES)
                self._write(self._sent)

    def _ask_again(self, content: bytes) -> None:
        if not self._acknowledges:
            raise self._broken(f"sends a wrong checksum with {_shown(content)}")
        self._ignore(MOST_IGNORED // TRIES)
        self._write(b"-")

    def _ignore(self, size: int) -> None:
        """Counts what comes before an answer, so that it is not awaited for ever."""
        self._ignored += size
        if self._ignored > MOST_IGNORED:
            raise self._broken("talks without end, or with wrong checksums only")

    def _stop(self, packet: bytes) -> bytes:
        if _STOPPED.match(packet):
            return packet
        if _ENDED.match(packet):
            raise self._broken(f"says that the program has ended ({_shown(packet)})")
        if _CONSOLE.fullmatch(packet):
            return b""
        raise self._broken(f"answers {_shown(packet)} where the core stops or runs")

    def _write(self, data: bytes) -> None:
        if self._failure:
            raise self._failure
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise self._broken("reads nothing") from None
        except OSError as error:
            raise self._fail(GoneError(self._said_instead() or self._why_closed())) from error

    def _silent(self, packet: bytes) -> LinkError:
        what = f" to {_shown(packet)}" if packet else ""
        said = self._said_instead()
        return self._fail(
            LinkError(said or f"{self.name} gave no answer{what} within {self._patience:g} s")
        )

    def _said_instead(self) -> str:
        if not self._junk:
            return ""
        return f"{self.name} does not speak GDB's protocol; it said {_shown(self._junk)}"

    def _broken(self, what: str) -> LinkError:
        return self._fail(LinkError(self._said_instead() or f"{self.name} {what}"))

    def _fail(self, error: LinkError) -> LinkError:
        """Nothing that comes later can be told from the answer that is missing."""
        self._failure = error
        return error


class GdbDebugger(Debugger):
    """A core behind a GDB server."""

    def __init__(self, connection: GdbConnection) -> None:
        """Greets the server, which halts its core.

        Raises:
            LinkError: it is none, or has no core.
        """
        super().__init__()
        self.name = connection.name
        self._connection = connection
        self._undone: dict[int, bytes] = {}
        """The packet that takes away the breakpoint at an address."""
        self._registers: Registers | None = None
        connection.acknowledge_no_more()
        self._size = _packet_size(connection.request(b"qSupported:swbreak+;hwbreak+"))
        connection.send(b"?")
        connection.stop_reply()

    def read(self, address: int, size: int) -> bytes:
        data = b""
        most = (self._size // 2 - 8) & ~3
        while len(data) < size:
            at, wanted = address + len(data), min(most, size - len(data))
            answer = self._connection.request(b"m%x,%x" % (at, wanted))
            if len(answer) != 2 * wanted or not _HEX.fullmatch(answer):
                raise self._refused(f"read {wanted} bytes at 0x{at:08x}", answer)
            data += bytes.fromhex(answer.decode())
        return data

    def write(self, address: int, data: bytes) -> None:
        most = (self._size // 2 - 16) & ~3
        for start in range(0, len(data), most):
            at, piece = address + start, data[start : start + most]
            packet = b"M%x,%x:%b" % (at, len(piece), piece.hex().encode())
            self._demand(packet, f"write {len(piece)} bytes at 0x{at:08x}")

    def registers(self) -> Registers:
        if self._registers is None:
            answer = self._connection.request(b"g")
            size = GENERAL * _WORD_DIGITS
            if not _HEX.fullmatch(answer[:size]) or len(answer) < size:
                raise self._refused("read the registers", answer)
            words = bytes.fromhex(answer[:size].decode())
            general = tuple(
                int.from_bytes(words[at : at + 4], "little") for at in range(0, len(words), 4)
            )
            self._registers = Registers(general, answer[size:])
        return self._registers

    def set_registers(self, registers: Registers) -> None:
        self._registers = None
        words = [word.to_bytes(4, "little").hex().encode() for word in registers.general]
        # 'x' stands for what a server does not know, and cannot be told either.
        if _HEX.fullmatch(registers.rest):
            answer = self._connection.request(b"G" + b"".join(words) + registers.rest)
            if answer == b"OK":
                self._registers = registers
                return
            if answer:
                raise self._refused("set the registers", answer)
        for number, word in enumerate(words):
            self._demand(b"P%x=%b" % (number, word), f"set register {number}")

    def _set_break(self, address: int) -> None:
        # In hardware first: one in software cannot be set in flash.
        for kind in (b"1", b"0"):
            place = b"%b,%x,2" % (kind, address)
            answer = self._connection.request(b"Z" + place)
            if answer == b"OK":
                self._undone[address] = b"z" + place
                return
            if answer:
                break
        raise self._refused(f"set a breakpoint at 0x{address:08x}", answer)

    def _clear_break(self, address: int) -> None:
        self._demand(self._undone[address], f"clear the breakpoint at 0x{address:08x}")

    def _step(self) -> None:
        self._registers = None
        self._connection.send(b"s")
        self._connection.stop_reply()

    def _run(self, timeout: float, link: HoldingLink | None) -> bool:
        self._registers = None
        self._connection.send(b"c")
        if self._stops_within(timeout, link):
            return True
        self._connection.interrupt()
        self._connection.stop_reply()
        return self.at_break()

    def reset(self) -> None:
        for command in (b"reset halt", b"", b"system_reset"):
            self._registers = None
            if command:
                self._command(command)
            else:
                self._reset_by_core()
            if self._is_at_reset_handler():
                return
        raise LinkError(
            f"after a reset by {self.name} the core does not stand at its reset handler but "
            f"at 0x{self.registers().pc:08x}"
        )

    def ticks(self) -> int | None:
        return None

    def close(self) -> None:
        super().close()
        self._connection.close()

    def _stops_within(self, timeout: float, link: HoldingLink | None) -> bool:
        deadline = time.monotonic() + timeout
        while not self._connection.stop_reply_if_any():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            server, device = self._connection.fileno(), link.fileno() if link else None
            ends = [end for end in (server, device) if end is not None]
            readable, _, _ = select.select(ends, [], [], left)
            if link and device in readable:
                link.take_in()
            if server in readable:
                self._connection.receive()
        return True

    def _command(self, command: bytes) -> None:
        """A command of the server's own; what it answers, or that it knows none, says nothing.

        OpenOCD, pyOCD, J-Link and ST-LINK know one, and what their chips need; QEMU another.
        """
        self._connection.monitor(command)

    def _reset_by_core(self) -> None:
        """By the core's own means, which halts it where it can be halted."""
        self.set_word(DEMCR, self.word(DEMCR) | VC_CORERESET)
        self.set_word(AIRCR, SYSRESETREQ)

    def _is_at_reset_handler(self) -> bool:
        return self.registers().pc == self.word(self.word(VTOR) + 4) & ~1

    def _demand(self, packet: bytes, what: str) -> None:
        answer = self._connection.request(packet)
        if answer != b"OK":
            raise self._refused(what, answer)

    def _refused(self, what: str, answer: bytes) -> LinkError:
        how = f"it answered {_shown(answer)}" if answer else "it does not know how"
        return LinkError(f"{self.name} did not {what}: {how}")


def _packet_size(supported: bytes) -> int:
    """Bytes of a packet that the server takes."""
    said = _SUPPORTED_SIZE.search(supported)
    size = int(said[1], 16) if said else 0
    return min(size, _LARGEST_SIZE) if size >= _DEFAULT_SIZE else _DEFAULT_SIZE


def _is_sum(digits: bytes, content: bytes) -> bool:
    return digits.lower() == b"%02x" % (sum(content) % 256)


def _decoded(content: bytes) -> bytes:
    """Undoes run-length encoding, then escapes."""
    expanded = _RUN_LENGTH.sub(lambda m: m[1] * max(m[2][0] - 28, 1), content)
    return _ESCAPED.sub(lambda m: bytes([m[1][0] ^ 0x20]), expanded)


def _shown(said: bytes) -> str:
    text = said[:_SHOWN].decode("latin-1")
    return repr(text) + ("..." if len(said) > _SHOWN else "")
