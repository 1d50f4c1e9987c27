"""The command campaign."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tinyml_hil.campaign import (
    KINDS,
    WHERE,
    Campaign,
    Choice,
    Group,
    Kind,
    Outcome,
    failures_in_time,
    held,
)
from tinyml_hil.cli.app import CHECKS_FAILED, AsJson, ClusterAddress, HistoryUrl
from tinyml_hil.cli.replaying import replay_fault
from tinyml_hil.cli.session_command import COMPARING, session_command
from tinyml_hil.errors import UsageError
from tinyml_hil.history import require_history
from tinyml_hil.record import CAMPAIGN, find_run, load_campaign
from tinyml_hil.report import PAGE
from tinyml_hil.run import require_cluster
from tinyml_hil.session import Options, Session

_EVERY = "all"
_DEFAULT_MARGIN = 0.02
_SHARE = re.compile(r"(\d+(?:\.\d+)?) ?%|(0?\.\d+)")
_RANGE = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)(?:-|:)(0[xX][0-9a-fA-F]+|\d+)")
_SHOWN_LAYERS = 20


@session_command(*(name for name in COMPARING if name != "door"), "images", "sample")
def campaign(
    session: Session,
    faults: Annotated[
        str | None,
        typer.Option("--faults", help="How many, or all: every bit once.", metavar="N"),
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(
            "--margin",
            help="As many as tell the critical rate to within this; 2% if nothing is said.",
            metavar="PERCENT",
        ),
    ] = None,
    where: Annotated[
        str,
        typer.Option(
            "--where", help=f"What is hit, by commas: {', '.join(WHERE)}.", metavar="LIST"
        ),
    ] = "weights",
    kind: Annotated[
        str,
        typer.Option("--kind", help=f"What happens to a bit: {', '.join(KINDS)}.", metavar="KIND"),
    ] = "flip",
    seed: Annotated[
        int, typer.Option("--seed", help="The same one draws the same faults.", min=0, metavar="S")
    ] = 0,
    layer: Annotated[
        int | None,
        typer.Option("--layer", help="Only what belongs to this op.", min=0, metavar="I"),
    ] = None,
    addresses: Annotated[
        str | None,
        typer.Option("--range", help="Only what lies at these addresses.", metavar="FIRST-LAST"),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", help="Devices at once.", min=1, metavar="N")
    ] = 1,
    cluster: ClusterAddress = None,
    resume: Annotated[
        str | None,
        typer.Option("--resume", help="Go on with a campaign: its id, its folder, or latest."),
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(
            "--replay",
            help="Run one fault of a campaign again, and show how far it spreads.",
            metavar="RUN:ID",
        ),
    ] = None,
    fit_per_mbit: Annotated[
        float | None,
        typer.Option(
            "--fit-per-mbit",
            help="Upsets in 10^9 hours of a Mbit of that memory: tells failures in time.",
            min=0.0,
            metavar="FIT",
        ),
    ] = None,
    as_json: AsJson = False,
    history: HistoryUrl = None,
) -> None:
    """Writes faults into the running firmware, one at a time, and says what each does.

    A fault lasts for one inference and is read back before that goes on. Inputs are those that
    the device gets right without faults, 100 at most. Outcomes: masked (the same bits), tolerable
    (other bits, the same class), critical (another class), corrected, detected, crash, hang.
    """
    if again:
        replay_fault(session, again, as_json=as_json)
        return
    history = history or session.project.history
    require_history(history)
    if resume:
        folder = find_run(resume, session.project.reports, CAMPAIGN)
        recorded = Options.from_plain(load_campaign(folder).options)
        session = held(Session(session.options.resuming(recorded), session.project))
        _check(session, workers, cluster)
        ongoing = Campaign.resume(session, folder)
    else:
        choice = _choice(faults, margin, where, kind, seed, layer, addresses)
        session = held(session)
        _check(session, workers, cluster)
        ongoing = Campaign.begin(session, choice, ["tinyml-hil", *sys.argv[1:]])
    try:
        _run(ongoing, workers, cluster)
        warning = ongoing.finish(history)
    except BaseException as error:
        ongoing.interrupt()
        if not isinstance(error, UsageError):
            again = f"tinyml-hil campaign --resume {ongoing.record.id}"
            print(f"to go on with it: {again}", file=sys.stderr)
        raise
    if warning:
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print(json.dumps(asdict(ongoing.record) | {"folder": str(ongoing.folder)}))
    else:
        _show(ongoing, fit_per_mbit)
    if ongoing.record.failures:
        raise typer.Exit(CHECKS_FAILED)


def _check(session: Session, workers: int, cluster: str | None) -> None:
    if not session.target.can_debug(session.target_options):
        raise UsageError(f"--target={session.options.target} has no debugger to write faults with")
    session.check(workers)
    require_cluster(session, workers, cluster)


def _choice(
    faults: str | None,
    margin: str | None,
    where: str,
    kind: str,
    seed: int,
    layer: int | None,
    addresses: str | None,
) -> Choice:
    if faults and margin:
        raise UsageError("--faults and --margin are two ways to say how many: give one of them")
    Kind.parse(kind)
    wanted = [name.strip() for name in where.split(",")]
    if strange := [name for name in wanted if name not in WHERE]:
        raise UsageError(f"--where {strange[0]}: there are {', '.join(WHERE)}")
    first, last = _addresses(addresses)
    count = None
    if faults and faults != _EVERY:
        if not faults.isdigit() or not int(faults):
            raise UsageError(f"--faults {faults}: a number, or {_EVERY}")
        count = int(faults)
    wanted_margin = None if faults else _share("--margin", margin) if margin else _DEFAULT_MARGIN
    ordered = tuple(name for name in WHERE if name in wanted)
    return Choice(ordered, kind, seed, count, wanted_margin, layer, first, last)


def _addresses(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    found = _RANGE.fullmatch(text)
    if not found or int(found[1], 0) > int(found[2], 0):
        raise UsageError(f"--range {text}: two addresses, such as 0x20000000-0x20000fff")
    return int(found[1], 0), int(found[2], 0)


def _share(option: str, text: str) -> float:
    found = _SHARE.fullmatch(text.strip())
    share = (float(found[1]) / 100 if found[1] else float(found[2])) if found else 0.0
    if not 0 < share < 1:
        raise UsageError(f"{option} {text}: a share, such as 1% or 0.01")
    return share


def _run(ongoing: Campaign, workers: int, cluster: str | None) -> None:
    total = len(ongoing.plan.faults)
    counts = Counter(result.outcome for result in ongoing.results)
    columns = (
        *(TextColumn("faults"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()),
        TextColumn("{task.fields[speed]}{task.fields[told]}"),
    )
    with Progress(*columns, console=Screen(stderr=True)) as progress:
        done = len(ongoing.results)
        task = progress.add_task("faults", total=total, completed=done, told="", speed="")
        for results in ongoing.run(workers, cluster):
            counts.update(result.outcome for result in results)
            told = ", ".join(f"{counts[name]} {name.value}" for name in Outcome if counts[name])
            speed = progress.tasks[0].speed
            shown = f"{speed:.0f}/s, " if speed else ""
            progress.update(task, advance=len(results), told=told, speed=shown)


def _show(ongoing: Campaign, fit_per_mbit: float | None) -> None:
    tally, screen = ongoing.tally(), Screen()
    whole = tally.whole
    of = f"{len(ongoing.plan.faults):,} of {whole.bits:,} bits"
    print(f"{', '.join(ongoing.plan.choice.where)}, {ongoing.plan.choice.kind}: {of}")
    table = Table("", "", "", box=None, show_header=False)
    for outcome in Outcome:
        if count := whole.outcomes[outcome]:
            rate = str(whole.rate(outcome)) if outcome.counts else "no result"
            table.add_row(outcome.value, f"{count:,}", rate)
    screen.print(table)
    screen.print(_groups("layer", tally.layers))
    if fit_per_mbit is not None:
        print(_failures_in_time(whole, ongoing.plan.space.bits_there_are, fit_per_mbit))
    for failure in ongoing.record.failures:
        print(failure)
    print(f"campaign: {ongoing.folder}")
    print(f"report: {ongoing.folder / PAGE}")


def _failures_in_time(whole: Group, bits: int, raw: float) -> str:
    rate = whole.rate(Outcome.CRITICAL)
    low, high = (failures_in_time(raw, bits, share) for share in rate.interval)
    fit = failures_in_time(raw, bits, rate.value)
    return (
        f"FIT {fit:.3g} ({low:.3g} to {high:.3g}) = {raw:g} per Mbit x "
        f"{bits / 1e6:.3f} Mbit x {rate.value:.2%} critical"
    )


def _groups(title: str, groups: Sequence[Group]) -> Table:
    table = Table(title, "bits", "faults", "critical", "95 %", box=None)
    for group in groups[:_SHOWN_LAYERS]:
        rate = group.rate(Outcome.CRITICAL)
        low, high = rate.interval
        interval = f"{low:.2%} to {high:.2%}"
        table.add_row(
            group.name, f"{group.bits:,}", f"{group.total:,}", f"{rate.value:.2%}", interval
        )
    return table
