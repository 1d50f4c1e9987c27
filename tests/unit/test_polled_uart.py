"""Firmware that polls its UART, as MLPerf's own main does, is given what is sent to it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from tests import polled_uart
from tinyml_hil.build import COMPILER
from tinyml_hil.target.qemu import EXECUTABLE

pytestmark = pytest.mark.skipif(
    not (shutil.which(EXECUTABLE) and shutil.which(COMPILER)),
    reason=f"needs {EXECUTABLE} and {COMPILER}",
)
TIMEOUT = 120.0
STARTS = 5
"""QEMU missed the first command in three of four."""
SILENCE = 1_000_000
"""Rounds in which QEMU's main loop has long gone to sleep."""


def test_first_command_is_answered_in_every_start(tmp_path: Path) -> None:
    elf = polled_uart.build(tmp_path / "polled.elf")
    for _ in range(STARTS):
        with polled_uart.started(elf, tmp_path / "uart.log") as link:
            assert polled_uart.says(link, b"ready\n", TIMEOUT)
            link.write(b"help%")
            assert polled_uart.says(link, b"help%", TIMEOUT)


def test_what_is_sent_while_the_receiver_is_off_comes_when_it_is_on(tmp_path: Path) -> None:
    elf = polled_uart.build(tmp_path / "silent.elf", SILENCE)
    with polled_uart.started(elf, tmp_path / "uart.log") as link:
        link.write(b"name%help%db%")
        assert polled_uart.says(link, b"ready\nname%help%db%", TIMEOUT)


def test_ignored_alarms_do_not_end_qemu(tmp_path: Path) -> None:
    elf = polled_uart.build(tmp_path / "silent.elf", SILENCE)
    handler = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with polled_uart.started(elf, tmp_path / "uart.log") as link:
            link.write(b"help%")
            assert polled_uart.says(link, b"ready\nhelp%", TIMEOUT)
    finally:
        signal.signal(signal.SIGALRM, handler)
