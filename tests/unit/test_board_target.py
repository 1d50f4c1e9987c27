"""The board target against real firmware behind a pseudo terminal: cables, probes and ports."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from fixtures import places
from tests.unit.conftest import PATIENCE, Run
from tests.unit.simulated_board import SimulatedBoard, heard_at_another_speed, platform
from tinyml_hil import paths
from tinyml_hil.build import Firmware
from tinyml_hil.device import PASSED, Device, console_firmware, open_device
from tinyml_hil.errors import HilError, LinkError, SetupError, UsageError
from tinyml_hil.model import load_model
from tinyml_hil.session import Options, Session
from tinyml_hil.target import TargetOptions, Transcript, find_port
from tinyml_hil.target.board import BoardTarget, require_declared
from tinyml_hil.target.qemu import EXECUTABLE

pytestmark = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)

Connect = Callable[..., Device]


@pytest.fixture
def board(
    tmp_path: Path, built: Firmware, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimulatedBoard]:
    """A board that runs the firmware already, and says so, however late on a busy machine."""
    monkeypatch.setattr(console_firmware, "_PROBE_TIMEOUT", PATIENCE)
    with SimulatedBoard(tmp_path, built.elf) as board:
        yield board


@pytest.fixture
def empty_board(tmp_path: Path, built: Firmware) -> Iterator[SimulatedBoard]:
    """A board without firmware."""
    with SimulatedBoard(tmp_path, None) as board:
        board.next_elf = built.elf
        yield board


@pytest.fixture
def connect(tmp_path: Path, built: Firmware) -> Iterator[Connect]:
    """Makes a device of a board; it is stopped when the test ends."""
    with ExitStack() as stack:

        def make(
            board: SimulatedBoard, flash: str = "mass-storage", timeout: float = PATIENCE
        ) -> Device:
            options = TargetOptions(port=board.port, flash=flash, volume=board.volume)
            transcript = Transcript(tmp_path / "uart.log")
            target = BoardTarget(platform(), transcript, options)
            model = load_model(paths.DEFAULT_MODEL)
            device = open_device(target, built, model, transcript, timeout)
            return stack.enter_context(device)

        yield make


def test_board_that_runs_this_build_is_reset_not_programmed(
    board: SimulatedBoard, connect: Connect, built: Firmware
) -> None:
    device = connect(board)
    assert PASSED in device.boot_lines
    assert device.info.build_id == built.build_id
    assert board.programmed == 0


def test_empty_board_is_programmed_by_mass_storage(
    empty_board: SimulatedBoard, connect: Connect
) -> None:
    device = connect(empty_board)
    assert PASSED in device.boot_lines
    assert empty_board.programmed == 1


def test_images_reach_the_board_over_the_uart_and_give_the_host_s_bits(
    board: SimulatedBoard, connect: Connect
) -> None:
    device = connect(board)
    session = Session(Options(images=2))
    assert device.lane == "uart"
    evaluation = session.evaluation(device)
    assert all(record.exact for record in evaluation.records(range(2)))


SILENCE = 120.0
"""Seconds that the lost end of a command costs; enough for a busy machine."""


def test_noisy_cable_costs_time_and_not_a_bit(board: SimulatedBoard, connect: Connect) -> None:
    device = connect(board, timeout=SILENCE)
    board.noise.rate = 3e-4
    records = Session(Options(images=20)).evaluation(device).run(range(20))
    assert next(records).exact
    while not device.mishaps:  # a byte may be late only, or none hit for a while
        assert next(records).exact
    board.noise.rate = 0.0


@pytest.mark.nightly  # it may have to wait for the end of a silence
def test_cable_too_noisy_for_an_input_is_an_error_that_says_so(
    board: SimulatedBoard, connect: Connect
) -> None:
    device = connect(board, timeout=SILENCE)
    evaluation = Session(Options(images=1)).evaluation(device)
    board.noise.rate = 3e-3  # of 3,072 bytes
    with pytest.raises(LinkError, match=r"never came through|no answer within"):
        evaluation.record(0)
    board.noise.rate = 0.0


@pytest.mark.nightly
@pytest.mark.parametrize("rate", [1e-5, 1e-4, 3e-4, 1e-3])
def test_no_noise_gives_a_wrong_verdict(
    board: SimulatedBoard, connect: Connect, rate: float
) -> None:
    device = connect(board, timeout=SILENCE)
    evaluation = Session(Options(images=50)).evaluation(device)
    for index in range(50):
        board.noise.rate = rate
        with contextlib.suppress(LinkError):  # it says so, and gives no output
            assert evaluation.record(index).exact
        board.noise.rate = 0.0
        device.bring_back()


def test_probe_that_refuses_the_image_is_quoted(
    empty_board: SimulatedBoard, connect: Connect
) -> None:
    empty_board.refuse_with = "The interface firmware FAILED to reset/halt the target MCU"
    with pytest.raises(LinkError, match=r"the probe refused firmware\.bin: The interface firmware"):
        connect(empty_board)


def test_failure_of_an_earlier_image_is_not_taken_for_this_one(
    empty_board: SimulatedBoard, connect: Connect
) -> None:
    (empty_board.volume / "FAIL.TXT").write_text("an old failure")
    assert PASSED in connect(empty_board).boot_lines


def test_another_build_after_programming_is_not_accepted(
    empty_board: SimulatedBoard, connect: Connect
) -> None:
    empty_board.next_elf = Session(Options(arena=60_000)).firmware.elf
    with pytest.raises(UsageError, match="it was not programmed, or another firmware answers"):
        connect(empty_board)
    assert empty_board.programmed == 1  # a wrong answer is not asked for again


def test_silent_board_that_may_not_be_programmed_is_said(
    empty_board: SimulatedBoard, connect: Connect
) -> None:
    with pytest.raises(UsageError, match=r"none it is not programmed\. Nothing at all came from"):
        connect(empty_board, flash="none")


def test_board_that_stays_silent_after_programming_is_said_with_what_to_try(
    empty_board: SimulatedBoard, connect: Connect
) -> None:
    empty_board.next_elf = None
    with pytest.raises(LinkError, match=r"(?s)no answer within 2 s.*Nothing at all came .*power"):
        connect(empty_board, timeout=2)


@pytest.mark.parametrize("samples_per_bit", [1 / 12, 8])
def test_another_baud_rate_is_said(
    board: SimulatedBoard,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    samples_per_bit: float,
) -> None:
    monkeypatch.setattr(console_firmware, "_PROBE_TIMEOUT", 10.0)  # all of it is waited
    board.samples_per_bit = samples_per_bit
    with pytest.raises(UsageError, match=r"What comes is no text: is --baud 115200 the firmware's"):
        connect(board, flash="none")


def test_text_at_the_right_baud_rate_is_heard_as_it_is() -> None:
    assert heard_at_another_speed(b"m-ready\r\n", 1.0) == b"m-ready\r\n"


def test_boot_that_is_lost_once_is_tried_again(
    empty_board: SimulatedBoard, connect: Connect, tmp_path: Path
) -> None:
    empty_board.lost_boots = 1
    assert PASSED in connect(empty_board, timeout=5).boot_lines
    assert empty_board.programmed == 2
    assert "# starting once more after: " in (tmp_path / "uart.log").read_text()


def test_boot_that_is_lost_twice_is_an_error(empty_board: SimulatedBoard, connect: Connect) -> None:
    empty_board.lost_boots = 2
    with pytest.raises(LinkError):
        connect(empty_board, timeout=5)
    assert empty_board.programmed == 2


def test_board_whose_clock_does_not_start_is_started_once_more(
    empty_board: SimulatedBoard, connect: Connect, tmp_path: Path
) -> None:
    empty_board.junk = b"\r\ne-[clock: the PLL does not lock]\r\n"
    assert PASSED in connect(empty_board).boot_lines
    said = "# starting once more after: the board has no clock: e-[clock: the PLL does not lock]"
    assert said in (tmp_path / "uart.log").read_text()


def test_junk_before_the_first_line_does_no_harm(board: SimulatedBoard, connect: Connect) -> None:
    board.junk = bytes(range(128, 200)) + b"\x00\xff\r\n"
    assert PASSED in connect(board).boot_lines


def test_slow_bytes_do_no_harm(board: SimulatedBoard, connect: Connect) -> None:
    device = connect(board)
    board.seconds_per_byte = 0.001  # about 9600 baud
    assert device.console.request("name")[0].startswith("m-name-dut-[")


def test_reset_in_the_middle_is_a_missing_answer_and_the_next_reset_mends_it(
    board: SimulatedBoard, connect: Connect
) -> None:
    device = connect(board, timeout=5)
    board.deaf = True
    with pytest.raises(LinkError, match="no answer within 5 s"):
        device.console.request("name")
    board.deaf = False
    device.reset()
    assert device.console.request("name")


def test_pulled_cable_is_said_with_what_to_do(board: SimulatedBoard, connect: Connect) -> None:
    device = connect(board)
    board.unplug()
    with pytest.raises(LinkError, match=r"went away .*was the cable pulled"):
        device.console.request("name")


def test_port_that_is_taken_is_said(board: SimulatedBoard, connect: Connect) -> None:
    with (
        serial.Serial(board.port, exclusive=True),
        pytest.raises(LinkError, match="is taken by another program"),
    ):
        connect(board)


def test_port_that_is_not_there_is_said(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "uart.log")
    target = BoardTarget(platform(), transcript, TargetOptions(port="/dev/ttyACM99"))
    with pytest.raises(LinkError, match="there is no port /dev/ttyACM99"):
        target.start(tmp_path)


OPEN_AS_NOBODY = """
import os, sys
from pathlib import Path
from tinyml_hil.errors import LinkError
from tinyml_hil.target.link import Transcript
from tinyml_hil.target.board import SerialLink
port, transcript = sys.argv[1], Transcript(Path(sys.argv[2]))
if os.geteuid() == 0:
    os.setuid(65534)
