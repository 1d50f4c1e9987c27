"""The command evaluate."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tinyml_hil.cli.app import CHECKS_FAILED, RUN_HELP, AsJson, HistoryUrl
from tinyml_hil.cli.session_command import (
    COMPARING,
    session_command,
)
from tinyml_hil.errors import DeviceError, HilError, UsageError
from tinyml_hil.history import require_history
from tinyml_hil.record import find_run, load_record, quality_tables, summary_rows
from tinyml_hil.run import Inference, OngoingRun, Workers
from tinyml_hil.session import (
    Options,
    Session,
    differences,
)


@session_command(*COMPARING, "images", "sample", "coverage", "coverage_sources")
def evaluate(
    session: Session,
    workers: Annotated[
        int, typer.Option("--workers", help="Devices at once.", min=1, metavar="N")
    ] = 1,
    resume: Annotated[
        str | None,
        typer.Option("--resume", help=f"Go on with a run. {RUN_HELP}", metavar="RUN"),
    ] = None,
    as_json: AsJson = False,
    history: HistoryUrl = None,
) -> None:
    """Runs a dataset through the device and the host, and compares every output bit for bit."""
    history = history or session.project.history
    require_history(history)
    if resume:
        folder = find_run(resume, session.project.reports)
        recorded = Options.from_plain(load_record(folder).options)
        session = Session(session.options.resuming(recorded), session.project)
        session.check(workers)
        run = OngoingRun.resume(session, folder)
    else:
        session.check(workers)
        run = OngoingRun.begin(session, ["tinyml-hil", *sys.argv[1:]])
    failures = _evaluate(session, run, workers, history)
    if as_json:
        print(json.dumps(_facts(run)))
    else:
        _show(session, run)
    if failures:
        raise typer.Exit(CHECKS_FAILED)


def _facts(run: OngoingRun) -> dict[str, Any]:
    """What the run came to, by the names of run.json."""
    record = run.record
    names = ("id", "status", "failures", "reference", "reference_why", "unit", "memory", "numbers")
    facts = {name: getattr(record, name) for name in names}
    return facts | {"sizes": record.firmware["sizes"], "folder": str(run.folder)}


def _show(session: Session, run: OngoingRun) -> None:
    table = Table("", "", box=None, show_header=False)
    for name, value in summary_rows(
        run.records,
        session.task,
        session.firmware.sizes,
        unit=run.record.unit,
        arena_used=run.record.memory.get("arena_used"),
    ):
        table.add_row(name, f"{value:>16}")
    screen = Screen()
    screen.print(table)
    for further in quality_tables(run.metrics(run.records)):
        screen.print(further)
    print(f"compared with {session.reference_choice}")
    for failure in run.record.failures:
        print(failure)
    if run.hint:
        print(f"hint: {run.hint}")
    print("\n".join(run.places()))


def _evaluate(session: Session, run: OngoingRun, count: int, history: str) -> list[str]:
    """Runs what is left of the dataset; what is wrong with the results, one message each."""
    try:
        _run_images(session, run, count)
        problems = (
            "\n".join(filter(None, (_differences(session, run), run.explain()))),
            session.task.disagreement(run.records),
        )
        broken = [outcome.message() for outcome in run.check_budgets(history)]
        failures = [problem for problem in problems if problem] + broken
        warning = run.finish("failed" if failures else "passed", failures, history)
    except BaseException as error:
        _end_early(run, error, history)
        raise
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    return failures


def _differences(session: Session, run: OngoingRun) -> str:
    return differences(run.records, session.dataset, session.task)


def _end_early(run: OngoingRun, error: BaseException, history: str) -> None:
    """Keeps what there is of a run; one that has nothing, and failed, is none."""
    with contextlib.suppress(OSError):  # of a full disk, which is what ``error`` says
        if isinstance(error, HilError) and not run.records:
            run.abandon(str(error))
            return
        run.finish("interrupted", [str(error) or type(error).__name__], history)
    if not isinstance(error, UsageError | DeviceError):  # which would come again
        print(f"to go on with it: tinyml-hil evaluate --resume {run.record.id}", file=sys.stderr)


def _run_images(session: Session, run: OngoingRun, count: int) -> None:
    total = len(session.dataset)
    done = {record.index for record in run.records}
    left = [index for index in range(total) if index not in done]
    work = Inference(left, session.model.batch)
    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=Screen(stderr=True)) as progress,
        Workers(session, work, count, run.transcripts) as workers,
    ):
        task = progress.add_task("images", total=total, completed=len(done))
        try:
            for records in workers.results():
                run.add(records)
                progress.advance(task, len(records))
        finally:
            for why in workers.revivals:
                print(f"warning: a device was started again: {why}", file=sys.stderr)
        for facts in workers.facts:
            run.observe(facts)
