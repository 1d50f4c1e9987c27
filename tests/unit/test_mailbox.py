"""The mailbox: firmware without a UART, whose console is in RAM, on QEMU and on a board."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flipped import FAILED_BY_A_FLIP, copy_with_flipped_bit, flip_that_matters
from tests.no_uart import RENODE_S, platform_without_uart
from tests.unit.conftest import PATIENCE, Suite, failed_tests
from tests.unit.debugged import DebuggedBoard
from tests.unit.simulated_board import platform as board_platform
from tests.unit.test_firmware_rooms import check_order, linked_objects, read_needs
from tinyml_hil.build import COMPILER, Firmware, load_platform
from tinyml_hil.device import Device
from tinyml_hil.errors import FaultError, LinkError, SetupError, UsageError
from tinyml_hil.session import Options, Session
from tinyml_hil.target import Debugger, Link, TargetOptions, Transcript
from tinyml_hil.target.board import BoardTarget
from tinyml_hil.target.mailbox import Mailbox
from tinyml_hil.target.qemu import EXECUTABLE, QemuTarget

pytestmark = pytest.mark.skipif(
    not (shutil.which(EXECUTABLE) and shutil.which(COMPILER)),
    reason=f"needs {EXECUTABLE} and {COMPILER}",
)
PASSED, TESTS_FAILED = 0, 1
VERSION, SENT_HEAD = 4, 16
"""Offsets in the mailbox."""
STAND_STILL, RUN_ROUND = bytes.fromhex("fee7"), bytes.fromhex("00bffde7")
"""``b .``, and a loop of two instructions."""
SHORT = 0.5
"""Seconds that are waited for what never comes."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return platform_without_uart(tmp_path_factory.mktemp("platform"))


@pytest.fixture(scope="module")
def session(platform: Path) -> Session:
    return Session(Options(platform=str(platform), reply_timeout=PATIENCE))


@pytest.fixture(scope="module")
def firmware(session: Session) -> Firmware:
    return session.firmware


