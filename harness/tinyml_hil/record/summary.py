"""The tables that end a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tinyml_hil.build import Sizes
from tinyml_hil.record.input_record import InputRecord, count_unstable, summarise
from tinyml_hil.record.tasks.base import SIDES, Task
from tinyml_hil.words import shortened

if TYPE_CHECKING:
    from tinyml_hil.record.metrics import Metrics

_SHOWN_CLASSES = 20
"""Classes whose table still fits a screen."""
_SHOWN_MISTAKES = 3
"""Classes that one is taken for."""
_LONGEST_NAME = 20
"""Characters of a class."""
_CLOSENESS = ("acc", "rmse", "mae", "l2r", "mean", "std", "nse", "cos")


def summary_rows(
    records: Sequence[InputRecord],
    task: Task,
    sizes: Sizes,
    unit: str,
    arena_used: int | None,
    repeats: int,
) -> list[tuple[str, str]]:
    """Name and value of each row of the table that ends a run, in pytest and evaluate alike.

    Args:
        unit: of the ticks: one of ``UNITS``, which never share a column. Empty if the device counts
            none.
        arena_used: bytes; None if the device does not say.
        repeats: how often each input was run.
    """
    summary = summarise(records)
    equal = "equal as printed" if summary.printed else "bit-exact"
    ticks = f"{summary.ticks:,.0f}" if unit else "unknown"
    arena = "unknown" if arena_used is None else f"{arena_used:,}"
    unstable = f"{count_unstable(records):,}/{summary.images:,}"
    return [
        ("images", f"{summary.images:,}"),
        (equal, f"{summary.exact:,}/{summary.images:,}"),
        *([(f"unstable in {repeats:,} runs", unstable)] if repeats > 1 else []),
        *task.totals(records),
        (f"{unit or 'ticks'} an inference", ticks),
        ("arena used, bytes", arena),
        ("flash without model, bytes", f"{sizes.flash:,}"),
        ("flash of the model, bytes", f"{sizes.model:,}"),
        ("RAM without arena, bytes", f"{sizes.ram:,}"),
    ]


def joint_rows(columns: Mapping[str, Sequence[tuple[str, str]]]) -> list[tuple[str, list[str]]]:
    """The rows of several devices as one table: a name, and what each device has under it.

    What counts in another unit has another name, and so a row of its own; a device that has nothing
    in a row has an empty text there.
    """
    names: list[str] = []
    for rows in columns.values():
        place = 0
        for name, _ in rows:
            if name not in names:
                names.insert(place, name)
            place = names.index(name) + 1
    values = [dict(rows) for rows in columns.values()]
    return [(name, [each.get(name, "") for each in values]) for name in names]


def quality_tables(metrics: Metrics) -> list[Table]:
    """How good the answers are, how far from the host's, and which classes are taken for which."""
    numbers = metrics.numbers()
    tables = [_quality_table(metrics.task, numbers)] if metrics.task.texts else []
    tables.append(_closeness_table(numbers))
    if 0 < len(metrics.per_class) <= _SHOWN_CLASSES:
        tables.append(_class_table(metrics))
    return tables


def _quality_table(task: Task, numbers: dict[str, float]) -> Table:
    table = Table("", "device", "host", box=None)
    for name, text in task.texts.items():
        shown = (task.show(name, numbers.get(f"{name}_{side}", nan), 2) for side in SIDES)
        if f"{name}_device" in numbers:
            table.add_row(text, *shown)
    return table


def _closeness_table(numbers: dict[str, float]) -> Table:
    table = Table("device against host", "", box=None)
    table.columns[1].justify = "right"
    table.add_row("exact images", f"{numbers['exact']:,}")
    known = "bytes" in numbers
    exact_bytes = f"{numbers['exact_bytes']:,}/{numbers['bytes']:,}" if known else "unknown"
    table.add_row("exact bytes", exact_bytes)
    for text, name in (
        ("max difference", "max_difference"),
        *((name, f"diff_{name}") for name in _CLOSENESS),
    ):
        table.add_row(text, f"{numbers[name]:.6g}" if name in numbers else "-")
    return table


def _class_table(metrics: Metrics) -> Table:
    counted = metrics.task.counted
    table = Table("class", "precision", "recall", "F1", counted, "taken for", box=None)
    for column in table.columns[1:-1]:
        column.justify = "right"
    for number, score in enumerate(metrics.per_class):
        table.add_row(
            Text(shortened(score.name, _LONGEST_NAME)),
            f"{score.precision:.1%}" if score.given else "-",
            f"{score.recall:.1%}" if score.support else "-",
            f"{score.f1:.1%}" if score.support else "-",
            f"{score.support:,}",
            Text(_mistakes(metrics, number)),
        )
    return table


def _mistakes(metrics: Metrics, number: int) -> str:
    """Which other classes the images of one are taken for, the most frequent first."""
    if metrics.confusion is None:
        return ""
    counts = metrics.confusion[number].copy()
    counts[number] = 0
    most = [int(other) for other in (-counts).argsort(kind="stable") if counts[other]]
    found = [
        f"{shortened(metrics.per_class[other].name, _LONGEST_NAME)} {counts[other]:,}"
        for other in most[:_SHOWN_MISTAKES]
    ]
    return ", ".join([*found, "..."] if len(most) > len(found) else found)
