"""Trend: the measures of comparable runs, one after another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from sys import float_info
from typing import Annotated, Any

from msgspec import Meta, convert
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from tinyml_hil.history.schema import Metric, Run
from tinyml_hil.history.store import History
from tinyml_hil.record import CRITICAL, MEASURES

_BARS = "▁▂▃▄▅▆▇█"


@dataclass
class Point:
    """One run in a series."""

    id: str
    started: str
    status: str
    revision: str
    branch: str
    folder: str
    """Where its files were when it was recorded."""
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """What runs have in common whose numbers belong into one line."""

    target: str
    platform: str
    model: str
    unit: str
    dataset: str
    dataset_sha256: str
    images: int
    campaign: str
    """What faults were written; empty for runs."""

    @property
    def inputs(self) -> str:
        """What was run, and which faults were written, if any were."""
        inputs = f"{self.dataset}, {self.images:,} images"
        return f"{self.campaign} over {inputs}" if self.campaign else inputs

    def __str__(self) -> str:
        return f"{self.model} on {self.target}, {self.platform}: {self.inputs}"


@dataclass(frozen=True)
class Series:
    """Runs of one kind, the oldest first."""

    kind: Kind
    runs: list[Point]

    def values(self) -> dict[str, list[tuple[Point, float]]]:
        """By measure: the runs that have it, with its value."""
        columns = {
            name: [(run, run.measures[name]) for run in self.runs if name in run.measures]
            for name in MEASURES
        }
        return {name: column for name, column in columns.items() if column}


_LARGEST = float_info.max
_RESULTS = ("exact", CRITICAL)
"""A run or a campaign that came to results has one of these."""
_Facts = tuple[str, str, str, str, str, str, str, str, str, str, str, str, int, str]
"""Id, start, status, revision, branch and folder of a run, and its kind."""
_Value = tuple[str, str, Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]]
"""A run's id, and name and value of one of its measures."""
_KIND: tuple[InstrumentedAttribute[Any], ...] = tuple(getattr(Run, f.name) for f in fields(Kind))


def read_trend(history: History, runs: int) -> list[Series]:
    """The last ``runs`` runs that came to results, by kind; the kind that ran last comes first."""
    series: dict[Kind, list[Point]] = {}
    with_results = select(Metric.run_id).where(Metric.name.in_(_RESULTS))
    for kind, point in read_points(history, runs, Run.id.in_(with_results)):
        series.setdefault(kind, []).append(point)
    found = [Series(kind, runs_alike) for kind, runs_alike in series.items()]
    return sorted(found, key=lambda one: one.runs[-1].started, reverse=True)


def read_points(
    history: History, runs: int, chosen: ColumnElement[bool]
) -> list[tuple[Kind, Point]]:
    """The last ``runs`` of the runs that are chosen, with their kinds; the oldest first."""
    last = select(Run.id).where(chosen).order_by(Run.started.desc(), Run.id.desc()).limit(runs)
    with history.session() as session:
        facts = session.execute(
            select(Run.id, Run.started, Run.status, Run.revision, Run.branch, Run.folder, *_KIND)
            .where(Run.id.in_(last))
            .order_by(Run.started, Run.id)
        ).all()
        metrics = session.execute(
            select(Metric.run_id, Metric.name, Metric.value).where(Metric.run_id.in_(last))
        ).all()
        # SQLite keeps what it is given, whatever the column is for.
        rows = convert([tuple(row) for row in facts], list[_Facts])
        values = convert([tuple(row) for row in metrics], list[_Value])
    found = {row[0]: (Kind(*row[6:]), Point(*row[:6])) for row in rows}
    for run_id, name, value in values:
        if run_id in found:  # in a damaged SQLite a key may be of nothing
            found[run_id][1].measures[name] = value
    return list(found.values())


def sparkline(values: Iterable[float], width: int) -> str:
    """The values as bars of eighths; of more than ``width``, the last of each part is drawn."""
    numbers = list(values)
    parts = min(width, len(numbers))
    shown = [numbers[(i + 1) * len(numbers) // parts - 1] for i in range(parts)]
    lowest, highest = min(shown), max(shown)
    if lowest == highest:
        return _BARS[0] * parts
    scale = (len(_BARS) - 1) / (highest - lowest)
    return "".join(_BARS[round((value - lowest) * scale)] for value in shown)
