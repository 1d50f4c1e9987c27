"""Commands over the history of runs: trend, compare, history import, and bisect."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from harness.bisect import Bisect
from harness.cli.app import HistoryUrl, app
from harness.errors import UsageError
from harness.files import write_atomically
from harness.history.compare import Comparison, Difference, compare
from harness.history.store import History, history_url, open_history
from harness.history.trend import Series, sparkline, trend
from harness.history.trend_page import trend_page
from harness.measures import MEASURES
from harness.run_record import RunRecord, find_run, load_record, run_folders

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
_SPARKS = 40
_SHOWN = 10

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
    with open_history(history_url(history)) as opened:
        folders = [_ended(find_run(run)) for run in runs] if runs else _missing(opened)
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


def _missing(history: History) -> list[Path]:
    known = history.ids()
    found = [folder for folder in run_folders() if folder.name not in known]
    return [folder for folder in found if _has_ended(load_record(folder))]


@app.command("trend")
def show_trend(
    runs: Annotated[int, typer.Option("--runs", help="Only the last N.", min=1, metavar="N")] = 100,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page.", metavar="FILE")
    ] = None,
    as_json: Json = False,
    history: HistoryUrl = None,
) -> None:
    """Shows accuracy, instructions and sizes over the last runs."""
    with open_history(history_url(history)) as opened:
        series = trend(opened, runs)
    if html:
        write_atomically(html, trend_page(series).encode())
        print(html)
    elif as_json:
        print(json.dumps([asdict(one) for one in series]))
    elif series:
        for one in series:
            _print_series(one)
    else:
        print("the history has no run with results yet")


def _print_series(series: Series) -> None:
    title = f"{escape(str(series.kind))} ({len(series.runs):,} runs)"
    table = Table("", "", "lowest", "highest", "latest", "change", title=title, box=None)
    table.title_justify = "left"
    for column in table.columns[2:]:
        column.justify = "right"
    for name, points in series.values().items():
        values = [value for _, value in points]
        unit, show = MEASURES[name].unit, MEASURES[name].number
        change = values[-1] - values[-2] if len(values) > 1 else 0.0
        table.add_row(
            name if name == unit else f"{name}, {unit}",
            sparkline(values, _SPARKS),
            show(min(values)),
            show(max(values)),
            show(values[-1]),
            ("+" if change > 0 else "") + show(change) if change else "",
        )
    Screen(soft_wrap=True).print(table, "")


@app.command("compare")
def show_comparison(
    first: Annotated[str, typer.Argument(help="Id, folder, or latest.", metavar="RUN")],
    second: Annotated[str, typer.Argument(help="Id, folder, or latest.", metavar="RUN")],
    as_json: Json = False,
    history: HistoryUrl = None,
) -> None:
    """Says what changed from one run to another: images, layers, symbols, numbers."""
    with open_history(history_url(history)) as opened:
        comparison = compare(opened, first, second)
    if as_json:
        print(json.dumps(asdict(comparison)))
    else:
        _print_comparison(comparison)


def _print_comparison(found: Comparison) -> None:
    screen = Screen(soft_wrap=True)
    screen.print(f"from {found.first} to {found.second}", highlight=False)
    for title, differences in (
        ("what was run", found.circumstances),
        ("numbers", found.numbers),
        ("ticks by layer", found.layers),
        ("bytes by symbol", found.symbols),
    ):
        if differences:
            screen.print(_table_of(title, differences))
    if found.images:
        print(f"\nimages: {found.outputs:,} of {found.images:,} have other outputs")
    for flip in found.flips[:_SHOWN]:
        print(f"  image {flip.index} ({flip.label}): {flip.first} -> {flip.second}")
    if len(found.flips) > _SHOWN:
        print(f"  ... and {len(found.flips) - _SHOWN:,} more")
    for reason in found.not_compared:
        print(f"not compared: {reason}")
    if not any((found.circumstances, found.numbers, found.layers, found.symbols, found.outputs)):
        print("nothing changed")


def _table_of(title: str, differences: list[Difference]) -> Table:
    table = Table("", "", "", "", title=f"\n{title}", box=None, show_header=False)
    table.title_justify = "left"
    for column in table.columns[1:]:
        column.justify = "right"
    for difference in differences[:_SHOWN]:
        change = difference.change
        table.add_row(
            escape(difference.name),
            escape(_text(difference.first)),
            escape(_text(difference.second)),
            "" if change is None else f"{'+' if change > 0 else ''}{_text(change)}",
        )
    if len(differences) > _SHOWN:
        table.add_row(f"... and {len(differences) - _SHOWN:,} more")
    return table


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)


@app.command(context_settings={"allow_interspersed_args": False})
def bisect(
    check: Annotated[
        list[str],
        typer.Argument(help="The command, after --, such as: make hil", metavar="CHECK..."),
    ],
    good: Annotated[str, typer.Option("--good", help="A revision where CHECK passes.")],
    bad: Annotated[str, typer.Option("--bad", help="A revision where it fails.")] = "HEAD",
) -> None:
    """Finds the commit that broke CHECK, with git bisect in a worktree of its own.

    CHECK passes with 0. A revision where it ends with 3 (something is not installed, or the device
    is not there) or 125 is skipped; every other exit code is a failure.
    """
    print(Bisect(Path.cwd(), good, bad, check).run())
