"""The command compare."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen

from tinyml_hil.cli.app import RUN_HELP, AsJson, HistoryUrl, app, here
from tinyml_hil.cli.differences import as_markdown, table_of
from tinyml_hil.history import Comparison, compare_runs, open_history
from tinyml_hil.record import CAMPAIGN, LATEST, find_run, folder_with

_SHOWN = 10


@app.command("compare")
def show_comparison(
    first: Annotated[str, typer.Argument(help=RUN_HELP, metavar="RUN")],
    second: Annotated[str, typer.Argument(help="The same.", metavar="RUN")],
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As a message for a pull request.")
    ] = False,
    history: HistoryUrl = None,
) -> None:
    """Says what changed from one run to another: images, layers, symbols, numbers.

    Two campaigns are compared likewise: their rates, by outcome and layer, and whether they differ.
    """
    project = here()
    if any(folder_with(CAMPAIGN, name, project.reports) for name in (first, second)):
        # Here, since SciPy takes a while to load, and most of what is compared are runs.
        from tinyml_hil.cli.comparing_campaigns import show_campaigns

        one, other = (find_run(name, project.reports, CAMPAIGN) for name in (first, second))
        show_campaigns(one, other, as_json=as_json)
        return
    first, second = (_latest_by_id(name, project.reports) for name in (first, second))
    with open_history(history or project.history) as opened:
        comparison = compare_runs(opened, first, second)
    if as_json:
        print(json.dumps(asdict(comparison)))
    elif markdown:
        print(as_markdown(comparison))
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
            screen.print(table_of(title, differences))
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
