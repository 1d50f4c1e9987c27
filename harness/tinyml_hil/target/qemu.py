"""QEMU: one system emulator process, its UART on a private socket, its memory shared."""

from __future__ import annotations

import contextlib
import mmap
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tinyml_hil.build import Platform
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.process import die_with_parent, kill_group
from tinyml_hil.target.base import MemoryLane, Target, TargetOptions
from tinyml_hil.target.debugger import Debugger
from tinyml_hil.target.executed import keep_executed
from tinyml_hil.target.gdb_remote import GdbConnection, GdbDebugger
from tinyml_hil.target.link import HoldingLink, Link, SocketLink, Transcript
from tinyml_hil.target.mailbox import Mailbox, MailboxLink
from tinyml_hil.target.qemu_debugger import ICOUNT, QemuDebugger
from tinyml_hil.temporary import TemporaryFolder

EXECUTABLE = "qemu-system-arm"
_AWAKE = [sys.executable, "-I", "-S", str(Path(__file__).with_name("qemu_awake.py"))]
"""A prefix for its command: without it, some firmware is never given a byte. Not where a core is
debugged: a wake while it stops would add to the virtual time there, and each packet wakes it."""
_COUNTED = ("-icount", "shift=0,sleep=off")
"""An instruction is a nanosecond of virtual time."""
_BLOCKS = "blocks"
"""The file that it logs translated blocks to."""
_EXIT_TIMEOUT = 2.0
"""Seconds in which QEMU, having closed its UART, has ended."""
# What it always says, and a page of registers where one sentence has said that the core locked up.
_NOISE = re.compile(r"warning: (nic .* has no peer|icount sleep)|^([RS]\d\d=|XPSR=|FPSCR|s\d\d=)")


class _MappedLane(MemoryLane):
    """The file that is QEMU's memory backend, or its start, mapped."""

    def __init__(self, path: Path, size: int, file_size: int) -> None:
        self.size = size
        try:
            with path.open("w+b") as file:
                # Really taken, not only promised: a full disk would kill us through the map.
                file.write(bytes(size))
                file.flush()
                # QEMU insists on the whole of the machine's memory; nobody writes to the rest.
                file.truncate(file_size)
                self._map = mmap.mmap(file.fileno(), size)
        except OSError as error:
            raise SetupError(
                f"no room for {size >> 20} MB of shared memory in {path.parent}: {error.strerror}; "
                "choose another folder with TMPDIR"
            ) from error

    def write(self, data: bytes, offset: int = 0) -> None:
        self._map[offset : offset + len(data)] = data

    def close(self) -> None:
        self._map.close()


