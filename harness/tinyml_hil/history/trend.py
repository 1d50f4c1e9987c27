"""Trend: the measures of comparable runs, one after another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from tinyml_hil.history.schema import Metric, Run
from tinyml_hil.history.store import History
from tinyml_hil.record import MEASURES

_BARS = "▁▂▃▄▅▆▇█"


@dataclass
class Point:
    """One run in a series."""

    id: str
    started: str
    status: str
    revision: str
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

    def __str__(self) -> str:
        device = f"{self.model} on {self.target}, {self.platform}"
        return f"{device}: {self.dataset}, {self.images:,} images"


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


_KIND: tuple[InstrumentedAttribute[Any], ...] = tuple(getattr(Run, f.name) for f in fields(Kind))


def read_trend(history: History, runs: int) -> list[Series]:
    """The last ``runs`` runs that came to results, by kind; the kind that ran last comes first."""
    last = (
        select(Run.id).where(Run.unit != "").order_by(Run.started.desc(), Run.id.desc()).limit(runs)
    )
    with history.session() as session:
        facts = session.execute(
            select(Run.id, Run.started, Run.status, Run.revision, *_KIND)
            .where(Run.id.in_(last))
            .order_by(Run.started, Run.id)
        ).all()
        metrics = session.execute(
            select(Metric.run_id, Metric.name, Metric.value).where(Metric.run_id.in_(last))
        ).all()
    points: dict[str, Point] = {}
    series: dict[Kind, list[Point]] = {}
    for run_id, started, status, revision, *kind in facts:
        points[run_id] = Point(run_id, started, status, revision)
        series.setdefault(Kind(*kind), []).append(points[run_id])
    for run_id, name, value in metrics:
        if run_id in points:  # in a damaged SQLite a key may be of nothing
            points[run_id].measures[name] = value
    found = [Series(kind, runs_alike) for kind, runs_alike in series.items()]
    return sorted(found, key=lambda one: one.runs[-1].started, reverse=True)


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
