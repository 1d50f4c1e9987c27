"""Renode inside a Python process, by pyrenode3, which tells a failed command from its words.

A process holds one Renode at most, for good, and what crashes Renode crashes Python too. So it is
not the process that runs the tests, but one of its own, which runs ``pyrenode_server.py``.
"""

from __future__ import annotations

import importlib.util
import json
import socket
import sys
import time
from pathlib import Path

from tinyml_hil.errors import LinkError, SetupError
from tinyml_hil.target.renode_driver import TIMEOUT, RenodeDriver

SOURCE = "git+https://github.com/antmicro/pyrenode3@dde4a47660ef1b8874a91ed514a0bd04b33a5add"
"""The commit that this has been run with; pyrenode3 is not on PyPI."""
_SERVER = Path(__file__).with_name("pyrenode_server.py")


class PyrenodeDriver(RenodeDriver):
    """A Python process that has loaded Renode and takes commands on a private socket."""

    name = "pyrenode"

    @classmethod
    def check(cls) -> None:
        if importlib.util.find_spec("pyrenode3") is None:
            raise SetupError(
                f"pyrenode3 is not installed: {sys.executable} -m pip install '{SOURCE}', "
                "or leave --renode-driver out"
            )

    def __init__(self, executable: Path, folder: Path) -> None:
        self._commands = 0
        self._received = b""
        self._socket, theirs = socket.socketpair()
        with theirs:
            # -P: the modules beside the server must not hide others of the same name.
            server = [sys.executable, "-P", str(_SERVER)]
            server += [str(theirs.fileno()), str(folder / "config")]
            self._launch(server, folder, _where_renode_is(executable), [theirs.fileno()])
        self._open_log()

    def execute(self, command: str, timeout: float = TIMEOUT) -> str:
        self._commands += 1
        try:
            self._socket.sendall(json.dumps([self._commands, command]).encode() + b"\n")
            said, error = self._reply(self._commands, timeout)
        except TimeoutError as late:
            raise self._no_answer(command, timeout) from late
        except OSError as gone:
            raise LinkError(f"'{command}': {self.last_words()}") from gone
        if error:
            raise LinkError(f"Renode refused '{command}':\n{error}")
        return said

    def close(self) -> None:
        super().close()
        self._socket.close()

    def _reply(self, number: int, timeout: float) -> tuple[str, str]:
        """What command ``number`` printed and what it failed with; late replies are passed over."""
        deadline = time.monotonic() + timeout
        while True:
            line, found, rest = self._received.partition(b"\n")
            if not found:
                self._receive(deadline)
                continue
            self._received = rest
            replied, said, error = json.loads(line)
            if replied == number:
                return said, error

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError
        self._received += data


def _where_renode_is(executable: Path) -> dict[str, str]:
    """Tells pyrenode3 which Renode to load: one for Mono, or a portable one with .NET in it."""
    root = executable.resolve().parent
    for binaries in ("output/bin/Release", "bin"):
        if (root / binaries / "Renode.exe").is_file():
            return {
                "PYRENODE_RUNTIME": "mono",
                "PYRENODE_BUILD_DIR": str(root),
                "PYRENODE_BUILD_OUTPUT": binaries,
            }
    return {"PYRENODE_RUNTIME": "coreclr", "PYRENODE_BIN": str(executable.resolve())}
