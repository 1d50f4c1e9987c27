"""What the command compare shows of two campaigns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console as Screen
from rich.markup import escape
from rich.table import Table

from tinyml_hil.campaign import CampaignComparison, Pair, Rate, compare_campaigns
from tinyml_hil.cli.differences import table_of

_SHOWN = 10


def show_campaigns(first: Path, second: Path, *, as_json: bool) -> None:
    """Compares two campaigns by their folders, and shows it.

    Raises:
        UsageError, SetupError: as ``compare_campaigns``.
    """
    found = compare_campaigns(first, second)
    if as_json:
        print(json.dumps(found.to_plain()))
    else:
        _print(found)


def _print(found: CampaignComparison) -> None:
    screen = Screen()
    screen.print(f"from {found.first} to {found.second}", highlight=False)
    if found.circumstances:
        screen.print(table_of("what was run", found.circumstances))
    screen.print(_rates("outcomes", found.outcomes))
    if found.layers:
        screen.print(_rates("critical, by layer", found.layers[:_SHOWN]))
    if len(found.layers) > _SHOWN:
        print(f"  ... and {len(found.layers) - _SHOWN:,} more layers")
    if not found.is_same_plan:
        print("\nnot compared fault by fault: they are not the same, or over other inputs")
        return
    print(f"\nfaults: {len(found.changed):,} came to something else, of the same in both")
    for one in found.changed[:_SHOWN]:
        print(f"  fault {one.fault} ({one.place}): {one.first} -> {one.second}")
    if len(found.changed) > _SHOWN:
        print(f"  ... and {len(found.changed) - _SHOWN:,} more")


def _rates(title: str, pairs: Sequence[Pair]) -> Table:
    table = Table("", "first", "second", "p", "", title=f"\n{title}", box=None)
    table.title_justify = "left"
    for pair in pairs:
        verdict = "differs" if pair.differs else ""
        sides = _rate(pair.first), _rate(pair.second)
        table.add_row(escape(pair.name), *sides, f"{pair.chance:.2g}", verdict)
    return table


def _rate(rate: Rate) -> str:
    """As short as two of them fit a line of 80 characters beside the name of a layer."""
    value, low, high = (f"{100 * share:.3g}%" for share in (rate.value, *rate.interval))
    return f"{value} ({low} to {high})"
