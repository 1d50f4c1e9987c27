"""The command trend."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.table import Table
from rich.text import Text

from tinyml_hil.cli.app import AsJson, HistoryUrl, app, here
from tinyml_hil.files import write_atomically
from tinyml_hil.history import (
    Line,
    Series,
    open_history,
    read_standing,
    read_trend,
    sparkline,
)
from tinyml_hil.record import MEASURES, heading_of

_IN_TERMINAL, _ON_PAGE = 100, 10_000
"""Runs that are read where nobody says how many."""
_FEWEST_BARS, _MOST_BARS = 8, 40
_GAP = 2
"""Characters between two columns of a table."""


@app.command("trend")
def show_trend(
    runs: Annotated[
        int | None,
        typer.Option(
            "--runs", help="Only the last N, else 100; 10,000 with --html.", min=1, metavar="N"
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    history: HistoryUrl = None,
) -> None:
    """Shows accuracy, instructions and sizes over the last runs."""
    with open_history(history or here().history) as opened:
        if html:
            _write_page(html, read_standing(opened, runs or _ON_PAGE))
            return
        series = read_trend(opened, runs or _IN_TERMINAL)
    if as_json:
        print(json.dumps([asdict(one) for one in series]))
    elif series:
        for one in series:
            _print_series(one)
    else:
        print("the history has no run with results yet")


def _write_page(file: Path, lines: list[Line]) -> None:
    from tinyml_hil.report import render_trend_page  # Jinja takes a tenth of a second to load

    write_atomically(file, render_trend_page(lines, file).encode())
    print(file)


def _print_series(series: Series) -> None:
    screen = Screen()
    heads = ("", "lowest", "highest", "last", "change")
    columns = {name: [value for _, value in points] for name, points in series.values().items()}
    rows = [_row(name, values) for name, values in columns.items()]
    taken = sum(max(map(len, column)) + _GAP for column in zip(heads, *rows, strict=True))
    bars = max(_FEWEST_BARS, min(_MOST_BARS, screen.width - taken - _GAP))
    table = Table(heads[0], "", *heads[1:], box=None)
    for column in table.columns[2:]:
        column.justify = "right"
    for (name, *numbers), values in zip(rows, columns.values(), strict=True):
        table.add_row(name, sparkline(values, bars), *numbers)
    screen.print(Text(f"{series.kind} ({len(series.runs):,} runs)"))
    screen.print(table, "")


def _row(name: str, values: list[float]) -> tuple[str, ...]:
    """Name and numbers of a measure, as they are shown."""
    measure = MEASURES[name]
    change = values[-1] - values[-2] if len(values) > 1 else 0.0
    return (
        heading_of(name),
        measure.number(min(values)),
        measure.number(max(values)),
        measure.number(values[-1]),
        measure.change(change) if change else "",
    )
