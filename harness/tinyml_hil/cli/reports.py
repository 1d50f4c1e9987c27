"""The command that writes a run's report again: report."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from tinyml_hil.cli.app import RUN_HELP, app, here
from tinyml_hil.errors import SetupError
from tinyml_hil.record import JOINT, LATEST, RECORD, find_joint, find_run, run_folders
from tinyml_hil.report import write_joint_report, write_report


def _known_runs(incomplete: str) -> list[str]:
    """For the shell's completion, the newest first."""
    names = [
        LATEST,
        *(folder.name for folder in reversed(run_folders(here().reports, RECORD, JOINT))),
    ]
    return [name for name in names if name.startswith(incomplete)]


@app.command()
def report(
    run: Annotated[
        str,
        typer.Argument(help=RUN_HELP, autocompletion=_known_runs),
    ] = LATEST,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Writes report.html and summary.md of a run again, from the run's files."""
    try:
        reports = here().reports
        joint = find_joint(run, reports)
        page = write_joint_report(joint) if joint else write_report(find_run(run, reports))
    except OSError as error:
        raise SetupError(f"cannot write the report: {error}") from error
    page = page.absolute()
    print(page)
    if open_it and not webbrowser.open(page.as_uri()):
        raise SetupError(f"no browser could be started; open {page} yourself")
