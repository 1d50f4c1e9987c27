"""Closing: the table that ends a run of pytest, and what is said below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tinyml_hil.plugin.kept_run import KeptRun
from tinyml_hil.record import joint_rows
from tinyml_hil.run import JointRun
from tinyml_hil.words import shortened

_LONGEST_TITLE = 40
"""Characters of a model's name above the closing table."""
_NAME, _VALUE = 28, 16
"""Characters of its columns."""


def write_closing(
    reporter: pytest.TerminalReporter,
    kept: Sequence[KeptRun],
    facts: Mapping[str, dict[str, Any]],
    joint: JointRun | None,
    exitstatus: int | pytest.ExitCode,
) -> None:
    """Writes it.

    Args:
        reporter: writes to the terminal.
        kept: the runs of all devices.
        facts: what the devices told of themselves, by their names.
        joint: what joins the runs of several devices, if these are kept.
        exitstatus: pytest's.
    """
    if any(run.records for run in kept):
        _write_table(reporter, kept, facts)
    for run in kept:
        _write_rest(reporter, run, _of(run, kept))
    if exitstatus == pytest.ExitCode.USAGE_ERROR:
        return
    if joint:
        _write_joint(reporter, joint)
    elif kept[0].run:
        for place in kept[0].run.places():
            reporter.write_line(place)


def _write_rest(reporter: pytest.TerminalReporter, run: KeptRun, of: str) -> None:
    """What is not in the table."""
    if run.records and run.run and run.run.hint:
        reporter.write_line(f"{of}hint: {run.run.hint}", yellow=True)
    if run.why:
        reporter.write_line(f"{of}{run.why}", yellow=True)
    for message in filter(None, (*run.broken, run.trouble)):
        reporter.write_line(f"{of}{message}", red=True)
    if run.warning:
        reporter.write_line(f"warning: {run.warning}", yellow=True)


def _of(run: KeptRun, kept: Sequence[KeptRun]) -> str:
    """Whose it is, to begin a line with; nothing where there is one device only."""
    return f"{run.name}: " if len(kept) > 1 else ""


def _write_table(
    reporter: pytest.TerminalReporter,
    kept: Sequence[KeptRun],
    facts: Mapping[str, dict[str, Any]],
) -> None:
    session = kept[0].session
    model = shortened(session.options.model.stem, _LONGEST_TITLE)
    devices = [run.name for run in kept]
    several = len(kept) > 1
    where = ", ".join(devices) if several else f"{session.options.target}, {session.platform.name}"
    reporter.section(f"{model} on {where}")
    widths = [max(_VALUE, len(device) + 2) if several else _VALUE for device in devices]
    rows = joint_rows({run.name: run.rows(facts.get(run.name, {})) for run in kept})
    for name, values in [("", devices)] * several + rows:
        cells = (f"{value:>{width}}" for value, width in zip(values, widths, strict=True))
        reporter.write_line(f"{name:<{_NAME}}{''.join(cells)}")
    for choice in dict.fromkeys(str(run.session.reference_choice) for run in kept):
        reporter.write_line(f"compared with {choice}")


def _write_joint(reporter: pytest.TerminalReporter, joint: JointRun) -> None:
    record = joint.record
    if record.agreement:
        reporter.write_line(record.agreement)
    for sentence in record.disagreements:
        reporter.write_line(sentence, red=True)
    for line in (*record.notes, *joint.places()):
        reporter.write_line(line)
