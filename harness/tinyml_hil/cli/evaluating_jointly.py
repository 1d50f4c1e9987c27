"""The command evaluate, on several devices at once."""

from __future__ import annotations

import contextlib
import json
import sys

from rich.console import Console as Screen
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tinyml_hil.cli.judging import end_early, facts_of, judge, say_how_to_go_on, say_revivals
from tinyml_hil.errors import HilError
from tinyml_hil.project import Project
from tinyml_hil.record import InputRecord, joint_rows, repeats_of, summary_rows
from tinyml_hil.run import DeviceRun, Inference, JointRun, Workers, begin_on, results_of_all
from tinyml_hil.session import Options, sessions_of


def begin_jointly(options: Options, project: Project, workers: int, command: list[str]) -> JointRun:
    """Starts a run on each device of ``options``; the rest is as for ``evaluate_jointly``.

    Raises:
        UsageError, SetupError, LinkError: something cannot be used, or is not there.
    """
    sessions = sessions_of(options, project)
    for session in sessions.values():
        session.check(workers)
    runs = {name: begin_on(session, command) for name, session in sessions.items()}
    return JointRun.begin(runs, options, command, JointRun.new_folder(project.reports))


def evaluate_jointly(joint: JointRun, workers: int, history: str, as_json: bool = False) -> None:
    """Runs what is left of the dataset on every device, and shows what each comes to.

    A device that cannot go on does not end the others' runs; its error ends the command.

    Args:
        workers: devices of each kind at once.
        history: URL of the history.
        as_json: whether JSON is printed, and nothing else.

    Raises:
        HilError: why a device could not go on.
    """
    try:
        _run_inputs(joint, workers)
        resumable = [_end(name, run, history) for name, run in joint.runs.items()]
        warning = joint.finish()
    except BaseException as error:
        _end_all_early(joint, error, history)
        raise
    if any(run.records for run in joint.runs.values()):
        _tell(joint, as_json)
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    if any(resumable):
        say_how_to_go_on(joint.record.id)
    if joint.error:
        raise joint.error


def _run_inputs(joint: JointRun, count: int) -> None:
    """Runs all devices at once, each with what is left for it."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    runs = {name: run.ongoing for name, run in joint.runs.items() if run.ongoing}
    with (
        contextlib.ExitStack() as stack,
        Progress(*columns, TimeRemainingColumn(), console=Screen(stderr=True)) as progress,
    ):
        crews: dict[str, Workers[InputRecord]] = {}
        tasks = {}
        for name, run in runs.items():
            session = joint.runs[name].session
            work = Inference.of_what_is_left(session, run.records)
            crews[name] = Workers(session, work, count, run.transcripts)
            stack.enter_context(crews[name])
            total = len(session.dataset)
            tasks[name] = progress.add_task(name, total=total, completed=total - len(work.items))
        for name, found in results_of_all(crews):
            if isinstance(found, HilError):
                joint.runs[name].error = found
            else:
                runs[name].add(found)
                progress.advance(tasks[name], len(found))
    for name, run in runs.items():
        say_revivals(crews[name], of=name)
        for facts in crews[name].facts:
            run.observe(facts)


def _end(name: str, run: DeviceRun, history: str) -> bool:
    """Ends a device's run; whether it can be gone on with."""
    if not run.ongoing:
        return False
    if run.error:
        return end_early(run.ongoing, run.error, history)
    judge(run.session, run.ongoing, history, of=name)
    return False


def _end_all_early(joint: JointRun, error: BaseException, history: str) -> None:
    resumable = False
    for run in joint.runs.values():
        if run.ongoing and run.record.status == "running":
            resumable |= end_early(run.ongoing, error, history)
    with contextlib.suppress(OSError):  # of a full disk, which is what ``error`` says
        joint.finish()
    if resumable:
        say_how_to_go_on(joint.record.id)


def _tell(joint: JointRun, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_facts(joint)))
    else:
        _show(joint)


def _facts(joint: JointRun) -> dict[str, object]:
    """What the runs came to, by the names of joint.json, and each device's by those of run.json."""
    record = joint.record
    names = ("id", "status", "inputs", "equal", "disagreements", "notes")
    devices = {
        name: facts_of(run.record, run.folder) for name, run in joint.runs.items() if run.records
    }
    return {name: getattr(record, name) for name in names} | {
        "devices": devices,
        "folder": str(joint.folder),
    }


def _show(joint: JointRun) -> None:
    shown = {name: run for name, run in joint.runs.items() if run.records}
    table = Table("", *map(escape, shown), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("", *(run.record.status for run in shown.values()))
    for name, values in joint_rows({name: _rows(run) for name, run in shown.items()}):
        table.add_row(name, *values)
    Screen().print(table)
    record = joint.record
    references = {str(run.session.reference_choice) for run in shown.values()}
    print("\n".join(f"compared with {reference}" for reference in sorted(references)))
    for name, run in shown.items():
        for failure in run.record.failures:
            print(f"{name}: {failure}")
    said = (record.agreement, *record.disagreements, *record.notes, *joint.places())
    print("\n".join(filter(None, said)))


def _rows(run: DeviceRun) -> list[tuple[str, str]]:
    session, record = run.session, run.record
    used = record.memory.get("arena_used")
    return summary_rows(
        run.records, session.task, session.firmware.sizes, record.unit, used, repeats_of(record)
    )
