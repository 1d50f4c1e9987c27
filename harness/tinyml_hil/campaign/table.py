"""Table: every fault of a campaign as a row, in a file that people's tools read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tinyml_hil.campaign.faults import Fault
from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Plan
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.record import damage_named

TABLE = "faults.parquet"


def require_parquet() -> Any:
    """The library that writes the table.

    Raises:
        SetupError: it is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise SetupError(
            "campaigns need pyarrow: pip install 'tinyml-hil[campaign]', or pip install pyarrow"
        ) from error
    return pyarrow


def save_table(folder: Path, plan: Plan, results: Iterable[Result]) -> None:
    """Writes the table, in the order of the faults; equal results give equal bytes.

    Raises:
        SetupError: as ``require_parquet``.
        OSError: it could not be written.
    """
    arrow = require_parquet()
    ordered = sorted(results, key=lambda result: result.fault)
    rows = [_row(plan, plan.faults[result.fault], result) for result in ordered]
    file = io.BytesIO()
    arrow.parquet.write_table(arrow.Table.from_pylist(rows, _schema(arrow)), file)
    write_atomically(folder / TABLE, file.getvalue())


def read_columns(folder: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Some columns of the table of a campaign that has ended, a row a fault; ``outcome`` is one.

    Raises:
        UsageError: there is no table yet, or it is damaged.
        SetupError: as ``require_parquet``.
    """
    arrow, path = require_parquet(), folder / TABLE
    if not path.exists():
        raise UsageError(
            f"{folder.name} has no {TABLE} yet: tinyml-hil campaign --resume {folder.name}"
        )
    with damage_named(path):
        table = _read(arrow, path)
        if missing := [name for name in names if name not in table.column_names]:
            raise ValueError(f"it has no column {missing[0]}")
        wanted = arrow.schema([_schema(arrow).field(name) for name in names])
        rows: list[dict[str, Any]] = table.select([*names]).cast(wanted).to_pylist()
        for row in rows:
            Outcome(row["outcome"])  # any other is an error
    return rows


def _read(arrow: Any, path: Path) -> Any:
    try:
        return arrow.parquet.read_table(path)
    except arrow.ArrowException as error:  # not all of which are errors of values
        raise ValueError(str(error)) from error


def read_row(folder: Path, fault: int) -> dict[str, Any]:
    """A fault's row in the table of a campaign that has ended.

    Raises:
        UsageError: there is no such fault, or no table yet, or it is damaged.
        SetupError: as ``require_parquet``.
    """
    rows = read_columns(folder, _schema(require_parquet()).names)
    for row in rows:
        if row["fault"] == fault:
            return dict(row)
    raise UsageError(f"{folder.name} has no fault {fault}: it has {len(rows):,}, from 0")


def _row(plan: Plan, fault: Fault, result: Result) -> dict[str, Any]:
    region, golden = fault.region, plan.golden[fault.input]
    return {
        "fault": fault.id,
        "where": region.where,
        "name": region.name,
        "layer": region.layer,
        "op": region.op,
        "address": fault.address,
        "bit": fault.bit % 8,
        "element_bit": fault.element_bit,
        "kind": plan.choice.kind,
        "after": fault.after,
        "input": fault.input,
        "label": golden.label,
        "class_without": golden.top,
        "outcome": result.outcome.value,
        "class": result.top,
        "output": result.output,
        "detail": result.detail,
    }


def _schema(arrow: Any) -> Any:
    texts = ("where", "name", "op", "kind", "outcome", "detail")
    small = ("bit", "element_bit")
    names: Sequence[str] = (
        *("fault", "where", "name", "layer", "op", "address", "bit", "element_bit", "kind"),
        *("after", "input", "label", "class_without", "outcome", "class", "output", "detail"),
    )

    def kind(name: str) -> Any:
        if name in texts:
            return arrow.string()
        if name == "output":
            return arrow.binary()
        if name == "address":
            return arrow.uint32()
        return arrow.uint8() if name in small else arrow.int32()

    return arrow.schema([(name, kind(name)) for name in names])
