"""A board that labgrid lends is programmed by labgrid's driver, on the machine that it is at."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.conftest import Run
from tests.unit.exporter_host import SSHD, ExporterHost
from tests.unit.simulated_board import SimulatedBoard, the_mps2_as_a_board
from tinyml_hil.build import Firmware
from tinyml_hil.target.qemu import EXECUTABLE

pytest.importorskip("labgrid", reason="pip install 'tinyml-hil[labgrid]'")
pytestmark = [
    pytest.mark.skipif(not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"),
    pytest.mark.skipif(not SSHD, reason="apt-get install openssh-server"),
    pytest.mark.nightly,
]
from tests.unit.lab import (  # noqa: E402
    PLACE,
    PROBE_S_PLACE,
    Lab,
    lab_with,
)

GOOD, USAGE, TROUBLE = 0, 2, 3


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimulatedBoard]:
    """A board that runs nothing yet."""
    with SimulatedBoard(tmp_path, None) as board:
        yield board


@pytest.fixture
def host(board: SimulatedBoard, tmp_path: Path) -> ExporterHost:
    folder = tmp_path / "exporter"
    folder.mkdir()
    return ExporterHost(folder, board)


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """The board's, with a configuration for OpenOCD."""
    platform = the_mps2_as_a_board(tmp_path)
    (platform / "openocd.cfg").write_text("# the board's probe\n")
    return platform


def _options(lab: Lab, platform: Path, built: Firmware) -> list[str]:
    return [
        *("--target=board", f"--platform={platform}", f"--firmware={built.elf}", "--images=2"),
        *(f"--place={PLACE}", f"--coordinator={lab.coordinator}"),
    ]


def test_board_at_a_place_with_a_probe_is_programmed_through_it(
    run_cli: Run, board: SimulatedBoard, host: ExporterHost, platform: Path, built: Firmware
) -> None:
    with lab_with(board, probe=True) as lab:
        options = _options(lab, platform, built)
        result = run_cli("evaluate", *options, env=os.environ | host.environment)
        assert result.returncode == GOOD, result.stderr
        assert lab.is_free
    assert re.search(r"bit-exact +2/2", result.stdout)
    assert board.programmed == 1
    assert host.called[-1] == f"program {{{built.elf}}} verify reset exit"
    assert f'adapter usb location "{PROBE_S_PLACE}"' in host.called
    assert str(platform / "openocd.cfg") in host.called


def test_place_is_programmed_as_labgrid_s_environment_file_says(
    run_cli: Run, board: SimulatedBoard, host: ExporterHost, platform: Path, built: Firmware
) -> None:
    (platform / "openocd.cfg").unlink()
    config = platform / "of_the_lab.cfg"
    config.touch()
    environment = platform / "lab.yaml"
    with lab_with(board, probe=True) as lab:
        environment.write_text(
            f"options: {{coordinator_address: '{lab.coordinator}'}}\n"
            f"targets:\n  shelf:\n    resources: {{RemotePlace: {{name: {PLACE}}}}}\n"
            "    drivers:\n      NetworkPowerDriver: {}\n"
            "      OpenOCDDriver:\n        config: of_the_lab.cfg\n"
            "        load_commands: ['program {{{filename}}} 0x0']\n"
        )
        run = [*_options(lab, platform, built)[:-2], f"--place={environment}"]
        result = run_cli("evaluate", *run, env=os.environ | host.environment)
        assert result.returncode == GOOD, result.stderr
        assert lab.is_free
        assert lab.switch.asked == ["0", "1"]
    assert re.search(r"bit-exact +2/2", result.stdout)
    assert host.called[-1] == f"program {{{built.elf}}} 0x0"
    assert str(config) in host.called


def test_programming_that_fails_there_is_said_in_the_tool_s_own_words(
    run_cli: Run, board: SimulatedBoard, host: ExporterHost, platform: Path, built: Firmware
) -> None:
    host.fail("Error: open failed\n")
    with lab_with(board, probe=True) as lab:
        options = _options(lab, platform, built)
        result = run_cli("evaluate", *options, env=os.environ | host.environment)
        assert lab.is_free
    assert result.returncode == TROUBLE
    assert "programming failed: " in result.stderr
    assert "Error: open failed" in result.stderr
    assert "Traceback" not in result.stderr


def test_board_at_a_place_without_a_probe_is_not_programmed(
    run_cli: Run, board: SimulatedBoard, platform: Path, built: Firmware
) -> None:
    with lab_with(board) as lab:
        result = run_cli("evaluate", *_options(lab, platform, built))
    assert result.returncode == USAGE
    assert "with --flash=none it is not programmed" in result.stderr
