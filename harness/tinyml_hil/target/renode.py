"""Renode: one headless process, its UART on a private pseudo terminal."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import select
import shutil
import subprocess
import termios
import time
import tty
import zipfile
from pathlib import Path

from tinyml_hil.build import Platform
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.target.base import MemoryLane, Target, TargetOptions
from tinyml_hil.target.debugger import Debugger
from tinyml_hil.target.executed import keep_executed
from tinyml_hil.target.link import HoldingLink, Link, Transcript
from tinyml_hil.target.mailbox import Mailbox, MailboxLink
from tinyml_hil.target.renode_debugger import FUNCTIONS, RenodeDebugger
from tinyml_hil.target.renode_driver import RenodeDriver
from tinyml_hil.target.renode_install import installed_renode
from tinyml_hil.target.renode_monitor import RenodeMonitor
from tinyml_hil.target.renode_pyrenode import PyrenodeDriver
from tinyml_hil.target.renode_snapshot import Snapshot
from tinyml_hil.temporary import TemporaryFolder

DRIVERS: dict[str, type[RenodeDriver]] = {d.name: d for d in (RenodeMonitor, PyrenodeDriver)}
SNAPSHOTS = "renode-snapshots"
"""The folder in the cache."""
QUANTUM = "0.001"
"""Virtual seconds between two looks at the outside world; a larger one is faster and deafer."""
BOOT_STEP, BOOT_STEPS = "0.02", 50
"""Virtual seconds, and how often, that a machine runs before it is saved: a boot, or most of it."""
BOOT_LIMIT = 20.0
"""Seconds after which it is saved wherever it is: firmware that polls its UART crawls."""
VERSION_TIMEOUT = 30.0
OLDEST, NEWEST = (1, 15), (1, 17)
"""The versions of Renode that the platform descriptions are written for."""
_NUMBER = re.compile(r"v(?:ersion )?(\d+)\.(\d+)")
_ELF, _PLATFORM = "firmware.elf", "platform"
"""Names in the folder in which Renode runs."""
_BLOCKS = "blocks"
_LOG_BLOCKS = f"python \"for cpu in self.Machine.SystemBus.GetCPUs(): cpu.LogFile = '{_BLOCKS}'\""
"""Has each core log the blocks that it translates to a file where Renode runs."""
_WAIT_WHILE_IDLE = Path(__file__).with_name("renode_idle.resc")
_LOOK_AGAIN = 0.5
"""Seconds of silence after which Renode is asked whether it still runs."""
# By itself the monitor runs a machine's reset macro only if it saw the machine made.
_LET_RESETS_RUN_THE_MACRO = (
    "python \"self.Machine.MachineReset += lambda machine: self.Parse('runMacro $reset')\""
)


class _PtyLink(Link):
    """A link over Renode's pseudo terminal."""

    def __init__(
        self, path: Path, printed: bytes, transcript: Transcript, monitor: RenodeDriver
    ) -> None:
        """``printed``: what came before the pseudo terminal was there."""
        self.transcript = transcript
        self.answered = False
        """Whether anything has come from the machine since."""
        self._printed = printed
        self._monitor = monitor
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        # Not TCSAFLUSH, which would drop what has been printed already.
        tty.setraw(self._file, termios.TCSANOW)

    def read(self, timeout: float) -> bytes:
        if self._printed:
            printed, self._printed = self._printed, b""
            self.transcript.received(printed)
            return printed
        deadline = time.monotonic() + timeout
        while True:
            left = max(deadline - time.monotonic(), 0.0)
            if select.select([self._file], [], [], min(left, _LOOK_AGAIN))[0]:
                return self._received()
            if not left:
                return b""
            if trouble := self._monitor.trouble():
                raise LinkError(trouble)

    def write(self, data: bytes) -> None:
        self.transcript.sent(data)
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise LinkError(self._monitor.last_words()) from error

    def fileno(self) -> int:
        return self._file

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
        self.answered = True
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
        if not data:  # Renode warns of an empty file
            return
        try:
            self._file.write_bytes(data)
        except OSError as error:
            raise SetupError(f"cannot write {self._file}: {error.strerror}") from error
        address = self._address + offset
        self._monitor.execute(f"sysbus LoadBinary @{self._file.name} 0x{address:x}")


