"""The command compare."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from tinyml_hil.cli.app import RUN_HELP, AsJson, HistoryUrl, app, here
from tinyml_hil.history import Comparison, Difference, compare_runs, open_history
from tinyml_hil.record import LATEST, find_run

_SHOWN = 10


@app.command("compare")
def show_comparison(
    first: Annotated[str, typer.Argument(help=RUN_HELP, metavar="RUN")],
    second: Annotated[str, typer.Argument(help="The same.", metavar="RUN")],
    as_json: AsJson = False,
    history: HistoryUrl = None,
) -> None:
    """Says what changed from one run to another: images, layers, symbols, numbers."""
    project = here()
    first, second = (_latest_by_id(name, project.reports) for name in (first, second))
    with open_history(history or project.history) as opened:
        comparison = compare_runs(opened, first, second)
    if as_json:
        print(json.dumps(asdict(comparison)))
    else:
        _print_comparison(comparison)


def _latest_by_id(name: str, reports: Path) -> str:
    """The id of the run that ``latest`` is; any other name as it is."""
    return find_run(name, reports).name if name == LATEST else name


def _print_comparison(found: Comparison) -> None:
    screen = Screen()
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
    for column in table.columns:
        column.overflow = "fold"
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
