"""Commands that tell of the machine: doctor, ports, version."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from tinyml_hil import __version__
from tinyml_hil.cli.app import TROUBLE, AsJson, app, here
from tinyml_hil.cli.doctor import EVERY_RUN, Finding, examine, examine_target
from tinyml_hil.target import install_renode as install_in


@app.command()
def doctor(
    target: Annotated[
        str | None, typer.Option("--target", help="Look at this target only; 3 if it is missing.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lists what is installed, what is missing, and what fixes it."""
    project = here()
    findings = examine_target(target, project) if target else examine(project)
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        _print_findings(findings)
    if any(f.fails for f in findings if f.part in (EVERY_RUN, target)):
        raise typer.Exit(TROUBLE)


def _print_findings(findings: list[Finding]) -> None:
    table = Table("for", "", "what", box=None)
    table.add_column("found, or how to get it", overflow="fold")
    for part, of_part in groupby(findings, key=lambda finding: finding.part):
        table.add_section()
        for number, finding in enumerate(of_part):
            absent = "[red]missing[/]" if finding.needed else "[yellow]absent[/]"
            table.add_row(
                part if number == 0 else "",
                "[green]ok[/]" if finding.found else absent,
                escape(finding.name),
                escape(finding.found or finding.fix),
            )
    Screen().print(table)


@app.command()
def ports(as_json: AsJson = False) -> None:
    """Lists the serial ports, and the debug probes that they belong to."""
    found = [_port_facts(port) for port in list_ports.comports()]
    if as_json:
        _print_json(found)
        return
    table = Table("port", "USB id", "probe", "description", box=None)
    for port in found:
        table.add_row(*(escape(port[name] or "") for name in port))
    Screen().print(table if found else "there is no serial port")


def _port_facts(port: ListPortInfo) -> dict[str, str | None]:
    return {
        "port": port.device,
        "usb_id": f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None else None,
        "probe": port.serial_number,
        "description": port.description,
    }


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=2))


@app.command()
def install_renode(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; where runs look for it, if not given.")
    ] = None,
) -> None:
    """Downloads the official Renode, for --target=renode."""
    install_in((folder or here().cache / "renode").absolute())


@app.command()
def version() -> None:
    """Prints the version."""
    print(f"tinyml-hil {__version__}")
