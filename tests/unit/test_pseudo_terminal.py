"""``tinyml-hil run --pty``: the device's UART for programs that expect a serial port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from fixtures import places
from tests.unit.conftest import PATIENCE, processes_naming
from tinyml_hil.build import Firmware
from tinyml_hil.errors import LinkError
from tinyml_hil.target import SocketLink, Transcript, serve_at_pseudo_terminal


@pytest.fixture
def running(built: Firmware, private_tmp: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, with its simulator's files in a folder that can be looked for."""
    command = [sys.executable, "-m", "tinyml_hil", "run", "--pty", "--target=qemu"]
    with subprocess.Popen(
        [*command, f"--firmware={built.elf}"],
        cwd=places.ROOT,
        env=os.environ | {"TMPDIR": str(private_tmp)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def _path(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        if line.startswith("the device's UART is at "):
            return line.split()[5].rstrip(",")
    raise AssertionError("it ended without a terminal")


def test_programs_open_it_as_a_serial_port_one_after_another(
    running: subprocess.Popen[str],
) -> None:
    path = _path(running)
    for _ in range(2):
        with serial.Serial(path, 115200, timeout=PATIENCE) as port:
            port.write(b"name%")
            assert port.readline().startswith(b"m-name-dut-[")
            assert port.readline() == b"m-ready\r\n"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_its_simulator(
    running: subprocess.Popen[str], private_tmp: Path, signum: signal.Signals
) -> None:
    _path(running)
    running.send_signal(signum)
    assert running.wait(PATIENCE) == 0
    assert processes_naming(private_tmp) == []


def test_device_that_goes_away_ends_it(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    link = SocketLink(ours, Transcript(tmp_path / "uart.log"), lambda: "the other end is gone")
    with pytest.raises(LinkError, match="the other end is gone"):
        serve_at_pseudo_terminal(link, lambda _: theirs.close())


def test_what_nobody_reads_does_not_hold_the_device_up(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    link = SocketLink(ours, Transcript(tmp_path / "uart.log"), lambda: "the other end is gone")

    def chatter() -> None:
        theirs.sendall(bytes(1 << 20))
        theirs.close()

    thread = threading.Thread(target=chatter)
    with pytest.raises(LinkError):
        serve_at_pseudo_terminal(link, lambda _: thread.start())
    thread.join(PATIENCE)
    assert not thread.is_alive()
