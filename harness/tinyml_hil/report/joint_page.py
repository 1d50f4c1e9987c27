"""The page of a joint run: what each device came to, and a matrix of inputs by devices."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from tinyml_hil.build import Sizes
from tinyml_hil.record import (
    Agreement,
    InputRecord,
    JointRecord,
    RunRecord,
    Task,
    joint_rows,
    repeats_of,
    summary_rows,
)
from tinyml_hil.report.files import PAGE
from tinyml_hil.report.inputs import InputResults
from tinyml_hil.report.templating import new_environment
from tinyml_hil.report.verdicts import VERDICTS
from tinyml_hil.words import shortened

_MOST_ROWS = 200
_LONGEST_NAME = 40
_NO_RUN = "interrupted"
"""What is said of a device whose run came to nothing."""


@dataclass(frozen=True)
class DeviceResults:
    """What one of the devices left behind."""

    record: RunRecord
    results: InputResults | None
    """None if it ended before the first input."""
    has_report: bool = True
    """Of its own, in its folder; one that was interrupted has none yet."""


@dataclass(frozen=True)
class Cell:
    """What one device gave for one input."""

    answer: str
    note: str
    """How its output differs from the host's, or from the others'; empty if it does not."""


@dataclass(frozen=True)
class InputRow:
    """One input on every device."""

    title: str
    label: str
    host: str
    cells: list[Cell | None]
    """None of a device that did not have it."""

    @property
    def is_equal(self) -> bool:
        """Whether there is nothing to be said of any device."""
        return all(cell and not cell.note for cell in self.cells)


@dataclass(frozen=True)
class Column:
    """The head of a device's column."""

    name: str
    status: str
    report: str
    """The address of the report of its own run; empty if it has none."""
    record: RunRecord | None


def render_joint_page(joint: JointRecord, found: Mapping[str, DeviceResults]) -> str:
    """The page: one file that loads nothing.

    ``found``: by the devices' names, of those whose run came to something.
    """
    return _render("joint.html", joint, found)


def render_joint_summary(joint: JointRecord, found: Mapping[str, DeviceResults]) -> str:
    """A message for a chat."""
    return _render("joint.md", joint, found)


def _render(template: str, joint: JointRecord, found: Mapping[str, DeviceResults]) -> str:
    environment = new_environment()
    environment.filters["short"] = lambda text: shortened(text, _LONGEST_NAME)
    rows = list(_input_rows(joint, found))
    devices = [_column(device["name"], device["run"], found) for device in joint.devices]
    return environment.get_template(template).render(
        joint=joint,
        look=VERDICTS[joint.status],
        looks=VERDICTS,
        model=next((each.record.model["name"] for each in found.values()), ""),
        references=sorted({each.record.reference for each in found.values()}),
        devices=devices,
        table=joint_rows({device.name: _summary(found.get(device.name)) for device in devices}),
        different=[row for row in rows if not row.is_equal],
        same=[row for row in rows if row.is_equal],
        most=_MOST_ROWS,
        command=shlex.join(joint.command),
    )


def _column(name: str, run: str, found: Mapping[str, DeviceResults]) -> Column:
    if name not in found:
        return Column(name, _NO_RUN, "", None)
    device = found[name]
    report = f"../{quote(run)}/{PAGE}" if device.has_report else ""
    return Column(name, device.record.status, report, device.record)


def _summary(device: DeviceResults | None) -> list[tuple[str, str]]:
    """What a device's run comes to, as in the table that ends it."""
    if not device or not device.results:
        return []
    record, results = device.record, device.results
    sizes = Sizes(**record.firmware["sizes"])
    used = record.memory.get("arena_used")
    return summary_rows(results.records, results.task, sizes, record.unit, used, repeats_of(record))


def _input_rows(joint: JointRecord, found: Mapping[str, DeviceResults]) -> Iterator[InputRow]:
    """A row an input, in the order of the dataset."""
    known = {name: each.results for name, each in found.items() if each.results}
    if not known:
        return
    records = {name: {r.index: r for r in each.records} for name, each in known.items()}
    compared = {
        next(iter(row.records.values())).index: row
        for row in Agreement({name: each.records for name, each in known.items()}).rows
    }
    first = next(iter(known.values()))
    for index in sorted(set().union(*records.values())):
        row = compared.get(index)
        cells: list[Cell | None] = []
        for device in joint.devices:
            name = device["name"]
            record = records.get(name, {}).get(index)
            odd = str(row.distance(name)) if row and record and name in row.odd else ""
            cells.append(_cell(record, first.task, odd) if record else None)
        some = next(given[index] for given in records.values() if index in given)
        yield InputRow(
            _title(first, index),
            first.task.label(some),
            first.task.answer(some, "host"),
            cells,
        )


def _cell(record: InputRecord, task: Task, odd: str) -> Cell:
    of = f"{record.different:,} of {record.compared.sum():,} differ from the host"
    note = odd if record.exact else f"{of}, by {record.largest_difference:g} at most"
    return Cell(task.answer(record, "device"), note)


def _title(results: InputResults, index: int) -> str:
    return results.dataset.title(index) if results.dataset else f"input {index}"