class QemuTarget(Target):
    """``qemu-system-arm``, deterministic: one instruction is one nanosecond of virtual time.

    Where it is debugged it is more; see ``qemu_debugger``.
    """

    name = "qemu"
    default_platform = "mps2-an500"
    ticks_per_us = 1000.0  # -icount shift=0
    knows_coverage = True

    @classmethod
    def check(cls, options: TargetOptions) -> str:
        executable = _find()
        version = subprocess.run([executable, "--version"], capture_output=True, text=True)
        if version.returncode:
            raise SetupError(f"{executable} does not run: {version.stderr.strip()}")
        return version.stdout.partition("\n")[0]

    def __init__(self, platform: Platform, transcript: Transcript, options: TargetOptions) -> None:
        if not platform.machine:
            raise UsageError(f"QEMU has no machine for the platform {platform.name}")
        self._platform = platform
        self._transcript = transcript
        self._elf: Path | None = None
        """Of which is kept what runs; None where nobody wants to know."""
        self._wants_coverage = options.coverage
        self._folder: TemporaryFolder | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Link | None = None
        self._debugger: Debugger | None = None
        self._lane: _MappedLane | None = None

    @property
    def lane(self) -> MemoryLane | None:
        return self._lane

    def start(self, elf: Path) -> Link:
        if mailbox := Mailbox.of(elf):
            return self._start_by_mailbox(elf, mailbox)
        return self._start(elf, [*_AWAKE, _find()], _COUNTED)

    def _start_by_mailbox(self, elf: Path, mailbox: Mailbox) -> Link:
        uart, server = self._start_halted(elf, _COUNTED)
        name = "QEMU's GDB server"
        self._debugger = GdbDebugger(GdbConnection(server, name, self._last_words))
        self._link = MailboxLink(self._debugger, elf, mailbox, self._transcript, HoldingLink(uart))
        return self._link

    def debug(self, elf: Path) -> tuple[HoldingLink, Debugger]:
        link, server = self._start_halted(elf, ICOUNT)
        self._debugger = QemuDebugger(server, self._platform, self._last_words)
        return HoldingLink(link), self._debugger

    def _start_halted(self, elf: Path, counted: Sequence[str]) -> tuple[Link, socket.socket]:
        """As ``_start``, before the first instruction; and a connection to QEMU's GDB server."""
        ours, theirs = socket.socketpair()
        with theirs:
            server = ["-chardev", f"socket,id=gdb,fd={theirs.fileno()}", "-gdb", "chardev:gdb"]
            return self._start(elf, [_find()], [*counted, *server, "-S"], theirs), ours

    def _start(
        self, elf: Path, command: list[str], further: Sequence[str], *passed: socket.socket
    ) -> Link:
        self._folder = TemporaryFolder()
        folder = Path(self._folder.name)
        if self._wants_coverage:
            self._elf = elf
            further = [*further, "-d", "in_asm", "-D", str(folder / _BLOCKS)]
        # A pair of connected sockets: no port and no path that another run could clash with, and
        # what the firmware prints first waits for whoever reads it.
        ours, theirs = socket.socketpair()
        with theirs, (folder / "stderr").open("wb") as errors:
            arguments = self._arguments(elf, folder, theirs.fileno())
            command = [*die_with_parent(), *command, *arguments, *further]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                start_new_session=True,
                pass_fds=[theirs.fileno(), *(other.fileno() for other in passed)],
            )
        self._link = SocketLink(ours, self._transcript, self._last_words)
        self._transcript.note(" ".join(command))
        return self._link

    def stop(self) -> None:
        if self._debugger:
            self._debugger.close()
            self._debugger = None
        if self._link:
            self._link.close()
            self._link = None
            self._transcript.note("stopped")
        if self._process:
            kill_group(self._process)
            self._process = None
        if self._lane:
            self._lane.close()
            self._lane = None
        if self._folder:
            if self._elf:
                keep_executed(Path(self._folder.name) / _BLOCKS, self._elf, self._transcript)
                self._elf = None
            self._folder.cleanup()
            self._folder = None

    def _arguments(self, elf: Path, folder: Path, uart: int) -> list[str]:
        machine = self._platform.machine
        arguments = ["-kernel", str(elf), "-display", "none", "-nodefaults", "-monitor", "none"]
        arguments += ["-chardev", f"socket,id=uart0,fd={uart}"]
        arguments += ["-serial", "chardev:uart0"]
        if self._platform.lane_size:
            path = folder / "lane"
            size = max(self._platform.lane_size, self._platform.machine_memory)
            self._lane = _MappedLane(path, self._platform.lane_size, size)
            backend = f"memory-backend-file,id=lane,size={size},mem-path={path},share=on"
            arguments += ["-object", backend]
            machine += ",memory-backend=lane"
        return ["-M", machine, *arguments]

    def _last_words(self) -> str:
        assert self._folder
        said = (Path(self._folder.name) / "stderr").read_text(errors="replace").splitlines()
        words = " ".join(line.strip() for line in said if line.strip() and not _NOISE.search(line))
        return f"QEMU ended: {words or self._how_it_ended()}"

    def _how_it_ended(self) -> str:
        assert self._process
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_TIMEOUT)
        code = self._process.returncode or 0
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"with {code}"
        return f"{how}; it said nothing"


def _find() -> str:
    executable = shutil.which(EXECUTABLE)
    if not executable:
        raise SetupError(f"{EXECUTABLE} is not installed: apt-get install {EXECUTABLE}")
    return executable
