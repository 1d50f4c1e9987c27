"""Boards that Renode has: the host's bits, a fault, a reset; a supply that must be left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tinyml_hil import paths
from tinyml_hil.build import Firmware, load_platform
from tinyml_hil.device import PASSED
from tinyml_hil.errors import FaultError
from tinyml_hil.session import Options, Session

BOARDS = ("stm32f746g-disco",)
"""Besides the default one, which the whole suite runs on."""
PWR_CR3 = 0x5802480C
"""Where the STM32H747's supply is chosen, once (RM0399 Rev 4, 7.8.4)."""
SMPS_FEEDS_LDO = 0x16
"""By its lowest bits alone it is the value after power-on (RM0399 Rev 4, 7.4, Table 33)."""


@pytest.mark.parametrize("board", BOARDS)
def test_board_gives_the_host_s_bits_and_survives_a_fault_and_a_reset(
    renode: Path, board: str, tmp_path: Path
) -> None:
    """From a copy of the board's folder, under another name, as a user's own platform would be."""
    own = tmp_path / "my-board"
    shutil.copytree(paths.PLATFORMS / board, own)
    session = Session(Options(target="renode", platform=str(own), renode=renode))
    with session.device(tmp_path / "uart.log") as device:
        assert PASSED in device.boot_lines
        assert device.info.platform == "my-board"
        assert device.info.lane_size == load_platform(board).lane_size
        records = list(session.evaluation(device).records(range(len(session.dataset))))
        assert len(records) == 20
        assert all(record.exact for record in records)
        with pytest.raises(FaultError, match="fault_unmapped_address"):
            device.console.request("fault bus")
        device.reset()
        assert PASSED in device.boot_lines


@pytest.mark.nightly
def test_supply_that_another_program_has_chosen_is_told_and_left_alone(
    renode: Path, built_for_renode: Firmware, tmp_path: Path
) -> None:
    session = Session(Options(target="renode", renode=renode, firmware=built_for_renode.elf))
    with session.device(tmp_path / "uart.log") as device:
        monitor = device._running.target._monitor  # type: ignore[attr-defined]
        monitor.execute(f"sysbus WriteDoubleWord {PWR_CR3} {SMPS_FEEDS_LDO}")
        device.console.restart()
        said = ""
        while not said.startswith("e-["):
            said = device.console.read_line("the boot output")
        assert "the supply is locked to another one than direct SMPS" in said
        assert f"0x{SMPS_FEEDS_LDO:08X}" in monitor.execute(f"sysbus ReadDoubleWord {PWR_CR3}")
