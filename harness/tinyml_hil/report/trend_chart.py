"""Trend chart: one measure over the last runs, as a line with its axes, in units of an SVG.

Its template draws it. matplotlib, which draws the report, takes 60 to 100 ms for such a chart, and
pygal 16 ms and 49 KB: for the hundreds of a page that is 10 to 30 s (``bench/trend.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyml_hil.history import Point
from tinyml_hil.record import MEASURES, heading_of

WIDTH, HEIGHT = 330, 132
"""Pixels of a column of the page, which a phone has, too: there the text is as large."""
_TOP, _BOTTOM, _RIGHT = 10, 24, 8
_CHARACTER = 6.7
"""Pixels, of a number in 12 px."""
_DATE = 10
"""Characters of a date."""


@dataclass(frozen=True)
class Dot:
    """One run; ``x`` and ``y`` are the SVG's."""

    x: float
    y: float
    title: str
    """What a pointer is told."""
    href: str
    """Its report; empty if there is none."""
    failed: bool


@dataclass(frozen=True)
class Tick:
    """A label at an axis."""

    at: float
    text: str
    anchor: str = "end"


@dataclass(frozen=True)
class Chart:
    """The values of one measure, a step to the right a run."""

    heading: str
    last: str
    left: float
    """Where the line begins."""
    step: float
    """From one run to the next."""
    dots: list[Dot]
    values: list[Tick]
    """Along the y axis: the highest and the lowest."""
    dates: list[Tick]

    @property
    def line(self) -> str:
        """The points of an SVG polyline."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def chart_of(name: str, runs: Sequence[Point], link: Callable[[Point], str]) -> Chart:
    """The chart of a measure that all of the runs have; there is at least one.

    Args:
        link: the address of a run's report.
    """
    measure = MEASURES[name]
    values = [run.measures[name] for run in runs]
    lowest, highest = min(values), max(values)
    labels = {value: measure.number(value) for value in (highest, lowest)}
    left = max(map(len, labels.values())) * _CHARACTER + 8
    step = (WIDTH - left - _RIGHT) / max(len(runs) - 1, 1)
    dots = [
        Dot(
            x=round(left + i * step, 1),
            y=_y(value, lowest, highest),
            title=f"{minute(run)}: {measure.show(value)}, {run.status}, {commit(run)}",
            href=link(run),
            failed=run.status == "failed",
        )
        for i, (run, value) in enumerate(zip(runs, values, strict=True))
    ]
    return Chart(
        heading=heading_of(name),
        last=measure.number(values[-1]),
        left=left,
        step=step,
        dots=dots,
        values=[Tick(_y(value, lowest, highest), text) for value, text in labels.items()],
        dates=_dates(dots, runs),
    )


def _y(value: float, lowest: float, highest: float) -> float:
    share = (value - lowest) / (highest - lowest) if highest > lowest else 0.5
    return round(HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * share, 1)


def _dates(dots: Sequence[Dot], runs: Sequence[Point]) -> list[Tick]:
    """The dates of the first, the last and the middle run, each once; of one day, the minutes."""
    days = {run.started[:_DATE] for run in runs}
    ends = {0: "start", len(dots) - 1: "end"}
    if len(days) > 1:
        ends.setdefault(len(dots) // 2, "middle")
    ticks: dict[str, Tick] = {}
    for at, anchor in ends.items():
        text = runs[at].started[:_DATE] if len(days) > 1 else minute(runs[at])
        ticks.setdefault(text, Tick(dots[at].x, text, anchor))
    return list(ticks.values())


def minute(run: Point) -> str:
    """When a run started, as people read it."""
    return run.started[:16].replace("T", " ")


def commit(run: Point) -> str:
    """The commit of a run, as budgets name it; empty if there was none."""
    return run.revision[:12]
