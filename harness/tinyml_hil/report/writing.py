"""Writes a run's report.html, summary.md and junit.xml, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from tinyml_hil.files import write_atomically
from tinyml_hil.record import JOINT, JUNIT, load_joint, load_record
from tinyml_hil.report.contents import read_contents
from tinyml_hil.report.files import PAGE, SUMMARY
from tinyml_hil.report.inputs import read_results
from tinyml_hil.report.joint_page import (
    DeviceResults,
    render_joint_page,
    render_joint_summary,
)
from tinyml_hil.report.junit import render_joint_junit, render_junit
from tinyml_hil.report.page import render_page, render_summary

_PYTEST = "pytest"
"""The command that writes junit.xml itself, with a case for each of its tests."""


def write_report(run_dir: Path) -> Path:
    """Writes the report of a run from its files; gives the path of the page.

    Whatever the run has not got, its section says so: a run that was interrupted, or whose dataset
    was moved, has a report, too.

    Raises:
        UsageError: the run's record or results are damaged, or there are none.
        OSError: the folder cannot be written; what was there before is there still.
    """
    record = load_record(run_dir)
    if record.command[0] != _PYTEST:
        write_atomically(run_dir / JUNIT, render_junit(record))
    contents = read_contents(run_dir, record)
    write_atomically(run_dir / SUMMARY, render_summary(contents).encode())
    page = run_dir / PAGE
    write_atomically(page, render_page(contents).encode())
    return page


def write_joint_report(folder: Path) -> Path:
    """Writes the report of a joint run from its files and those of the devices' runs beside it.

    Raises:
        UsageError, OSError: as ``write_report``.
    """
    joint = load_joint(folder)
    found = {
        device["name"]: _device_results(folder.absolute().parent / device["run"])
        for device in joint.devices
        if device["run"]
    }
    if joint.command[0] != _PYTEST:
        runs = {name: each.record for name, each in found.items()}
        write_atomically(folder / JUNIT, render_joint_junit(joint, runs))
    write_atomically(folder / SUMMARY, render_joint_summary(joint, found).encode())
    page = folder / PAGE
    write_atomically(page, render_joint_page(joint, found).encode())
    return page


def _device_results(run_dir: Path) -> DeviceResults:
    record = load_record(run_dir)
    return DeviceResults(record, read_results(run_dir, record), (run_dir / PAGE).is_file())


def write_report_or_warn(run_dir: Path) -> str:
    """Writes the report of a run that has ended; if that fails, the run is no worse for it.

    ``run_dir`` may be the folder of a joint run.

    Returns:
        What went wrong, in one line, and what to do; empty if nothing did.
    """
    write = write_joint_report if (run_dir / JOINT).is_file() else write_report
    try:
        write(run_dir)
    except Exception as error:  # a mistake in a template, too: the run has its result without it
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return (
            f"the run's report was not written: {reason}\n"
            f"Its data is whole in {run_dir}; once that is mended: tinyml-hil report {run_dir}"
        )
    return ""
