"""The command trend."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from tinyml_hil.cli.app import AsJson, HistoryUrl, app, here
from tinyml_hil.files import write_atomically
from tinyml_hil.history import (
    Series,
    open_history,
    read_trend,
    sparkline,
)
from tinyml_hil.record import MEASURES

_SPARKS = 40


@app.command("trend")
def show_trend(
    runs: Annotated[int, typer.Option("--runs", help="Only the last N.", min=1, metavar="N")] = 100,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    history: HistoryUrl = None,
) -> None:
    """Shows accuracy, instructions and sizes over the last runs."""
    with open_history(history or here().history) as opened:
        series = read_trend(opened, runs)
    if html:
        from tinyml_hil.history import render_trend_page  # Jinja takes a tenth of a second to load

        write_atomically(html, render_trend_page(series).encode())
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
    table = Table("", "", "lowest", "highest", "last", "change", title=title, box=None)
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
