"""The command that merges what ran in several runs: coverage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.table import Table

from tinyml_hil.cli.app import RUN_HELP, app, here
from tinyml_hil.coverage import COBERTURA, LCOV, PAGE, merged, read_coverage, write_coverage
from tinyml_hil.record import coverage_sentence, find_run

_FOLDER = "coverage"


@app.command()
def coverage(
    runs: Annotated[list[str], typer.Argument(help=f"Made with --coverage. {RUN_HELP}")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help=f"Where the files go; {_FOLDER} among the reports if not given.",
            metavar="DIR",
        ),
    ] = None,
) -> None:
    """Merges what ran of the firmware in several runs: LCOV, Cobertura, and a page."""
    project = here()
    folder = output or project.reports / _FOLDER
    found = [find_run(run, project.reports) for run in runs]
    together = merged(read_coverage(run, project.root) for run in found)
    write_coverage(together, folder, project.root)
    folders = together.folders(project.root)
    table = Table("folder", "lines", "functions", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for facts in folders:
        table.add_row(
            facts["folder"],
            f"{facts['lines_run']:,}/{facts['lines']:,}",
            f"{facts['functions_run']:,}/{facts['functions']:,}",
        )
    Screen().print(table)
    print(coverage_sentence(folders))
    print("\n".join(str(folder / name) for name in (PAGE, LCOV, COBERTURA)))