try:
    SerialLink(port, 115200, transcript)
except LinkError as error:
    print(error)
"""


def test_port_without_permission_is_said_with_what_to_do(tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.touch(mode=0)
    command = [sys.executable, "-c", OPEN_AS_NOBODY, str(port), str(tmp_path / "uart.log")]
    said = subprocess.run(command, cwd=places.ROOT, capture_output=True, text=True, check=True)
    assert f"no permission to open {port}" in said.stdout
    assert "dialout" in said.stdout or sys.platform != "linux"


def _attach(monkeypatch: pytest.MonkeyPatch, *probes: str, usb: tuple[int, int]) -> None:
    ports = []
    for number, probe in enumerate(probes):
        port = ListPortInfo(f"/dev/ttyACM{number}")
        port.vid, port.pid = usb
        port.serial_number, port.description = probe, "STLINK-V3"
        ports.append(port)
    monkeypatch.setattr(list_ports, "comports", lambda: ports)


STLINK = (0x0483, 0x374E)


def test_port_of_the_only_board_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    _attach(monkeypatch, "A1", usb=STLINK)
    assert find_port(platform(), None) == "/dev/ttyACM0"


def test_two_boards_are_listed_and_one_is_chosen_by_its_probe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _attach(monkeypatch, "A1", "B2", usb=STLINK)
    with pytest.raises(UsageError, match=r"(?s)--probe:.*ttyACM0: probe A1.*ttyACM1: probe B2"):
        find_port(platform(), None)
    assert find_port(platform(), "B2") == "/dev/ttyACM1"


def test_no_board_says_what_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _attach(monkeypatch, "A1", usb=(0x1234, 0x5678))
    with pytest.raises(SetupError, match=r"no mps2-an500 is attached \(USB 0483:374e\).*--port"):
        find_port(platform(), None)


def test_image_that_does_not_declare_its_supply_is_refused(built: Firmware) -> None:
    careful = replace(platform(), declares="supply=direct-smps")
    with pytest.raises(UsageError, match="locks the chip up"):
        require_declared(built, careful)


def test_image_that_is_not_programmed_need_not_declare_its_supply(
    board: SimulatedBoard, built: Firmware, tmp_path: Path
) -> None:
    careful = replace(platform(), declares="supply=direct-smps")
    transcript = Transcript(tmp_path / "uart.log")
    target = BoardTarget(careful, transcript, TargetOptions(port=board.port, flash="none"))
    model = load_model(paths.DEFAULT_MODEL)
    with open_device(target, built, model, transcript, PATIENCE) as device:
        assert PASSED in device.boot_lines


def test_random_junk_never_stops_the_link(board: SimulatedBoard, connect: Connect) -> None:
    device = connect(board)
    random = np.random.default_rng(5)
    for _ in range(5):
        board.junk = random.bytes(100) + b"\r\n"
        try:
            device.console.request("name")
        except HilError:
            device.console.resynchronise()
    assert device.console.request("name")[0].startswith("m-name-dut-[")


def test_the_whole_suite_passes_on_a_board_behind_a_pseudo_terminal(
    built_for_renode: Firmware, run_pytest: Run, tmp_path: Path
) -> None:
    with SimulatedBoard(tmp_path, None, "renode") as board:
        board.next_elf = built_for_renode.elf
        result = run_pytest(
            "--target=board",
            f"--port={board.port}",
            "--flash=mass-storage",
            f"--volume={board.volume}",
            "harness/tinyml_hil/suite",
            "tests/device",
            "--deselect=tests/device/test_faults.py::test_fault_names_function_file_and_line[div]",
        )
        programmed = board.programmed
    assert result.returncode == 0, result.stdout[-4000:]
    assert programmed == 1
