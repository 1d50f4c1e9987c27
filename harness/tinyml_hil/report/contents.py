"""Contents: all that the report of one run shows, read from the run's files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from elftools.common.exceptions import ELFError

from tinyml_hil.explanation import load_explanation
from tinyml_hil.files import write_atomically
from tinyml_hil.record import MAP, RunRecord, read_json
from tinyml_hil.report.chip import Chip, read_chip
from tinyml_hil.report.classes import Classes, make_classes
from tinyml_hil.report.gallery import Gallery, make_gallery
from tinyml_hil.report.inputs import read_results
from tinyml_hil.report.memory import Memory, read_memory
from tinyml_hil.report.tests import Tests, make_tests
from tinyml_hil.report.ticks import Histogram, make_histogram
from tinyml_hil.report.transcripts import Transcript, read_transcripts
from tinyml_hil.report.why import Why, make_why

MEMORY = "memory.json"
"""The size table, kept in the run's folder: a later build takes the ELF's place."""


@dataclass(frozen=True)
class Contents:
    """What there is to show; None where the run has not got it."""

    record: RunRecord
    tests: Tests
    classes: Classes | None
    why: Why | None
    gallery: Gallery | None
    histogram: Histogram | None
    memory: Memory | None
    chip: Chip | None
    transcripts: list[Transcript]


def read_contents(run_dir: Path, record: RunRecord) -> Contents:
    """Reads a run's files.

    Raises:
        UsageError: the results, the explanation or the size table are damaged.
        OSError: the size table cannot be written.
    """
    results = read_results(run_dir, record)
    if results and record.status == "interrupted":  # it did not take the time
        record = replace(record, numbers=results.metrics.numbers())
    linker_map = run_dir / MAP
    return Contents(
        record=record,
        tests=make_tests(record),
        classes=make_classes(results) if results else None,
        why=make_why(load_explanation(run_dir), results) if results else None,
        gallery=make_gallery(results) if results else None,
        histogram=make_histogram(results.ticks) if results else None,
        memory=_memory(run_dir, record),
        chip=read_chip(linker_map) if linker_map.is_file() else None,
        transcripts=read_transcripts(run_dir),
    )


def _memory(run_dir: Path, record: RunRecord) -> Memory | None:
    """The run's size table; made when it is first asked for, while the ELF is still there."""
    table = run_dir / MEMORY
    if table.exists():
        return read_json(table, Memory)
    elf, linker_map = Path(record.firmware["path"]), run_dir / MAP
    try:
        if hashlib.sha256(elf.read_bytes()).hexdigest() != record.firmware["sha256"]:
            return None
        memory = read_memory(elf, linker_map if linker_map.is_file() else None)
    except (OSError, ELFError):
        return None
    write_atomically(table, memory.to_json().encode())
    return memory
