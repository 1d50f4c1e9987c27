"""Transcripts: what went over the UART, cut to what a page can carry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LARGEST = 300_000
"""Characters of all transcripts that a page shows."""
_HEAD = 0.25
_OF_ONE_TEST = "test_"
"""How the name of a transcript begins that repeats a part of the session's."""


@dataclass(frozen=True)
class Transcript:
    """One link's lines, as far as they are shown."""

    path: str
    """Of the whole file, relative to the run's folder."""
    text: str
    left_out: int
    """Lines that are in the file only."""


def read_transcripts(run_dir: Path) -> list[Transcript]:
    """The transcripts of a run's links, by name; together they are at most ``LARGEST``."""
    files = sorted((run_dir / "transcripts").rglob("*.log"))
    shown = [file for file in files if not file.name.startswith(_OF_ONE_TEST)]
    return [_read(file, run_dir, LARGEST // len(shown)) for file in shown]


def _read(file: Path, run_dir: Path, largest: int) -> Transcript:
    path = file.relative_to(run_dir).as_posix()
    text = file.read_text(encoding="utf-8", errors="replace")
    if len(text) <= largest:
        return Transcript(path, text, 0)
    # The boot is worth as much as the end; what lies between is the most like the rest.
    head = text[: int(largest * _HEAD)]
    head = head[: head.rfind("\n") + 1]
    tail = text[len(head) - largest :]
    tail = tail[tail.find("\n") + 1 :]
    left_out = text.count("\n") - head.count("\n") - tail.count("\n")
    return Transcript(path, f"{head}... {left_out:,} lines left out ...\n{tail}", left_out)
