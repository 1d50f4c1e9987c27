"""Commands that run a dataset: evaluate, and parity, which is that on several devices."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tinyml_hil.cli.app import CHECKS_FAILED, RUN_HELP, AsJson, ClusterAddress, HistoryUrl
from tinyml_hil.cli.evaluating_jointly import begin_jointly, evaluate_jointly
from tinyml_hil.cli.judging import end_early, facts_of, judge, say_how_to_go_on, say_revivals
from tinyml_hil.cli.session_command import COMPARING, ON_ANY_TARGET, session_command
from tinyml_hil.errors import UsageError
from tinyml_hil.history import require_history
from tinyml_hil.record import find_joint, find_run, load_record, quality_tables, summary_rows
from tinyml_hil.run import Inference, JointRun, OngoingRun, crew_of, require_cluster
from tinyml_hil.session import Options, Session, sessions_of


@session_command(
    "device", "share", *COMPARING, "images", "sample", "repeat", "coverage", "coverage_sources"
)
def evaluate(
    session: Session,
    workers: Annotated[
        int, typer.Option("--workers", help="Devices at once.", min=1, metavar="N")
    ] = 1,
    cluster: ClusterAddress = None,
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
    options, project = session.options, session.project
    folder = find_joint(resume, project.reports) if resume else None
    if folder or (len(options.device) > 1 and not options.share and not resume):
        if cluster:
            raise UsageError("--cluster is for one device at a time: give one --device")
        joint = (
            JointRun.resume(folder, options, project, workers)
            if folder
            else begin_jointly(options, project, workers, _command())
        )
        evaluate_jointly(joint, workers, history, as_json)
        if joint.record.status != "passed":
            raise typer.Exit(CHECKS_FAILED)
        return
    if not resume:
        (session,) = sessions_of(options, project).values()
    _evaluate_on_one(session, resume, workers, cluster, history, as_json)


@session_command(*ON_ANY_TARGET, "images", "sample")
def parity(
    session: Session,
    targets: Annotated[
        str,
        typer.Option(
            "--targets",
            help="Two or more, each with its platform if it is not the target's own: "
            "qemu,renode or qemu:mps2-an500,qemu:mps2-an386.",
        ),
    ],
    history: HistoryUrl = None,
) -> None:
    """Runs the same images on several targets, and compares every output byte for byte.

    That is evaluate with --device for each, and ends with 0 if all give the same, whatever the host
    gives.
    """
    history = history or session.project.history
    require_history(history)
    words = tuple(targets.split(","))
    if len(words) < 2:
        raise UsageError("parity compares several targets, such as: --targets qemu,renode")
    options = replace(session.options, device=words, platform=None, firmware=None)
    joint = begin_jointly(options, session.project, 1, _command())
    evaluate_jointly(joint, 1, history)
    if joint.record.equal < joint.record.inputs or not joint.record.inputs:
        raise typer.Exit(CHECKS_FAILED)


def _command() -> list[str]:
    return ["tinyml-hil", *sys.argv[1:]]


def _evaluate_on_one(
    session: Session,
    resume: str | None,
    workers: int,
    cluster: str | None,
    history: str,
    as_json: bool,
) -> None:
    if resume:
        folder = find_run(resume, session.project.reports)
        recorded = Options.from_plain(load_record(folder).options)
        session = Session(session.options.resuming(recorded), session.project)
        _check(session, workers, cluster)
        run = OngoingRun.resume(session, folder)
    else:
        _check(session, workers, cluster)
        run = OngoingRun.begin(session, _command())
    failures = _evaluate(session, run, workers, cluster, history)
    if as_json:
        print(json.dumps(facts_of(run.record, run.folder)))
    else:
        _show(session, run)
    if failures:
        raise typer.Exit(CHECKS_FAILED)


def _check(session: Session, workers: int, cluster: str | None) -> None:
    if session.options.share and workers > 1:
        raise UsageError(
            "each of the devices that --share the inputs is one worker: leave --workers out"
        )
    session.check(workers)
    require_cluster(session, workers, cluster)


def _show(session: Session, run: OngoingRun) -> None:
    table = Table("", "", box=None, show_header=False)
    for name, value in summary_rows(
        run.records,
        session.task,
        session.firmware.sizes,
        unit=run.record.unit,
        arena_used=run.record.memory.get("arena_used"),
        repeats=session.options.repeat,
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


def _evaluate(
    session: Session, run: OngoingRun, count: int, cluster: str | None, history: str
) -> list[str]:
    """Runs what is left of the dataset; what is wrong with the results, one message each."""
    try:
        _run_images(session, run, count, cluster)
        return judge(session, run, history)
    except BaseException as error:
        if end_early(run, error, history):
            say_how_to_go_on(run.record.id)
        raise


def _run_images(session: Session, run: OngoingRun, count: int, cluster: str | None) -> None:
    work = Inference.of_what_is_left(session, run.records)
    total, devices = len(session.dataset), max(count, len(session.sharers))
    columns = (TextColumn("images"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=Screen(stderr=True)) as progress,
        crew_of(session, work, devices, cluster, run.transcripts) as workers,
    ):
        task = progress.add_task("images", total=total, completed=total - len(work.items))
        try:
            for records in workers.results():
                run.add(records)
                progress.advance(task, len(records))
        finally:
            say_revivals(workers)
        for facts in workers.facts:
            run.observe(facts)
