"""Renode: one headless process, its UART on a private pseudo terminal."""

from __future__ import annotations

import contextlib
import functools
import os
import re
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
from harness.targets.renode_driver import RenodeDriver
from harness.targets.renode_monitor import RenodeMonitor
from harness.targets.renode_pyrenode import PyrenodeDriver

DRIVERS: dict[str, type[RenodeDriver]] = {d.name: d for d in (RenodeMonitor, PyrenodeDriver)}
INSTALLED = paths.BUILD / "renode" / "renode"
"""Where ``make renode`` puts it."""
QUANTUM = "0.001"
"""Virtual seconds between two looks at the outside world; a larger one is faster and deafer."""
VERSION_TIMEOUT = 30.0
OLDEST, NEWEST = (1, 15), (1, 17)
"""The versions of Renode that the platform descriptions are written for."""
_NUMBER = re.compile(r"v(?:ersion )?(\d+)\.(\d+)")
_LOOK_AGAIN = 0.5
"""Seconds of silence after which Renode is asked whether it still runs."""


class _PtyLink(Link):
    """A link over Renode's pseudo terminal."""

    def __init__(self, path: Path, transcript: Transcript, monitor: RenodeDriver) -> None:
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

    def why_silent(self) -> str:
        return f"{super().why_silent()}\n{self._monitor.last_words()}"

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

    def __init__(self, monitor: RenodeDriver, folder: Path, address: int, size: int) -> None:
        self.size = size
        self._monitor = monitor
        self._file = folder / "lane"
        self._address = address

    def write(self, data: bytes, offset: int = 0) -> None:
        self._file.write_bytes(data)
        self._monitor.execute(f"sysbus LoadBinary @{self._file} 0x{self._address + offset:x}")


class RenodeTarget(Target):
    """Renode with a platform's own .repl and .resc; instructions are counted, not cycles."""

    name = "renode"
    default_platform = "stm32h747i-disco"
    ticks_unit = "instructions"
    # Renode does not trap a division by zero.
    faults = ("udf", "bus")

    @classmethod
    def check(cls, options: TargetOptions) -> str:
        driver = _driver(options)
        executable = _find(options)
        said = _version(executable)
        _require_supported(executable, said)
        driver.check()
        return f"{said}, by {driver.name}" if driver is not RenodeMonitor else said

    def __init__(self, platform: Platform, transcript: Transcript, options: TargetOptions) -> None:
        if not platform.renode_uart:
            raise UsageError(f"Renode has no machine for the platform {platform.name}")
        self._platform = platform
        self._transcript = transcript
        self._options = options
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._monitor: RenodeDriver | None = None
        self._link: _PtyLink | None = None
        self._lane: MemoryLane | None = None

    @property
    def lane(self) -> MemoryLane | None:
        return self._lane

    def start(self, elf: Path) -> Link:
        self.check(self._options)
        executable = _find(self._options)
        self._folder = tempfile.TemporaryDirectory(prefix="tinyml-hil-")
        folder = Path(self._folder.name)
        self._monitor = _driver(self._options)(executable, folder)
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
            self._keep_log(self._monitor.log)
            self._monitor = None
        self._lane = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def _keep_log(self, log: Path) -> None:
        """Adds Renode's log to that of earlier starts, beside the transcript."""
        with (
            contextlib.suppress(OSError),  # it ended before it had one, or the disk is full
            log.open("rb") as source,
            self._transcript.path.with_suffix(".renode.log").open("ab") as kept,
        ):
            shutil.copyfileobj(source, kept)

    def _commands(self, elf: Path, folder: Path) -> list[str]:
        """What makes the machine: the script that a person runs by hand too, and a private UART."""
        name = self._platform.name
        return [
            f"$elf=@{elf.resolve()}",
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


def _driver(options: TargetOptions) -> type[RenodeDriver]:
    if options.renode_driver not in DRIVERS:
        raise UsageError(
            f"there is no driver {options.renode_driver!r}; there are: {', '.join(DRIVERS)}"
        )
    return DRIVERS[options.renode_driver]


@functools.cache  # asked before a run, and again at each start
def _version(executable: Path) -> str:
    try:
        result = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{executable} does not run: {error}") from error
    if result.returncode or "Renode" not in result.stdout:
        said = (result.stdout + result.stderr).strip()
        raise SetupError(f"{executable} does not run: {said or 'it said nothing'}")
    return result.stdout.splitlines()[0]


def _require_supported(executable: Path, said: str) -> None:
    found = _NUMBER.search(said)
    if not found or not OLDEST <= (int(found[1]), int(found[2])) <= NEWEST:
        supported = " to ".join(".".join(map(str, v)) for v in (OLDEST, NEWEST))
        raise SetupError(
            f"{executable} is {said!r}; supported is Renode {supported}: make renode installs the "
            "right one, or name another with --renode or RENODE"
        )
