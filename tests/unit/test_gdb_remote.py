"""The client of GDB's protocol against servers that do not keep to it: one error, and no hang."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from tests.unit.conftest import PATIENCE
from tests.unit.gdb_server import Spoil, framed, gdb_server
from tinyml_hil.errors import LinkError
from tinyml_hil.target import HoldingLink, SocketLink, Transcript
from tinyml_hil.target.gdb_remote import MOST_IGNORED, GdbConnection, GdbDebugger

SILENCE = 2.0
"""Seconds in which a server has to answer that never will; one that is only slow does."""
FUZZED = 400


def _as_it_is(request: bytes, answer: bytes) -> bytes:
    return answer


def _at(wanted: bytes, said: bytes | Callable[[bytes], bytes]) -> Spoil:
    """Says something else to requests that start with ``wanted``."""

    def spoil(request: bytes, answer: bytes) -> bytes:
        if not request.startswith(wanted):
            return answer
        return said if isinstance(said, bytes) else said(answer)

    return spoil


def _link(tmp_path: Path) -> tuple[HoldingLink, socket.socket]:
    ours, theirs = socket.socketpair()
    link = SocketLink(ours, Transcript(tmp_path / "uart.log"), lambda: "gone")
    return HoldingLink(link), theirs


def _use(connection: GdbConnection, link: HoldingLink, timeout: float = PATIENCE) -> None:
    """All that a debugger does, once; it runs for ``timeout`` at most."""
    debugger = GdbDebugger(connection)
    try:
        debugger.write(0x100, b"twenty bytes of data")
        assert debugger.read(0x100, 20) == b"twenty bytes of data"
        registers = debugger.registers()
        debugger.set_registers(registers.replaced(r0=1))
        assert debugger.registers().general[0] == 1
        debugger.set_break(0x1000)
        assert debugger.run(timeout, link)
        debugger.step()
        debugger.clear_break(0x1000)
    finally:
        debugger.close()


def _ask(connection: GdbConnection) -> None:
    debugger = GdbDebugger(connection)
    debugger.read(0x10, 4)
    debugger.registers()
    debugger.set_break(0x1000)


def test_server_that_keeps_to_the_protocol_is_understood(tmp_path: Path) -> None:
    link, _theirs = _link(tmp_path)
    with gdb_server(_as_it_is, PATIENCE) as connection:
        _use(connection, link)


@pytest.mark.parametrize(
    "spoil",
    [
        _at(b"QStartNoAckMode", b"+" + framed(b"")),
        _at(b"qSupported", b"+" + framed(b"")),
        _at(b"qSupported", b"+" + framed(b"PacketSize=nonsense")),
        _at(b"qSupported", b"+" + framed(b"PacketSize=0")),
        _at(b"G", b"+" + framed(b"")),
        _at(b"Z1", b"+" + framed(b"")),
        _at(b"m", lambda answer: b"%Stop:T05#00" + answer),
        _at(b"m", lambda answer: framed(b"O48656c6c6f") + answer),
        _at(b"g", lambda answer: framed(b"T02thread:01;") + answer),
        _at(b"c", lambda answer: framed(b"O48656c6c6f") + answer),
    ],
    ids=[
        *("no-ack mode unknown", "nothing supported", "no size", "size 0", "no G", "no Z1"),
        *("notification", "console output", "late stop", "console output while it runs"),
    ],
)
def test_what_servers_may_lack_or_say_besides_does_no_harm(spoil: Spoil, tmp_path: Path) -> None:
    link, _theirs = _link(tmp_path)
    with gdb_server(spoil, PATIENCE) as connection:
        _use(connection, link)


def test_run_lengths_and_escapes_are_undone() -> None:
    said = framed(b"0*,0* ")  # 16 digits, and 4
    with gdb_server(_at(b"m", said), PATIENCE) as connection:
        assert GdbDebugger(connection).read(0, 10) == bytes(10)
    with gdb_server(_at(b"m", framed(b"4}\x11")), PATIENCE) as connection:
        assert GdbDebugger(connection).read(0, 1) == b"A"


def test_wrong_checksum_is_asked_for_again_where_servers_await_it() -> None:
    tries = count()

    def spoil(request: bytes, answer: bytes) -> bytes:
        if request == b"QStartNoAckMode":
            return b"+" + framed(b"")
        if request == b"g" and next(tries) == 0:
            return b"+$00#ff" + answer[1:]
        return answer

    with gdb_server(spoil, PATIENCE) as connection:
        assert GdbDebugger(connection).registers().general[0] == 0x03020100


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_at(b"m", framed(b"E14")), r"the server did not read 4 bytes at 0x00000010: .*'E14'"),
        (_at(b"m", framed(b"")), "did not read 4 bytes .*: it does not know how"),
        (_at(b"m", framed(b"00")), "did not read 4 bytes .*: it answered '00'"),
        (_at(b"m", framed(b"zzzzzzzz")), "did not read 4 bytes .*: it answered 'zzzzzzzz'"),
        (_at(b"m", framed(b"00" * 9)), "did not read 4 bytes"),
        (_at(b"m", b"$00000000#ff"), "sends a wrong checksum with '00000000'"),
        (_at(b"m", b"$" + b"0" * (1 << 17)), "sends a packet without end"),
        (_at(b"m", framed(b"O" + b"20" * 500) * 2000), "talks without end"),
        (_at(b"m", b"%" + b"n" * 500 + b"#00"), "gave no answer to 'm10,4' within"),
        (_at(b"m", b"HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak .* it said 'HTTP/1.1 400"),
        (_at(b"m", b""), "gave no answer to 'm10,4' within"),
        (_at(b"m", b"$0000"), "gave no answer to 'm10,4' within"),
        (_at(b"?", framed(b"W00")), r"says that the program has ended \('W00'\)"),
        (_at(b"?", framed(b"OK")), "answers 'OK' where the core stops or runs"),
        (_at(b"g", framed(b"xx" * 64)), "did not read the registers"),
        (_at(b"g", framed(b"00" * 20)), "did not read the registers"),
        (_at(b"Z", framed(b"E09")), "did not set a breakpoint at 0x00001000: it answered 'E09'"),
    ],
)
def test_what_a_server_says_wrong_is_one_error(spoil: Spoil, said: str) -> None:
    patience = PATIENCE if "without end" in said else SILENCE
    with gdb_server(spoil, patience) as connection, pytest.raises(LinkError, match=said):
        _ask(connection)


def test_server_that_dies_in_the_middle_of_a_packet_hung_up() -> None:
    def spoil(request: bytes, answer: bytes) -> bytes:
        if request == b"g":
            raise StopIteration
        return answer

    with gdb_server(spoil, PATIENCE) as connection, pytest.raises(LinkError, match="hung up"):
        GdbDebugger(connection).registers()


def test_wrong_checksums_without_end_are_given_up() -> None:
    def spoil(request: bytes, answer: bytes) -> bytes:
        return b"+$OK#00" * (MOST_IGNORED // 7)

    with (
        gdb_server(spoil, PATIENCE) as connection,
        pytest.raises(LinkError, match="talks without end, or with wrong checksums only"),
    ):
        GdbDebugger(connection)


def test_connection_that_failed_is_of_no_use_any_more() -> None:
    with gdb_server(_at(b"m", framed(b"1")[:-1]), SILENCE) as connection:
        debugger = GdbDebugger(connection)
        for _ in range(2):  # the second is not taken for the answer that was missing
            with pytest.raises(LinkError, match="gave no answer to 'm0,4'"):
                debugger.read(0, 4)
        debugger.close()


def test_core_that_does_not_stop_is_given_up(tmp_path: Path) -> None:
    link, _theirs = _link(tmp_path)
    with (
        gdb_server(_at(b"c", b""), SILENCE) as connection,
        pytest.raises(LinkError, match="the server gave no answer within"),
    ):
        GdbDebugger(connection).run(0, link)


def _damaged(answer: bytes, chance: random.Random) -> bytes:
    """One thing that can happen to bytes."""
    at = chance.randrange(len(answer) + 1)
    return chance.choice(
        [
            answer[:at],
            answer[at:],
            answer + answer,
            answer[:at] + chance.randbytes(chance.randrange(1, 9)) + answer[at:],
            answer[:at] + bytes([chance.randrange(256)]) + answer[at + 1 :],
            answer[:at] + answer[at:][::-1],
            framed(chance.randbytes(chance.randrange(40)).replace(b"#", b"").replace(b"$", b"")),
            framed(chance.choice([b"", b"E01", b"OK", b"S05", b"W00", b"O20", b"F1,2", b"0* "])),
        ]
    )


@pytest.mark.parametrize("seed", range(4))
def test_damaged_answers_are_errors_and_nothing_else(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)

    def spoil(request: bytes, answer: bytes) -> bytes:
        return _damaged(answer, chance) if chance.random() < 0.15 else answer

    link, _theirs = _link(tmp_path)
    for _ in range(FUZZED // 4):
        with (
            gdb_server(spoil, 0.02) as connection,
            # What is damaged may be the memory's own content, or say that all went well.
            suppress(LinkError, AssertionError),
        ):
            _use(connection, link, timeout=0.02)
