"""Renode: one headless process, its UART on a private pseudo terminal."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import termios
import time
import tty
from pathlib import Path

from harness import paths
from harness.errors import LinkError, SetupError, UsageError
from harness.link import Link, Transcript
from harness.platform import Platform
from harness.targets.base import MemoryLane, Target, TargetOptions
from harness.targets.renode_monitor import RenodeMonitor

INSTALLED = paths.BUILD / "renode" / "renode"
"""Where ``make renode`` puts it."""
QUANTUM = "0.001"
"""Virtual seconds between two looks at the outside world; a larger one is faster and deafer."""
VERSION_TIMEOUT = 30.0
_LOOK_AGAIN = 0.5
"""Seconds of silence after which Renode is asked whether it still runs."""


class _PtyLink(Link):
    """A link over Renode's pseudo terminal."""

    def __init__(self, path: Path, transcript: Transcript, monitor: RenodeMonitor) -> None:
        self.transcript = transcript
        self._monitor = monitor
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        # Not TCSAFLUSH, which would drop what has been printed already.
        tty.setraw(self._file, termios.TCSANOW)

    def read(self, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self._file], [], [], min(left, _LOOK_AGAIN))[0]:
                return self._received()
            if trouble := self._monitor.trouble():
                raise LinkError(trouble)
        return b""

    def write(self, data: bytes) -> None:
        self.transcript.sent(data)
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise LinkError(self._monitor.last_words()) from error

    def close(self) -> None:
        os.close(self._file)

    def _received(self) -> bytes:
        try:
            data = os.read(self._file, 65536)
        except OSError:
            data = b""
        if not data:  # the other end of the pseudo terminal is gone
            raise LinkError(self._monitor.last_words())
        self.transcript.received(data)
        return data


class _LoadedLane(MemoryLane):
    """Memory that the monitor loads files into."""

    def __init__(self, monitor: RenodeMonitor, folder: Path, address: int, size: int) -> None:
        self.size = size
        self._monitor = monitor
        self._file = folder / "lane"
        self._address = address

    def write(self, data: bytes) -> None:
        self._file.write_bytes(data)
        self._monitor.execute(f"sysbus LoadBinary @{self._file} 0x{self._address:x}")


class RenodeTarget(Target):
    """Renode with a platform's own .repl and .resc; instructions are counted, not cycles."""

    name = "renode"
    default_platform = "stm32h747i-disco"
    ticks_unit = "instructions"
    # Renode does not trap a division by zero.
    faults = ("udf", "bus")

    @classmethod
    def check(cls, options: TargetOptions) -> str:
        executable = _find(options)
        try:
            version = subprocess.run(
                [executable, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SetupError(f"{executable} does not run: {error}") from error
        if version.returncode or "Renode" not in version.stdout:
            said = (version.stdout + version.stderr).strip()
            raise SetupError(f"{executable} does not run: {said or 'it said nothing'}")
        return version.stdout.splitlines()[0]

    def __init__(self, platform: Platform, transcript: Transcript, options: TargetOptions) -> None:
        if not platform.renode_uart:
            raise UsageError(f"Renode has no machine for the platform {platform.name}")
        self._platform = platform
        self._transcript = transcript
        self._options = options
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._monitor: RenodeMonitor | None = None
        self._link: _PtyLink | None = None
        self._lane: MemoryLane | None = None

    @property
    def lane(self) -> MemoryLane | None:
        return self._lane

    def start(self, elf: Path) -> Link:
        executable = _find(self._options)
        self._folder = tempfile.TemporaryDirectory(prefix="tinyml-hil-")
        folder = Path(self._folder.name)
        self._monitor = RenodeMonitor(executable, folder)
        self._transcript.note(str(executable))
        for command in self._commands(elf, folder):
            self._transcript.note(command)
            self._monitor.execute(command)
        self._link = _PtyLink(folder / "uart", self._transcript, self._monitor)
        self._monitor.execute("start")
        platform = self._platform
        if platform.lane_size:
            self._lane = _LoadedLane(
                self._monitor, folder, platform.lane_address, platform.lane_size
            )
        return self._link

    def stop(self) -> None:
        if self._link:
            self._link.close()
            self._link = None
        if self._monitor:
            self._monitor.close()
            self._monitor = None
        self._lane = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def _commands(self, elf: Path, folder: Path) -> list[str]:
        """What makes the machine: the script that a person runs by hand too, and a private UART."""
        name = self._platform.name
        return [
            f"$elf=@{elf}",
            f"include @{paths.PLATFORMS / name / name}.resc",
            f'emulation SetGlobalQuantum "{QUANTUM}"',
            f'emulation CreateUartPtyTerminal "uart" "{folder / "uart"}"',
            f"connector Connect {self._platform.renode_uart} uart",
        ]


def _find(options: TargetOptions) -> Path:
    chosen = options.renode or os.environ.get("RENODE")
    found = shutil.which(chosen or "renode") or (None if chosen else shutil.which(INSTALLED))
    if not found:
        raise SetupError(
            f"{chosen} is no program; give Renode's with --renode or RENODE"
            if chosen
            else "Renode is not installed: make renode, or give its program with --renode or RENODE"
        )
    return Path(found)
