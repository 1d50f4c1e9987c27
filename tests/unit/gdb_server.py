"""A GDB server for tests, with a core that does nothing, that can be made to break the protocol."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tinyml_hil.target.gdb_remote import GdbConnection

MEMORY = 1 << 16
_PACKET = re.compile(rb"\$([^#]*)#..|\x03", re.DOTALL)
_MEMORY = re.compile(rb"([mM])([0-9a-f]+),([0-9a-f]+)(?::(.*))?")
Spoil = Callable[[bytes, bytes], bytes]
"""Makes of a request and the bytes of its answer those that are sent."""


def framed(content: bytes) -> bytes:
    """A packet."""
    return b"$%b#%02x" % (content, sum(content) % 256)


class Core:
    """What a well-behaved server answers; it stops at once whenever it is let go."""

    def __init__(self) -> None:
        self.memory = bytearray(MEMORY)
        self.words: dict[int, int] = {}
        """Registers of peripherals, by address; they keep what is written to them."""
        self.registers = bytes(range(16 * 4 + 4)).hex().encode()

    def answer(self, request: bytes) -> bytes:
        """The content of the answer."""
        if (found := _MEMORY.fullmatch(request)) is not None:
            return self._memory(found[1], int(found[2], 16), int(found[3], 16), found[4] or b"")
        if request[:1] == b"G":
            self.registers = request[1:]
            return b"OK"
        if request[:1] == b"P" and b"=" in request:
            number, value = request[1:].split(b"=")
            start = int(number, 16) * 8
            self.registers = self.registers[:start] + value + self.registers[start + 8 :]
            return b"OK"
        if request[:1] in b"Zz" or request[:1] == b"D":
            return b"OK"
        known = {b"g": self.registers, b"?": b"S05", b"c": b"T05", b"s": b"T05", b"\x03": b""}
        known |= {b"QStartNoAckMode": b"OK"}
        return b"PacketSize=200" if request.startswith(b"qSupported") else known.get(request, b"")

    def _memory(self, kind: bytes, address: int, size: int, data: bytes) -> bytes:
        if address in self.words and size == 4:
            if kind == b"m":
                return self.words[address].to_bytes(4, "little").hex().encode()
            self.words[address] = int.from_bytes(bytes.fromhex(data.decode()), "little")
            return b"OK"
        if address + size > MEMORY:
            return b"E14"
        if kind == b"m":
            return self.memory[address : address + size].hex().encode()
        self.memory[address : address + size] = bytes.fromhex(data.decode())
        return b"OK"


@contextmanager
def gdb_server(spoil: Spoil, patience: float) -> Iterator[GdbConnection]:
    """A connection to such a server, which says what ``spoil`` makes of its answers."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs, spoil, Core()), daemon=True)
    thread.start()
    try:
        yield GdbConnection(ours, "the server", patience=patience)
    finally:
        ours.close()
        thread.join()


def serve(connection: socket.socket, spoil: Spoil, core: Core) -> None:
    """Answers until the other end hangs up, or ``spoil`` stops the iteration."""
    received = b""
    with connection, contextlib.suppress(OSError, StopIteration):
        while data := connection.recv(65536):
            received += data
            while found := _PACKET.search(received):
                received = received[found.end() :]
                request = found[1] if found[1] is not None else b"\x03"
                answer = core.answer(request)
                sent = spoil(request, b"+" + framed(answer) if request != b"\x03" else b"")
                connection.sendall(sent)
