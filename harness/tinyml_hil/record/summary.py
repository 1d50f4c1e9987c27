"""The tables that end a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from tinyml_hil.build import Sizes
from tinyml_hil.record.input_record import Summary

if TYPE_CHECKING:
    from tinyml_hil.record.metrics import Metrics

_SHOWN_CLASSES = 20
"""Classes whose table still fits a screen."""
_SHORT = 4
"""Letters of a class above its column."""
_CLOSENESS = ("acc", "rmse", "mae", "l2r", "mean", "std", "nse", "cos")


def summary_rows(
    summary: Summary, sizes: Sizes, unit: str, arena_used: int | None
) -> list[tuple[str, str]]:
    """Name and value of each row of the table that ends a run, in pytest and evaluate alike.

    Args:
        unit: of the ticks: ``instructions`` or ``cycles``; the two never share a column. Empty if
            the device counts none.
        arena_used: bytes; None if the device does not say.
    """
    equal = "equal as printed" if summary.printed else "bit-exact"
    ticks = f"{summary.ticks:,.0f}" if unit else "unknown"
    arena = "unknown" if arena_used is None else f"{arena_used:,}"
    return [
        ("images", f"{summary.images:,}"),
        (equal, f"{summary.exact:,}/{summary.images:,}"),
        ("correct on the device", f"{summary.device_correct:,}/{summary.images:,}"),
        ("accuracy, device", f"{summary.device_accuracy:.1%}"),
        ("accuracy, host", f"{summary.host_accuracy:.1%}"),
        (f"{unit or 'ticks'} an inference", ticks),
        ("arena used, bytes", arena),
        ("flash without model, bytes", f"{sizes.flash:,}"),
        ("flash of the model, bytes", f"{sizes.model:,}"),
        ("RAM without arena, bytes", f"{sizes.ram:,}"),
    ]


def quality_tables(metrics: Metrics) -> list[Table]:
    """How good the answers are, how far from the host's, and which classes are taken for which."""
    numbers = metrics.numbers()
    tables = [_quality_table(numbers), _closeness_table(numbers)]
    if len(metrics.per_class) <= _SHOWN_CLASSES:
        tables.append(_class_table(metrics))
    return tables


def _quality_table(numbers: dict[str, float]) -> Table:
    table = Table("", "device", "host", box=None)
    for name, text in (
        ("accuracy", "top-1"),
        ("top5", "top-5"),
        ("ece", "calibration error (ECE)"),
    ):
        if f"{name}_device" in numbers:
            table.add_row(
                text, f"{numbers[f'{name}_device']:.2%}", f"{numbers[f'{name}_host']:.2%}"
            )
    return table


def _closeness_table(numbers: dict[str, float]) -> Table:
    columns = ("exact images", "exact bytes", "max difference", *_CLOSENESS)
    table = Table(*(column for column in columns), title="device against host", box=None)
    table.add_row(
        f"{numbers['exact']:,}",
        f"{numbers['exact_bytes']:,}/{numbers['bytes']:,}" if "bytes" in numbers else "unknown",
        *(
            f"{numbers[name]:.6g}" if name in numbers else "-"
            for name in ("max_difference", *(f"diff_{column}" for column in _CLOSENESS))
        ),
    )
    return table


def _class_table(metrics: Metrics) -> Table:
    names = [score.name[:_SHORT] for score in metrics.per_class]
    table = Table("class", "precision", "recall", "F1", "images", *names, box=None)
    for score, row in zip(metrics.per_class, metrics.confusion, strict=True):
        table.add_row(
            score.name,
            f"{score.precision:.1%}",
            f"{score.recall:.1%}",
            f"{score.f1:.1%}",
            f"{score.support:,}",
            *(f"{count:,}" for count in row),
        )
    return table
