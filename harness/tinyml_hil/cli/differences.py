"""Differences of two runs or campaigns: as a table, or as a message."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from tinyml_hil.history import Comparison, Difference
from tinyml_hil.record import MEASURES, heading_of

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


def as_markdown(found: Comparison) -> str:
    """The measures of two runs side by side, and what else people ask of a pull request."""
    rows = [_row(difference) for difference in found.measures]
    said = (
        [f"{found.outputs:,} of {found.images:,} inputs have other outputs."]
        if found.images
        else []
    )
    said += [
        f"- input {flip.index} ({flip.label}): {flip.first} -> {flip.second}"
        for flip in found.flips[:_SHOWN]
    ]
    if len(found.flips) > _SHOWN:
        said.append(f"- ... and {len(found.flips) - _SHOWN:,} more")
    said += [f"Not compared: {reason}." for reason in found.not_compared]
    head = ["| | before | after | change |", "|---|---:|---:|---:|"]
    return "\n".join([*head, *rows, "", *said])


def _row(difference: Difference) -> str:
    measure = MEASURES[difference.name]
    shown = ["-" if x is None else measure.number(x) for x in (difference.first, difference.second)]
    change = measure.change(difference.change) if difference.change else ""
    cells = [
        heading_of(difference.name).replace("_", " "),
        *shown,
        f"**{change}**" if change else "",
    ]
    return f"| {' | '.join(cells)} |"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)
