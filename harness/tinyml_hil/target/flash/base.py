"""The abstract class of a way to program a board, and what the command-line tools share."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from tinyml_hil.build import Firmware, Platform
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.process import kill_group

TIMEOUT = 120.0
"""Seconds in which a board has to be programmed."""
_ENDING = 5.0
"""Seconds that a tool may take to end when it is asked to."""
_LARGEST = 1 << 26
"""Bytes of an image; more are gaps between memories."""
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

    def image(self) -> bytes:
        """The raw image of the ELF, which begins at the start of the flash.

        Raises:
            UsageError: it begins elsewhere, or goes on to other memory.
        """
        firmware, start = Firmware(self.elf), self.platform.flash_address
        parts = dict(firmware.loaded())
        end = max((address + len(content) for address, content in parts.items()), default=start)
        if min(parts, default=-1) != start or end - start > _LARGEST:
            raise UsageError(
                f"{self.elf} is loaded to {firmware.places}, and an image begins at the flash's "
                f"{start:#x} and holds nothing else: program it with another --flash"
            )
        image = bytearray(end - start)
        for address, content in parts.items():
            begin = address - start
            image[begin : begin + len(content)] = content
        return bytes(image)


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
    """Runs a tool to its end; where it is not awaited, all that it started ends with it.

    Args:
        tool: what it is called.
        command: what is run.

    Raises:
        LinkError: it failed, or took too long; with its own words.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    with process:
        try:
            said, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as error:
            _end(process)
            late = f"did not end within {TIMEOUT:g} s"
            raise _failed(tool, command, late, error.stdout or b"") from error
        except BaseException:  # Ctrl-C, too
            _end(process)
            raise
    if process.returncode:
        raise _failed(tool, command, f"ended with {process.returncode}", said)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks a tool to end, so that it lets go of the probe, and sees to it that nothing is left."""
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_ENDING)
    kill_group(process)


def _failed(tool: str, command: list[str], how: str, said: bytes) -> LinkError:
    words = [
        line for line in _FRAMES.sub("", said.decode(errors="replace")).splitlines() if line.strip()
    ]
    last = "\n".join(words[-_SHOWN_LINES:]) or "(it said nothing)"
    return LinkError(f"programming failed: {tool} {how}:\n{last}\nThe call: {' '.join(command)}")
