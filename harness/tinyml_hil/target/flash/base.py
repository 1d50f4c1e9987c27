"""The abstract class of a way to program a board, and what the command-line tools share."""

from __future__ import annotations

import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from tinyml_hil.build import Platform
from tinyml_hil.errors import LinkError, SetupError

TIMEOUT = 120.0
"""Seconds in which a board has to be programmed."""
_SHOWN_LINES = 20
_FRAMES = re.compile(r"^Traceback \(most recent call last\):\n(?: .*\n)+", re.MULTILINE)
"""Where a tool in Python failed, which says nothing to its user."""


@dataclass(frozen=True)
class Job:
    """What to program, and onto which board."""

    elf: Path
    platform: Platform
    probe: str | None
    """Serial number of the debug probe; None if there is only one."""
    volume: Path | None
    """The probe's mass storage volume, if the user named it."""

    @property
    def bin(self) -> Path:
        """The raw image, beside the ELF; it begins at the start of the flash."""
        return self.elf.with_suffix(".bin")


class Flasher(ABC):
    """One way to program a board. The board runs the new image from reset when it returns."""

    name: str
    """As given to ``--flash``."""

    @abstractmethod
    def check(self, job: Job) -> None:
        """Finds what it needs.

        Raises:
            SetupError: it is missing; the message says what to install or to do.
        """

    @abstractmethod
    def program(self, job: Job) -> None:
        """Programs and resets the board.

        Raises:
            LinkError: it failed; the message has the tool's own words.
        """


class CommandFlasher(Flasher):
    """A command-line tool that programs, verifies and resets."""

    executable: str
    install: str
    """Where the tool comes from."""

    @abstractmethod
    def calls(self, job: Job) -> list[list[str]]:
        """The arguments of each call of the tool, one after the other."""

    def check(self, job: Job) -> None:
        if not shutil.which(self.executable):
            raise SetupError(f"{self.executable} is not installed: {self.install}")

    def program(self, job: Job) -> None:
        for arguments in self.calls(job):
            call(self.executable, [self.executable, *arguments])


def call(tool: str, command: list[str]) -> None:
    """Runs a tool to its end.

    Args:
        tool: what it is called.
        command: what is run.

    Raises:
        LinkError: it failed, or took too long; with its own words.
    """
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode(errors="replace") if error.stdout else ""
        raise _failed(tool, command, f"did not end within {TIMEOUT:g} s", said) from error
    if result.returncode:
        raise _failed(tool, command, f"ended with {result.returncode}", result.stdout)


def _failed(tool: str, command: list[str], how: str, said: str) -> LinkError:
    words = [line for line in _FRAMES.sub("", said).splitlines() if line.strip()]
    last = "\n".join(words[-_SHOWN_LINES:]) or "(it said nothing)"
    return LinkError(f"programming failed: {tool} {how}:\n{last}\nThe call: {' '.join(command)}")
