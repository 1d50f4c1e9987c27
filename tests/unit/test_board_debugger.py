"""A board's debugger, by a GDB server on loopback: QEMU's, with the UART behind a cable."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.foreign import IMAGES, build_foreign
from tests.unit.conftest import PATIENCE, Run
from tests.unit.debugged import SIZE, Debugged, DebuggedBoard, build_debugged, inferred
from tests.unit.gdb_server import Core, serve
from tests.unit.simulated_board import platform
from tinyml_hil.build import COMPILER
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.target import Debugger, HoldingLink, TargetOptions, Transcript
from tinyml_hil.target.board import BoardTarget
from tinyml_hil.target.board_debugger import BoardDebugger
from tinyml_hil.target.qemu import EXECUTABLE

pytestmark = pytest.mark.skipif(
    not (shutil.which(EXECUTABLE) and shutil.which(COMPILER)),
    reason=f"needs {EXECUTABLE} and {COMPILER}",
)
SILENCE = 2.0
"""Seconds in which a server has to answer that never will; one that is only slow does."""


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Debugged:
    return build_debugged(tmp_path_factory.mktemp("firmware"), "mps2-an500")


@pytest.fixture(scope="module")
def another(firmware: Debugged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with one byte changed, in the first instruction of ``straight``."""
    content = bytearray(firmware.elf.read_bytes())
    place = content.index(bytes.fromhex("00bf") * 100)
    content[place] ^= 1
    elf = tmp_path_factory.mktemp("another") / "another.elf"
    elf.write_bytes(content)
    return elf


@contextmanager
def debugged(
    folder: Path, board: DebuggedBoard, elf: Path, flash: str = "none"
) -> Iterator[tuple[HoldingLink, Debugger]]:
    """The board, stopped by its debugger."""
    options = TargetOptions(
        port=board.port, flash=flash, volume=board.volume, debugger=board.address
    )
    target = BoardTarget(platform(), Transcript(folder / "uart.log"), options)
    try:
        yield target.debug(elf)
    finally:
        target.stop()


def test_board_s_function_is_run_again_with_other_inputs(
    tmp_path: Path, firmware: Debugged
) -> None:
    with (
        DebuggedBoard(tmp_path, firmware.elf) as board,
        debugged(tmp_path, board, firmware.elf) as (link, debugger),
    ):
        assert debugger.registers().pc == firmware["reset"]
        debugger.set_break(firmware["infer"])
        assert debugger.run(PATIENCE, link)
        at_call = debugger.registers()
        debugger.set_break(at_call.lr)
        for byte in (1, 7):
            debugger.write(firmware["input"], bytes([byte]) * SIZE)
            assert debugger.run(PATIENCE, link)
            assert debugger.registers().general[0] == inferred(bytes([byte]) * SIZE)
            debugger.set_registers(at_call)
        assert debugger.ticks() is None  # QEMU's core has no DWT
        assert debugger.ticks_unit == ""


def test_board_goes_on_when_its_debugger_has_left(tmp_path: Path, firmware: Debugged) -> None:
    with DebuggedBoard(tmp_path, firmware.elf) as board:
        for _ in range(2):
            with debugged(tmp_path, board, firmware.elf) as (link, debugger):
                debugger.set_break(firmware["infer"])
                assert debugger.run(PATIENCE, link)
        target = BoardTarget(
            platform(), Transcript(tmp_path / "uart.log"), TargetOptions(port=board.port)
        )
        assert target.start(firmware.elf).read(PATIENCE)
        target.stop()


def test_board_that_holds_another_firmware_is_said_with_where_it_differs(
    tmp_path: Path, firmware: Debugged, another: Path
) -> None:
    where = rf"does not hold .*another\.elf: its memory differs at 0x{firmware['straight']:08x}"
    with (
        DebuggedBoard(tmp_path, firmware.elf) as board,
        pytest.raises(UsageError, match=f"{where}; see --flash"),
        debugged(tmp_path, board, another),
    ):
        pass


def test_board_that_holds_another_firmware_is_programmed(
    tmp_path: Path, firmware: Debugged, another: Path
) -> None:
    with DebuggedBoard(tmp_path, another) as board:
        board.next_elf = firmware.elf
        with debugged(tmp_path, board, firmware.elf, "mass-storage") as (_link, debugger):
            assert debugger.registers().pc == firmware["reset"]
        assert board.programmed == 1


