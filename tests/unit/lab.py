"""labgrid on loopback: a coordinator, an exporter, and a simulated board that it exports."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Self

import serial
import serial.rfc2217

from tests.unit.conftest import PATIENCE, comes_true
from tests.unit.simulated_board import SimulatedBoard

QUIET = os.environ | {"GRPC_ENABLE_FORK_SUPPORT": "0"}
PLACE = "shelf-1"
PROBE_S_PLACE = "1-2.3"
"""The USB port at which the probe is said to be."""
_PROBE = (
    "  NetworkUSBDebugger:\n    host: 127.0.0.1\n    busnum: 1\n    devnum: 2\n"
    f"    path: {PROBE_S_PLACE}\n    vendor_id: 0x0483\n    model_id: 0x374e\n"
)


def free_port() -> int:
    """One that nobody listens at, a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _NoLines(serial.Serial):
    """A pseudo terminal has no modem lines to set."""

    def _update_dtr_state(self) -> None:
        pass

    def _update_rts_state(self) -> None:
        pass

    def _update_break_state(self) -> None:
        pass


class _Manager(serial.rfc2217.PortManager):
    """Nor has it any to tell of."""

    def check_modem_lines(self, force_notification: bool = False) -> None:
        """Tells nothing."""


class SerialServer:
    """A serial port on the network, as ser2net makes one, for one client after the other."""

    def __init__(self, port: str, protocol: str) -> None:
        """``port``: the real one. ``protocol``: ``raw`` or ``rfc2217``."""
        self._port, self.protocol = port, protocol
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number = int(self._listener.getsockname()[1])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        self._listener.settimeout(0.1)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    self._relay(client)

    def _relay(self, client: socket.socket) -> None:
        with _NoLines(self._port, timeout=0) as board, client.makefile("wb", 0) as out:
            ends: tuple[Any, Any] = board, out
            manager = _Manager(*ends) if self._is_rfc2217 else None
            while not self._stop.is_set():
                ready, _, _ = select.select([client.fileno(), board.fileno()], [], [], 0.1)
                if client.fileno() in ready:
                    data = client.recv(65536)
                    if not data:
                        return
                    board.write(b"".join(manager.filter(data)) if manager else data)
                if board.fileno() in ready:
                    data = board.read(65536)
                    client.sendall(b"".join(manager.escape(data)) if manager else data)

    @property
    def _is_rfc2217(self) -> bool:
        return self.protocol == "rfc2217"


class PowerSwitch:
    """What switches a board's power when it is asked to by HTTP, as labgrid's simplerest has it."""

    def __init__(self) -> None:
        """It has not been asked yet."""
        asked = self.asked = list[str]()
        """What it was told: 0 for off, 1 for on."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path.rpartition("/")[2])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/{{value}}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Lab:
    """A coordinator and an exporter with one place; nothing of them listens beyond loopback."""

    def __init__(
        self, folder: Path, serial: SerialServer, switch: PowerSwitch, probe: bool
    ) -> None:
        """``probe``: whether a debug probe is exported too."""
        self.switch = switch
        self.coordinator = f"127.0.0.1:{free_port()}"
        config = folder / "exporter.yaml"
        config.write_text(
            "shelf:\n  NetworkSerialPort:\n    host: 127.0.0.1\n"
            f"    port: {serial.number}\n    speed: 115200\n    protocol: {serial.protocol}\n"
            "  NetworkPowerPort:\n    model: simplerest\n    index: 0\n"
            f"    host: '{switch.url}'\n{_PROBE if probe else ''}"
        )
        self._folder = folder
        self._commands: tuple[list[str], list[str]] = (
            ["labgrid.remote.coordinator", "-l", self.coordinator],
            [
                *("labgrid.remote.exporter", "--hostname", "127.0.0.1", "--name", "exporter"),
                *("-c", self.coordinator, str(config)),
            ],
        )
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for number, command in enumerate(self._commands):
            log = (self._folder / f"{number}.log").open("wb")
            arguments = [sys.executable, "-m", *command]
            self.processes.append(
                subprocess.Popen(arguments, cwd=self._folder, stdout=log, stderr=log, env=QUIET)
            )
            if number == 0:
                assert comes_true(self._answers, PATIENCE)
        self.client("-p", PLACE, "create")
        self.client("-p", PLACE, "set-tags", "board=simulated")
        self.client("-p", PLACE, "add-match", "exporter/shelf/*")
        assert comes_true(lambda: "shelf" in self.client("resources"), PATIENCE)
        return self

    def __exit__(self, *exception: object) -> None:
        for process in reversed(self.processes):
            process.terminate()
            process.wait()

    def _answers(self) -> bool:
        host, _, number = self.coordinator.partition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(number))):
            return True
        time.sleep(0.1)
        return False

    def client(self, *arguments: str) -> str:
        """What labgrid-client says."""
        command = [sys.executable, "-m", "labgrid.remote.client", "-x", self.coordinator]
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, env=QUIET, timeout=PATIENCE
        )
        return done.stdout + done.stderr

    @property
    def is_free(self) -> bool:
        """Whether nobody has the place."""
        return "acquired: None" in self.client("-p", PLACE, "show")


@contextlib.contextmanager
def lab_with(board: SimulatedBoard, protocol: str = "raw", probe: bool = False) -> Iterator[Lab]:
    """A lab whose place has that board."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SerialServer(board.port, protocol) as serial,
        PowerSwitch() as switch,
        Lab(Path(folder), serial, switch, probe) as lab,
    ):
        yield lab


@contextlib.contextmanager
def board_in_a_lab(folder: Path, elf: Path, protocol: str = "raw") -> Iterator[Lab]:
    """The same, whose board runs ``elf``, played by QEMU."""
    with SimulatedBoard(folder, elf) as board, lab_with(board, protocol) as lab:
        yield lab