@pytest.fixture(scope="module")
def device(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    with session.device(tmp_path_factory.mktemp("device") / "console.log") as device:
        yield device


def test_no_uart_is_in_the_firmware(firmware: Firmware) -> None:
    linked = firmware.elf.with_suffix(".map").read_text()
    assert "bsp/mailbox.o" in linked
    assert "bsp/mps/uart.o" not in linked
    assert "bsp/wait.o" not in linked
    check_order(read_needs(linked_objects(firmware.elf)))


def test_bits_and_instructions_are_those_of_the_firmware_with_a_uart(
    device: Device, session: Session, tmp_path: Path
) -> None:
    image = session.model.input_of(session.dataset.image(0))
    with Session(Options(reply_timeout=PATIENCE)).device(tmp_path / "uart.log") as other:
        expected = other.classify(image)
    assert expected.output.tobytes() == session.reference.predict(image).tobytes()
    for lane in ("memory", "uart"):
        found = device.classify(image, lane)
        assert found.output.tobytes() == expected.output.tobytes()
        assert found.ticks == expected.ticks


def test_fault_is_told_and_a_reset_brings_the_device_back(device: Device) -> None:
    with pytest.raises(FaultError, match=r"faulted: e-fault-\[usage"):
        device.console.request("fault udf")
    device.reset()
    assert device.boot_lines
    assert device.revivals == []
    assert device.selftest()[-1] == "~~~ALL TESTS PASSED~~~"


@contextmanager
def booted(firmware: Firmware, folder: Path) -> Iterator[tuple[Link, Debugger, Mailbox]]:
    """The firmware's link after its banner; its debugger; and where the mailbox is."""
    target = QemuTarget(
        load_platform("mps2-an500"), Transcript(folder / "console.log"), TargetOptions()
    )
    try:
        link = target.start(firmware.elf)
        assert b"tinyml-hil" in said(link, b"m-ready")
        assert target._debugger
        mailbox = Mailbox.of(firmware.elf)
        assert mailbox
        yield link, target._debugger, mailbox
    finally:
        target.stop()


def said(link: Link, end: bytes) -> bytes:
    """What comes until ``end`` has."""
    data = b""
    while end not in data:
        more = link.read(PATIENCE)
        assert more
        data += more
    return data


@pytest.mark.parametrize(
    ("offset", "word", "error", "message"),
    [
        (0, 0xDEADBEEF, LinkError, r"is damaged: it begins with 0xdeadbeef"),
        (VERSION, 2, UsageError, r"is of version 2, and this tinyml-hil reads version 1: build"),
        (SENT_HEAD, 0x12345, LinkError, r"is damaged: a ring of 1024 bytes holds [\d]+"),
    ],
    ids=["magic", "version", "ring"],
)
def test_mailbox_that_is_damaged_is_one_sentence(
    firmware: Firmware,
    tmp_path: Path,
    offset: int,
    word: int,
    error: type[Exception],
    message: str,
) -> None:
    with booted(firmware, tmp_path) as (link, debugger, mailbox):
        debugger.set_word(mailbox.address + offset, word)
        with pytest.raises(error, match=message) as raised:
            link.read(PATIENCE)
        assert "\n" not in str(raised.value)


def test_mailbox_that_comes_damaged_is_told_by_its_crc(
    firmware: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with booted(firmware, tmp_path) as (link, debugger, _mailbox):
        whole = debugger.read

        def read(address: int, size: int) -> bytes:
            data = whole(address, size)
            return data if size <= 4 else data[:100] + bytes([data[100] ^ 1]) + data[101:]

        monkeypatch.setattr(debugger, "read", read)
        with pytest.raises(LinkError, match=r"damaged: its CRC32 is [0-9a-f]{8}, not [0-9a-f]{8}"):
            link.read(PATIENCE)


@pytest.mark.parametrize(
    ("code", "how"), [(STAND_STILL, "stands still"), (RUN_ROUND, "runs, but says nothing")]
)
def test_core_that_stands_still_is_told_from_one_that_says_nothing(
    firmware: Firmware, tmp_path: Path, code: bytes, how: str
) -> None:
    with booted(firmware, tmp_path) as (link, debugger, _mailbox):
        place = firmware.symbols.function("command_name").address
        debugger.write(place, code)
        link.write(b"name%")
        assert link.read(SHORT) == b""
        assert link.why_silent().startswith(f"The core {how}: it is in command_name (")


def test_what_was_said_stays_in_ram_for_whoever_reads_it_later(
    firmware: Firmware, tmp_path: Path
) -> None:
    """A board that no debugger attends to does not wait for one."""
    with booted(firmware, tmp_path) as (_link, debugger, mailbox):
        debugger.clear_break(mailbox.attend)
        debugger.reset()
        debugger.set_break(firmware.symbols.function("bsp_idle").address)
        assert debugger.run(PATIENCE)
        head, tail = struct.unpack("<II", debugger.read(mailbox.address + SENT_HEAD, 8))
        assert 0 < head - tail <= 1024
        kept = debugger.read(mailbox.address + SENT_HEAD + 8, 1024)
        start = tail % 1024
        assert (kept[start:] + kept[:start])[: head - tail].endswith(b"m-ready\r\n")
        assert b"~~~ALL TESTS PASSED~~~" in kept


def test_board_without_a_serial_port_is_tested_by_its_debugger(
    firmware: Firmware, tmp_path: Path
) -> None:
    with DebuggedBoard(tmp_path, firmware.elf) as board:
        without_port = replace(board_platform(), usb_ids=())
        options = TargetOptions(debugger=board.address, flash="none")
        BoardTarget.locate(without_port, options)
        target = BoardTarget(without_port, Transcript(tmp_path / "console.log"), options)
        try:
            link = target.start(firmware.elf)
            assert b"~~~ALL TESTS PASSED~~~" in said(link, b"m-ready")
            link.write(b"name%")
            assert b"m-name-dut-" in said(link, b"m-ready")
        finally:
            target.stop()


def test_board_without_a_serial_port_needs_a_debugger(firmware: Firmware, tmp_path: Path) -> None:
    target = BoardTarget(board_platform(), Transcript(tmp_path / "console.log"), TargetOptions())
    with pytest.raises(SetupError, match="no debugger that is known of: start"):
        target.start(firmware.elf)


@pytest.mark.nightly
def test_suite_is_green_through_ram_alone(suite: Suite, platform: Path) -> None:
    result = suite(f"--platform={platform}")
    assert result.returncode == PASSED, result.stdout
    assert failed_tests(result) == set()


@pytest.mark.nightly
@pytest.mark.usefixtures("renode")
def test_suite_is_green_through_ram_alone_in_renode(suite: Suite, tmp_path: Path) -> None:
    result = suite("--target=renode", f"--platform={platform_without_uart(tmp_path, RENODE_S)}")
    assert result.returncode == PASSED, result.stdout
    assert "passed" in result.stdout


@pytest.mark.nightly
def test_suite_is_green_on_a_board_without_a_serial_port(
    suite: Suite, firmware: Firmware, platform: Path, tmp_path: Path
) -> None:
    with DebuggedBoard(tmp_path, firmware.elf) as board:
        on_board = ("--target=board", f"--debugger={board.address}", "--flash=none")
        result = suite(*on_board, f"--platform={platform}")
    assert result.returncode == PASSED, result.stdout
    assert "passed" in result.stdout


@pytest.mark.nightly
def test_flipped_weight_fails_the_same_tests_as_over_a_uart(
    suite: Suite, firmware: Firmware, platform: Path, tmp_path: Path
) -> None:
    matters = flip_that_matters(Session(Options()), tmp_path, lambda changed: changed[0])
    assert matters is not None
    elf = copy_with_flipped_bit(firmware.elf, tmp_path / "broken.elf", ".model", matters)
    result = suite("--images=1", f"--firmware={elf}", f"--platform={platform}")
    assert result.returncode == TESTS_FAILED
    assert failed_tests(result) >= FAILED_BY_A_FLIP
