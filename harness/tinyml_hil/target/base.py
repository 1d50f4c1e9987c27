"""The small abstract classes that a target implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from tinyml_hil.build import Platform
from tinyml_hil.errors import SetupError
from tinyml_hil.target.debugger import Debugger
from tinyml_hil.target.link import HoldingLink, Link, Transcript


class MemoryLane(ABC):
    """A way to write straight into a device's memory, past its UART."""

    size: int
    """Bytes that can be written."""

    @abstractmethod
    def write(self, data: bytes, offset: int = 0) -> None:
        """Writes ``data``, ``offset`` bytes behind the lane's start; the device may be running."""


@dataclass(frozen=True)
class TargetOptions:
    """What can be chosen about a target; each target reads what concerns it."""

    port: str | None = None
    """Serial port of the board; None for the one that its probe has."""
    probe: str | None = None
    """Serial number of the board's debug probe."""
    baud: int = 115200
    flash: str = "auto"
    """How the board is programmed; see ``choices.FLASH``."""
    volume: Path | None = None
    """The probe's mass storage volume."""
    place: str | None = None
    """labgrid's place with the board, or the tags that it has; None for a board that is here."""
    coordinator: str | None = None
    """HOST:PORT of labgrid's coordinator; None for what labgrid's environment says."""
    place_wait: float = 600.0
    """Seconds to wait for the place while others have it."""
    debugger: str | None = None
    """HOST:PORT of the GDB server of the board's probe."""
    cache: Path = Path()
    """Where what can be made again is kept."""
    renode: Path | None = None
    """Renode's executable."""
    renode_driver: str = "monitor"
    """How Renode is driven; see ``choices.RENODE_DRIVERS``."""
    coverage: bool = False
    """Whether what code runs is kept beside the transcript; see ``read_executed``."""


class Target(ABC):
    """One way to run firmware. Knows its emulator or probe; knows nothing of the protocol."""

    name: str
    """As given to ``--target``."""
    default_platform: str
    faults: tuple[str, ...] = ("udf", "bus", "div")
    """The faults that the processor raises as it is run here; see ``fault`` in the protocol."""
    ticks_unit: str | None = None
    """What the device's ticks are, where the target knows better than the firmware."""
    ticks_per_us: float | None = None
    """Ticks in a microsecond of the device's time, where it is not its core's clock."""
    knows_coverage: bool = False
    """Whether it can keep what code runs, where its options want that."""

    @classmethod
    @abstractmethod
    def check(cls, options: TargetOptions) -> str:
        """Name and version of what the target needs.

        Raises:
            SetupError: it is missing; the message says what to install.
        """

    @classmethod
    def locate(cls, platform: Platform, options: TargetOptions) -> None:
        """Finds the device before anything is built for it, where none is made for the run.

        Raises:
            SetupError, UsageError, LinkError: it is not there, or may not be used.
        """
        _ = platform, options

    @classmethod
    def has_lane(cls, platform: Platform) -> bool:
        """Whether there may be a memory lane, once the target is started."""
        return bool(platform.lane_size)

    @abstractmethod
    def __init__(self, platform: Platform, transcript: Transcript, options: TargetOptions) -> None:
        """``transcript``: records what goes over the link, over all starts."""

    @abstractmethod
    def start(self, elf: Path) -> Link:
        """Runs ``elf`` from reset. The link is open before the device prints its first byte.

        Raises:
            SetupError: what the target needs is missing.
            LinkError: it did not start.
        """

    @classmethod
    def can_debug(cls, options: TargetOptions) -> bool:
        """Whether ``debug`` is there."""
        _ = options
        return cls.debug is not Target.debug

    def debug(self, elf: Path) -> tuple[HoldingLink, Debugger]:
        """As ``start``, but the core stands at its first instruction, or wherever it was halted.

        ``stop`` ends the debugger too.

        Raises:
            SetupError: there is none, or what it needs is missing.
            LinkError: it cannot be reached, or the core does not hold ``elf``.
        """
        raise SetupError(f"the target {self.name} has no debugger")

    @abstractmethod
    def stop(self) -> None:
        """Ends it, with every process that it started. It may be stopped already."""

    @property
    @abstractmethod
    def lane(self) -> MemoryLane | None:
        """The memory lane of the started target, if it has one."""


class ProgrammedTarget(Target):
    """A target that keeps its firmware: it runs something already when it is started.

    There is one of it, so it takes one test or input after the other.
    """

    @property
    def may_program(self) -> bool:
        """Whether it is programmed if it runs something else."""
        return True

    @property
    def boots(self) -> bool:
        """Whether ``start`` has put it back to its reset, with the ELF in it."""
        return False

    @abstractmethod
    def program(self, elf: Path) -> None:
        """Replaces the firmware by ``elf`` and runs it from reset; the link stays open.

        Raises:
            UsageError: the image is not for this platform, or it may not be programmed.
            SetupError: there is nothing to program it with.
            LinkError: programming failed.
        """
