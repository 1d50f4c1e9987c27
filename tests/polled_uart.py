"""Firmware that polls its UART: built, started on QEMU and asked, without protocol or session."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyml_hil.build import COMPILER, load_platform
from tinyml_hil.target import Link, TargetOptions, Transcript
from tinyml_hil.target.qemu import QemuTarget

_SOURCE = Path(__file__).with_suffix(".c")
_FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-O2", "-mcpu=cortex-m7", "-mthumb")
_AT = ("-ffreestanding", "-nostdlib", "-Wl,-e0,--section-start=.vectors=0,-Ttext=0x100")


def build(elf: Path, silence: int = 0) -> Path:
    """Builds ``elf``; its receiver is off for ``silence`` rounds of a loop before each command."""
    command = [COMPILER, *_FLAGS, *_AT, f"-DSILENCE={silence}", str(_SOURCE), "-o", str(elf)]
    subprocess.run(command, check=True)
    return elf


@contextmanager
def started(elf: Path, log: Path) -> Iterator[Link]:
    """QEMU with it, its transcript in ``log``."""
    transcript = Transcript(log)
    target = QemuTarget(load_platform("mps2-an500"), transcript, TargetOptions())
    try:
        yield target.start(elf)
    finally:
        target.stop()
        transcript.close()


def says(link: Link, text: bytes, timeout: float) -> bool:
    """Whether ``text`` is what comes next, within ``timeout`` seconds."""
    came = b""
    deadline = time.monotonic() + timeout
    while len(came) < len(text) and (left := deadline - time.monotonic()) > 0:
        came += link.read(left)
    return came == text
