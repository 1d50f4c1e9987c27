"""The table that ends a run, on the command line and in pytest alike."""

from __future__ import annotations

from harness.evaluation import Summary
from harness.firmware import Sizes


def summary_rows(
    summary: Summary, sizes: Sizes, unit: str, arena_used: int
) -> list[tuple[str, str]]:
    """Name and value of each row.

    Args:
        unit: of the ticks: ``instructions`` or ``cycles``; the two never share a column.
        arena_used: bytes.
    """
    return [
        ("images", f"{summary.images:,}"),
        ("bit-exact", f"{summary.exact:,}/{summary.images:,}"),
        ("correct on the device", f"{summary.device_correct:,}/{summary.images:,}"),
        ("accuracy, device", f"{summary.device_accuracy:.1%}"),
        ("accuracy, host", f"{summary.host_accuracy:.1%}"),
        (f"{unit} an inference", f"{summary.ticks:,.0f}"),
        ("arena used, bytes", f"{arena_used:,}"),
        ("flash without model, bytes", f"{sizes.flash:,}"),
        ("flash of the model, bytes", f"{sizes.model:,}"),
        ("RAM without arena, bytes", f"{sizes.ram:,}"),
    ]
