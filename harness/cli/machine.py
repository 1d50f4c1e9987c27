"""Commands that tell of the machine: doctor, ports, version."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.table import Table
from serial.tools import list_ports

from harness import __version__
from harness.cli.app import TROUBLE, app
from harness.doctor import examine, examine_target
from harness.targets import target_class


@app.command()
def doctor(
    target: Annotated[
        str | None, typer.Option("--target", help="Look at this target only; 3 if it is missing.")
    ] = None,
) -> None:
    """Lists what is installed, what is missing, and what fixes it."""
    table = Table("", "what", "found, or how to get it", box=None)
    findings = [examine_target(target_class(target))] if target else examine()
    for finding in findings:
        mark = "[green]ok[/]" if finding.found else "[red]missing[/]"
        table.add_row(mark, finding.name, finding.found or finding.fix)
    Screen().print(table)
    if any((f.needed or target) and not f.found for f in findings):
        raise typer.Exit(TROUBLE)


@app.command()
def ports() -> None:
    """Lists the serial ports, and the debug probes that they belong to."""
    found = list_ports.comports()
    table = Table("port", "USB id", "probe", "description", box=None)
    for port in found:
        usb = f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else ""
        table.add_row(port.device, usb, port.serial_number or "", port.description)
    Screen().print(table if found else "there is no serial port")


@app.command()
def version() -> None:
    """Prints the version."""
    print(f"tinyml-hil {__version__}")
