"""What the command campaign shows of a fault that is run again: --replay."""

from __future__ import annotations

import json
import re

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from tinyml_hil.campaign import (
    Outcome,
    Replay,
    Result,
    held,
    run_again,
)
from tinyml_hil.cli.app import CHECKS_FAILED
from tinyml_hil.errors import UsageError
from tinyml_hil.record import CAMPAIGN, CampaignRecord, find_run, load_campaign
from tinyml_hil.session import Options, Session
from tinyml_hil.words import shortened, shown

_LONGEST_NAME = 60
_FAULT = re.compile(r"(.+):(\d+)")


def replay_fault(session: Session, which: str, *, as_json: bool) -> None:
    """Runs a fault again, and shows it; ends with 1 if it came to something else.

    Args:
        session: of what is given now.
        which: RUN:ID.

    Raises:
        UsageError: there is none, or it cannot be run again.
    """
    found = _FAULT.fullmatch(which)
    if not found:
        raise UsageError(f"--replay {which}: a campaign and a fault's number, such as latest:17")
    folder = find_run(found[1], session.project.reports, CAMPAIGN)
    record = load_campaign(folder)
    options = session.options.resuming(Options.from_plain(record.options))
    session = held(Session(options, session.project))
    try:
        done = run_again(session, folder, record, int(found[2]))
        if as_json:
            print(json.dumps({"campaign": record.id} | done.to_plain()))
        else:
            _show(session, record, done)
    finally:
        session.close()
    if not done.is_same:
        raise typer.Exit(CHECKS_FAILED)


def _show(session: Session, record: CampaignRecord, done: Replay) -> None:
    fault = done.fault
    print(f"fault {fault.id} of {record.id}: {fault.region.where}, {done.kind.name}")
    for name, said in _facts(session, done).items():
        print(f" {name:<8} {said}")
    if done.steps:
        Screen().print(_layers(done))
    else:
        print("no layers: the ops of what infers are not known, so only its outputs are compared")
    if not done.is_same:
        print("it came to something else than in the campaign")


def _facts(session: Session, done: Replay) -> dict[str, str]:
    fault, region, task = done.fault, done.fault.region, session.task
    of_register = region.where == "registers"
    op = f"op {region.layer} {region.op}" if region.op else ""
    register = f"r{fault.bit // 32}, bit {fault.bit % 32}"
    address = f"0x{fault.address:08x}, bit {fault.bit % 8}"
    if region.width > 8:
        address += f": bit {fault.element_bit} of an element of {region.width}"
    label = task.class_name(done.golden.label)
    given = task.class_name(done.golden.top)
    return {
        "place": ", ".join(filter(None, (shortened(shown(region.name), _LONGEST_NAME), op))),
        "bit": register if of_register else address,
        "changed": f"0x{done.before[::-1].hex()} to 0x{done.after[::-1].hex()}"
        if done.before
        else "nothing: it was not there when it was read back",
        "moment": _moment(done),
        "input": f"{session.dataset.title(done.golden.index)} ({label}), {given} without the fault",
        "then": _told(session, done.then),
        "now": _told(session, done.now) + (", the same bits" if done.is_same else ""),
    }


def _moment(done: Replay) -> str:
    if done.fault.region.where == "registers":
        return f"at the entry of op {done.fault.region.layer}"
    return "before the inference" if done.fault.after < 0 else f"after op {done.fault.after}"


def _told(session: Session, result: Result) -> str:
    said = result.outcome.value
    if result.outcome == Outcome.CRITICAL:
        said += f", {session.task.class_name(result.top)}"
    return f"{said}: {shown(result.detail)}" if result.detail else said


def _layers(done: Replay) -> Table:
    table = Table("op", "", "output", "differ", "by at most", box=None)
    for step in done.steps:
        differ, most = "equal" if step.is_reached else "not reached", ""
        if found := step.difference:
            differ, most = f"{found.count:,} of {found.size:,}", f"{found.largest:g}"
        table.add_row(
            *(str(step.node.index), escape(step.node.name), escape(step.output), differ, most)
        )
    return table
