"""The trend as a page: one HTML file that loads nothing, with a chart a measure.

A chart is one line. With matplotlib, which draws the report, it took longer than a history of
10,000 runs may take to answer (``bench/history.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jinja2

from tinyml_hil.history.trend import Point, Series
from tinyml_hil.record import MEASURES

_WIDTH, _HEIGHT, _MARGIN = 640, 120, 8


@dataclass(frozen=True)
class Dot:
    """One run in a chart; x and y are the SVG's."""

    x: float
    y: float
    run: Point
    value: str


@dataclass(frozen=True)
class Chart:
    """One measure of one series."""

    name: str
    last: str
    lowest: str
    highest: str
    dots: list[Dot]

    @property
    def line(self) -> str:
        """The points of an SVG polyline."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)


def render_trend_page(series: list[Series]) -> str:
    """The whole page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tinyml_hil.history"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    sections = [(one, list(_charts(one))) for one in series]
    template = environment.get_template("trend.html")
    return template.render(sections=sections, width=_WIDTH, height=_HEIGHT)


def _charts(series: Series) -> Iterator[Chart]:
    for name, column in series.values().items():
        show = MEASURES[name].show
        values = [value for _, value in column]
        yield Chart(
            name=name,
            last=show(values[-1]),
            lowest=show(min(values)),
            highest=show(max(values)),
            dots=[
                Dot(_x(i, len(values)), _y(value, min(values), max(values)), run, show(value))
                for i, (run, value) in enumerate(column)
            ],
        )


def _x(position: int, count: int) -> float:
    return round(_MARGIN + (_WIDTH - 2 * _MARGIN) * position / max(count - 1, 1), 1)


def _y(value: float, lowest: float, highest: float) -> float:
    share = (value - lowest) / (highest - lowest) if highest > lowest else 0.5
    return round(_HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * share, 1)
