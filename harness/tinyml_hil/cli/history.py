"""The command history import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyml_hil.cli.app import HistoryUrl, app, here
from tinyml_hil.errors import UsageError
from tinyml_hil.history import History, open_history
from tinyml_hil.record import RunRecord, find_run, load_record, run_folders

history_app = typer.Typer(help="The record of all runs.", no_args_is_help=True)
app.add_typer(history_app, name="history")


@history_app.command("import")
def import_runs(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Ids or folders; all by default.", metavar="[RUN]...")
    ] = None,
    history: HistoryUrl = None,
) -> None:
    """Records runs that ended while the history could not be used; again is no harm."""
    project = here()
    with open_history(history or project.history) as opened:
        folders = (
            [_ended(find_run(run, project.reports)) for run in runs]
            if runs
            else _missing(opened, project.reports)
        )
        for folder in folders:
            opened.record(folder)
            print(f"recorded {folder.name}", flush=True)
    print(f"{len(folders)} recorded")


def _ended(folder: Path) -> Path:
    if not _has_ended(load_record(folder)):
        raise UsageError(f"the run {folder.name} has not ended")
    return folder


def _has_ended(record: RunRecord) -> bool:
    return record.status != "running"


def _missing(history: History, reports: Path) -> list[Path]:
    known = history.ids()
    found = [folder for folder in run_folders(reports) if folder.name not in known]
    return [folder for folder in found if _has_ended(load_record(folder))]