class RenodeTarget(Target):
    """Renode with a platform's own .repl and .resc; instructions are counted, not cycles."""

    name = "renode"
    default_platform = "stm32h747i-disco"
    ticks_unit = "instructions"
    # Renode does not trap a division by zero.
    faults = ("udf", "bus")
    knows_coverage = True

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
        self._folder: TemporaryFolder | None = None
        self._monitor: RenodeDriver | None = None
        self._link: _PtyLink | None = None
        self._lane: MemoryLane | None = None
        self._loaded: Snapshot | None = None
        self._elf: Path | None = None
        """Of which is kept what runs; None where nobody wants to know."""

    @property
    def lane(self) -> MemoryLane | None:
        return self._lane

    def start(self, elf: Path) -> Link:
        if mailbox := Mailbox.of(elf):
            uart, debugger = self.debug(elf)
            self._give_lane()
            return MailboxLink(debugger, elf, mailbox, self._transcript, uart)
        self.check(self._options)
        self._folder = TemporaryFolder()
        folder = Path(self._folder.name)
        snapshot = Snapshot(self._options.cache / SNAPSHOTS, self._made_from(elf))
        self._link_files(folder, elf)
        # A machine that was loaded has booted unseen.
        printed = None if self._options.coverage else self._load(snapshot, folder)
        if printed is None:
            printed = self._boot(folder)
            if not self._options.coverage and not self._keep(snapshot, folder, printed):
                printed = self._boot(folder)
        self._link = self._connect(folder, printed)
        self._run("start")
        self._give_lane()
        return self._link

    def _give_lane(self) -> None:
        assert self._folder
        folder, platform = Path(self._folder.name), self._platform
        if platform.lane_size:
            self._lane = _LoadedLane(
                self._renode, folder, platform.lane_address, platform.lane_size
            )

    def debug(self, elf: Path) -> tuple[HoldingLink, Debugger]:
        self.check(self._options)
        self._folder = TemporaryFolder()
        folder = Path(self._folder.name)
        self._link_files(folder, elf)
        self._make_machine(folder)
        self._link = self._connect(folder, b"")
        self._run(f"include @{FUNCTIONS.name}")
        self._run("start")
        return HoldingLink(self._link), RenodeDebugger(self._renode)

    def stop(self) -> None:
        if self._loaded and not (self._link and self._link.answered):
            self._discard(self._loaded, "the machine that was loaded has never answered")
        self._loaded = None
        if self._link:
            self._link.close()
            self._link = None
        self._end_renode()
        self._lane = None
        if self._folder:
            if self._elf:
                keep_executed(Path(self._folder.name) / _BLOCKS, self._elf, self._transcript)
                self._elf = None
            self._folder.cleanup()
            self._folder = None

    def _made_from(self, elf: Path) -> list[bytes]:
        """All that decides what the machine does: Renode, firmware, platform and commands."""
        executable = _find(self._options)
        said = [str(executable.resolve()), _version(executable), QUANTUM, BOOT_STEP]
        platform = sorted(_scripts(self._platform).glob("*.re*"))
        return [elf.read_bytes(), *map(Path.read_bytes, platform), *map(str.encode, said)]

    def _link_files(self, folder: Path, elf: Path) -> None:
        """Gives what Renode reads a plain name in the folder in which it runs.

        Its monitor ends a path at a space, and mangles what is not ASCII.
        """
        self._elf = elf if self._options.coverage else None
        (folder / _ELF).symlink_to(elf.resolve())
        (folder / _PLATFORM).symlink_to(_scripts(self._platform))
        for script in (_WAIT_WHILE_IDLE, FUNCTIONS):
            (folder / script.name).symlink_to(script)

    def _connect(self, folder: Path, printed: bytes) -> _PtyLink:
        """Gives the UART a pseudo terminal; ``printed``: what came before."""
        self._run('emulation CreateUartPtyTerminal "uart" "uart"')
        self._run(f"connector Connect {self._platform.renode_uart} uart")
        self._run(f"include @{_WAIT_WHILE_IDLE.name}")
        return _PtyLink(folder / "uart", printed, self._transcript, self._renode)

    def _make_machine(self, folder: Path) -> None:
        self._start_renode(folder)
        self._run(f"$elf=@{_ELF}")
        self._run(f"include @{_PLATFORM}/renode.resc")
        if self._elf:
            self._run(_LOG_BLOCKS)
        self._run(f'emulation SetGlobalQuantum "{QUANTUM}"')

    def _boot(self, folder: Path) -> bytes:
        """Makes the machine, lets it boot, and returns what it printed."""
        printed = folder / "printed"
        uart = self._platform.renode_uart
        self._make_machine(folder)
        # Not a pseudo terminal yet: with one, Renode cannot load the machine.
        self._run(f"{uart} CreateFileBackend @{printed.name} true")
        self._run_for_a_boot()
        self._run(f"{uart} CloseFileBackend @{printed.name}")
        return printed.read_bytes()

    def _run_for_a_boot(self) -> None:
        self._transcript.note(f'emulation RunFor "{BOOT_STEP}", {BOOT_STEPS} times')
        deadline = time.monotonic() + BOOT_LIMIT
        for _ in range(BOOT_STEPS):
            self._renode.execute(f'emulation RunFor "{BOOT_STEP}"')
            if time.monotonic() > deadline:
                break

    def _load(self, snapshot: Snapshot, folder: Path) -> bytes | None:
        """Loads the machine that was kept, and returns what it had printed; None if none can be."""
        machine = folder / "machine"
        try:
            printed = snapshot.unpack(machine)
            if printed is None:
                return None
            self._start_renode(folder)
            self._run(f"Load @{machine.name}")
            self._run("mach set 0")
            self._run(f"$elf=@{_ELF}")
            self._run(f"include @{_PLATFORM}/reset.resc")
            self._run(_LET_RESETS_RUN_THE_MACRO)
        except (OSError, zipfile.BadZipFile, KeyError, LinkError) as error:
            self._discard(snapshot, str(error))
            self._end_renode()
            return None
        self._loaded = snapshot
        return printed

    def _keep(self, snapshot: Snapshot, folder: Path, printed: bytes) -> bool:
        """Keeps the machine for later, if it is well and there is room.

        Returns:
            Whether there is a Renode still: one that cannot save ends.
        """
        if self._renode.trouble():
            return True
        machine = folder / "machine"
        try:
            self._run(f"Save @{machine.name}")
            snapshot.keep(machine, printed)
        except (OSError, LinkError) as error:
            self._transcript.note(f"no snapshot is kept, so that starts take longer: {error}")
            machine.unlink(missing_ok=True)
            if isinstance(error, LinkError):
                self._end_renode()
                return False
        return True

    def _discard(self, snapshot: Snapshot, reason: str) -> None:
        self._transcript.note(f"the snapshot is thrown away: {reason}")
        snapshot.discard()

    @property
    def _renode(self) -> RenodeDriver:
        assert self._monitor
        return self._monitor

    def _start_renode(self, folder: Path) -> None:
        executable = _find(self._options)
        self._transcript.note(str(executable))
        self._monitor = _driver(self._options)(executable, folder)

    def _end_renode(self) -> None:
        if self._monitor:
            self._monitor.close()
            self._keep_log(self._monitor.log)
            self._monitor = None

    def _run(self, command: str) -> None:
        self._transcript.note(command)
        self._renode.execute(command)

    def _keep_log(self, log: Path) -> None:
        """Adds Renode's log to that of earlier starts, beside the transcript."""
        with (
            contextlib.suppress(OSError),  # it ended before it had one, or the disk is full
            log.open("rb") as source,
            self._transcript.path.with_suffix(".renode.log").open("ab") as kept,
        ):
            shutil.copyfileobj(source, kept)


def _scripts(platform: Platform) -> Path:
    """Where its .repl and its .resc are."""
    return platform.folder


def _find(options: TargetOptions) -> Path:
    chosen = options.renode or os.environ.get("RENODE")
    found = shutil.which(chosen or "renode") or (
        None if chosen else shutil.which(installed_renode(options.cache))
    )
    if not found:
        raise SetupError(
            f"{chosen} is no program; give Renode's with --renode or RENODE"
            if chosen
            else "Renode is not installed: tinyml-hil install-renode, or give its program with "
            "--renode or RENODE"
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
            f"{executable} is {said!r}; supported is Renode {supported}: tinyml-hil install-renode "
            "installs the right one, or name another with --renode or RENODE"
        )
