"""The two small abstract classes that a target implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from harness.link import Link, Transcript
from harness.platform import Platform


class MemoryLane(ABC):
    """A way to write straight into a device's memory, past its UART."""

    size: int
    """Bytes that can be written."""

    @abstractmethod
    def write(self, offset: int, data: bytes) -> None:
        """Writes ``data`` at ``offset`` from the lane's start."""


class Target(ABC):
    """One way to run firmware. Knows its emulator or probe; knows nothing of the protocol."""

    name: str
    """As given to ``--target``."""
    default_platform: str

    @classmethod
    @abstractmethod
    def check(cls) -> str:
        """Name and version of what the target needs.

        Raises:
            SetupError: it is missing; the message says what to install.
        """

    @abstractmethod
    def __init__(self, platform: Platform, transcript: Transcript) -> None:
        """``transcript``: records what goes over the link, over all starts."""

    @abstractmethod
    def start(self, elf: Path) -> Link:
        """Runs ``elf`` from reset. The link is open before the device prints its first byte.

        Raises:
            SetupError: what the target needs is missing.
            LinkError: it did not start.
        """

    @abstractmethod
    def stop(self) -> None:
        """Ends it, with every process that it started. It may be stopped already."""

    @property
    @abstractmethod
    def lane(self) -> MemoryLane | None:
        """The memory lane of the started target, if it has one."""
