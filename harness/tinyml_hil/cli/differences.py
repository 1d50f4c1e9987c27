"""Differences of two runs or campaigns, as a table."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from tinyml_hil.history import Difference

_SHOWN = 10


def table_of(title: str, differences: list[Difference]) -> Table:
    """What is not the same, and by how much where it is a number; the first ``_SHOWN``."""
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
