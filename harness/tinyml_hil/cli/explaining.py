"""The command that says why outputs differ: explain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tinyml_hil.cli.app import CHECKS_FAILED, RUN_HELP, AsJson, app, here
from tinyml_hil.explanation import EXPLANATION, HYPOTHESES, Explanation, explain_run
from tinyml_hil.record import LATEST, find_run
from tinyml_hil.report import write_report_or_warn
from tinyml_hil.words import shortened

_LONGEST_SENTENCE = 60


@app.command()
def explain(
    run: Annotated[str, typer.Argument(help=RUN_HELP)] = LATEST,
    as_json: AsJson = False,
) -> None:
    """Says why a run's outputs differ from the host's.

    A cause is named only if it reproduces every value of the inputs that it was tried on: up to 20
    that differ, and some that do not. Ends with 1 if none does. What is found is kept with the run,
    and its report shows it.
    """
    folder = find_run(run, here().reports)
    found = _explain(folder)
    warning = write_report_or_warn(folder)
    if as_json:
        print(json.dumps(found.to_plain()))
    else:
        _show(found, folder)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    if not found.explained:
        raise typer.Exit(CHECKS_FAILED)


def _explain(folder: Path) -> Explanation:
    columns = (
        *(TextColumn("causes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Screen(stderr=True)) as progress:
        task = progress.add_task("", total=len(HYPOTHESES))

        def show(done: int, sentence: str) -> None:
            description = shortened(sentence, _LONGEST_SENTENCE)
            progress.update(task, completed=done, description=description)

        found = explain_run(folder, show)
        progress.update(task, completed=len(HYPOTHESES), description="")
    return found


def _show(found: Explanation, folder: Path) -> None:
    print(found.sentence)
    for told in found.same:
        print(f"the same is given by: {told.sentence}")
    for why in found.left_out:
        print(f"not tried: {why}")
    print(folder / EXPLANATION)
