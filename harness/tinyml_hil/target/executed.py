"""Executed: which code an emulator ran, from its log of blocks, kept beside the transcript.

QEMU and Renode translate a block of code when the core is about to run it for the first time, and
can log each with its instructions. That costs little, and changes nothing that the machine
computes. A block ends at the next branch: that it was translated says that its start ran, and so
its rest, unless an instruction in it faulted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.target.link import Transcript

SUFFIX = ".executed.json"
Ranges = list[tuple[int, int]]
"""Addresses from the first up to, not with, the second; in order, and none touches another."""
# An address, and the instruction there in hexadecimal: one halfword, or two of Thumb-2.
_INSTRUCTION = re.compile(rb"^0x([0-9a-f]{8}):\s+([0-9a-f]{4}(?: ?[0-9a-f]{4})?)\s", re.MULTILINE)


def keep_executed(log: Path, elf: Path, transcript: Transcript) -> None:
    """Keeps what the log of an emulator tells of ``elf``, as ``keep_ranges``."""
    try:
        content = log.read_bytes() if log.exists() else b""
    except OSError as error:
        transcript.note(f"what code ran is not kept: {error}")
        return
    keep_ranges(_executed_in(content), elf, transcript)


def keep_ranges(ran: Iterable[tuple[int, int]], elf: Path, transcript: Transcript) -> None:
    """Adds what ran of ``elf`` to what earlier starts have left beside the transcript.

    What cannot be kept is a note in the transcript: no run fails of that.
    """
    try:
        sha256 = hashlib.sha256(elf.read_bytes()).hexdigest()
        file = transcript.path.with_suffix(SUFFIX)
        kept = _read(file) if file.exists() else {}
        kept[sha256] = union([*kept.get(sha256, ()), *ran])
        write_atomically(file, json.dumps(kept).encode())
    except (OSError, UsageError) as error:
        transcript.note(f"what code ran is not kept: {error}")


def read_executed(folder: Path, sha256: str) -> Ranges:
    """What ran of the ELF of this hash, by all that was kept in a folder and below it.

    Raises:
        UsageError: a file there is damaged.
    """
    files = sorted(folder.rglob(f"*{SUFFIX}"))
    return union([found for file in files for found in _read(file).get(sha256, ())])


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges in order; those that touch or overlap are one."""
    found: Ranges = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _executed_in(log: bytes) -> Ranges:
    found = {match.groups() for match in _INSTRUCTION.finditer(log)}
    return union(
        (int(address, 16), int(address, 16) + len(code.replace(b" ", b"")) // 2)
        for address, code in found
    )


def _read(file: Path) -> dict[str, Ranges]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Ranges])
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is damaged: {error}") from error
