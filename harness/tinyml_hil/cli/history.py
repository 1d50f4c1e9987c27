"""The command history import."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tinyml_hil.cli.app import USAGE, HistoryUrl, app, here
from tinyml_hil.errors import UsageError
from tinyml_hil.history import History, open_history
from tinyml_hil.record import CAMPAIGN, RECORD, find_run, load_either, run_folders

history_app = typer.Typer(help="The record of all runs.", no_args_is_help=True)
app.add_typer(history_app, name="history")


@history_app.command("import")
def import_runs(
    runs: Annotated[
        list[str] | None, typer.Argument(help="Ids or folders; all by default.", metavar="[RUN]...")
    ] = None,
    history: HistoryUrl = None,
) -> None:
    """Records runs and campaigns that ended while the history could not be used; again is no harm.

    A run that is damaged is named and passed over; the exit code is 2 then.
    """
    project = here()
    with open_history(history or project.history) as opened:
        recorded, refused = 0, 0
        for name in runs or _missing(opened, project.reports):
            try:
                if folder := _ended(name, project.reports, is_chosen=bool(runs)):
                    opened.record(folder)
                    recorded += 1
                    print(f"recorded {folder.name}", flush=True)
            except UsageError as error:
                refused += 1
                print(f"not recorded: {error}", file=sys.stderr)
    print(f"{recorded} recorded" + (f", {refused} not" if refused else ""))
    if refused:
        raise typer.Exit(USAGE)


def _ended(name: str, reports: Path, is_chosen: bool) -> Path | None:
    """The folder of a run or a campaign; None if it has not ended.

    Raises:
        UsageError: there is none, or one that was chosen has not ended.
    """
    folder = find_run(name, reports, RECORD, CAMPAIGN)
    if load_either(folder).status != "running":
        return folder
    if is_chosen:
        raise UsageError(f"{folder.name} has not ended")
    return None


def _missing(history: History, reports: Path) -> list[str]:
    known = history.ids()
    folders = run_folders(reports, RECORD, CAMPAIGN)
    return [folder.name for folder in folders if folder.name not in known]
