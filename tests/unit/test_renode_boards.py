"""Boards that Renode has, besides the default one: the host's bits, a fault, a reset.

Each is run from a copy of its folder, under another name, as a user's own platform would be.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tinyml_hil import paths
from tinyml_hil.build import load_platform
from tinyml_hil.device import PASSED
from tinyml_hil.errors import FaultError
from tinyml_hil.session import Options, Session

BOARDS = ("stm32f746g-disco",)


@pytest.mark.parametrize("board", BOARDS)
def test_board_gives_the_host_s_bits_and_survives_a_fault_and_a_reset(
    renode: Path, board: str, tmp_path: Path
) -> None:
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