def test_board_that_was_programmed_in_vain_is_said(
    tmp_path: Path, firmware: Debugged, another: Path
) -> None:
    with DebuggedBoard(tmp_path, another) as board:
        board.next_elf = another
        with (
            pytest.raises(UsageError, match=r"differs at .*; it was not programmed with it"),
            debugged(tmp_path, board, firmware.elf, "mass-storage"),
        ):
            pass


def test_board_without_a_server_says_which_there_are(tmp_path: Path, firmware: Debugged) -> None:
    target = BoardTarget(platform(), Transcript(tmp_path / "uart.log"), TargetOptions())
    with pytest.raises(SetupError, match=r"no debugger that is known of: start .*openocd, pyocd"):
        target.debug(firmware.elf)


@pytest.mark.parametrize("address", ["3333", "localhost", "localhost:", "localhost:99999", ":1"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(UsageError, match=f"HOST:PORT, such as localhost:3333, not '{address}'"):
        BoardDebugger(address)


def test_nothing_that_listens_is_said_with_what_to_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SetupError, match=rf"no GDB server is reached at 127.0.0.1:{port} \(.*open"):
        BoardDebugger(f"127.0.0.1:{port}")


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serves one connection; the address to which it is made."""

    def accept() -> None:
        connection, _ = listener.accept()
        with connection:
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def _hang_up(connection: socket.socket) -> None:
    connection.recv(1)


def _say_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _speak_http(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: any\r\n\r\n")


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (_hang_up, "hung up"),
        (_say_nothing, "gave no answer to 'QStartNoAckMode' within 2 s"),
        (_speak_http, "does not speak GDB's protocol; it said 'HTTP/1.1 400 Bad Request"),
    ],
)
def test_what_is_no_gdb_server_is_said_with_what_to_start(
    serve: Callable[[socket.socket], None], said: str
) -> None:
    with (
        _listening(serve) as address,
        pytest.raises(LinkError, match=rf"at {address} {said}.*; start .*openocd"),
    ):
        BoardDebugger(address, SILENCE)


DEMCR, DWT_CTRL, DWT_CYCCNT = 0xE000EDFC, 0xE0001000, 0xE0001004
NOCYCCNT = 1 << 25


@contextmanager
def _probed(core: Core) -> Iterator[BoardDebugger]:
    """The debugger of a core that does nothing."""
    with (
        _listening(lambda connection: serve(connection, lambda _, answer: answer, core)) as address,
        closing(BoardDebugger(address, PATIENCE)) as debugger,
    ):
        yield debugger


def test_cycles_are_counted_also_where_their_counter_comes_round() -> None:
    core = Core()
    core.words = {DEMCR: 0, DWT_CTRL: 0, DWT_CYCCNT: 0xFFFFFFF0}
    with _probed(core) as debugger:
        assert core.words[DEMCR] == 1 << 24  # TRCENA
        assert debugger.ticks_unit == "cycles"
        before = debugger.ticks()
        core.words[DWT_CYCCNT] = 0x10
        after = debugger.ticks()
    assert before == 0
    assert after == 0x20


@pytest.mark.parametrize(
    "words",
    [{}, {DEMCR: 0}, {DEMCR: 0, DWT_CTRL: NOCYCCNT, DWT_CYCCNT: 0}],
    ids=["no DEMCR", "no DWT", "a DWT without the counter"],
)
def test_core_that_counts_no_cycles_has_no_ticks(words: dict[int, int]) -> None:
    core = Core()
    core.words = words
    with _probed(core) as debugger:
        assert debugger.ticks() is None
        assert debugger.ticks_unit == ""


@pytest.mark.nightly
def test_the_suite_is_green_on_a_board_that_only_its_debugger_knows(
    tmp_path: Path, run_pytest: Run
) -> None:
    foreign = build_foreign(tmp_path)
    board_of_ours = tmp_path / "qemu-as-board"
    board_of_ours.mkdir()
    description = (platform().folder / "platform.toml").read_text()
    described = description.replace('targets = ["qemu"]', 'targets = ["board"]')
    (board_of_ours / "platform.toml").write_text(described)
    with DebuggedBoard(tmp_path, foreign.elf) as board:
        result = run_pytest(
            *("--target=board", f"--port={board.port}", f"--debugger={board.address}"),
            *(f"--platform={board_of_ours}", "--flash=none", *foreign.options()),
        )
    assert result.returncode == 0, result.stdout
    assert re.search(rf"bit-exact +{IMAGES}/{IMAGES}", result.stdout)
