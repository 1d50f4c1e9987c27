"""The trend as a page: one HTML file that loads nothing, with a chart a measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jinja2
from markupsafe import Markup

from harness.history.trend import Point, Series
from harness.measures import MEASURES, Measure
from harness.plots import COLOURS, new_plot

_WIDTH, _HEIGHT = 440, 150
_PLACE = (0.2, 0.17, 0.7, 0.76)
"""Of the axes: what is left is enough for ten digits at the left, and for dates below."""
_DOT = 12
"""Square points."""


@dataclass(frozen=True)
class Chart:
    """One measure of one series."""

    name: str
    latest: str
    svg: Markup


def trend_page(series: list[Series]) -> str:
    """The whole page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.history"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    sections = [(one, list(_charts(one))) for one in series]
    return environment.get_template("trend.html").render(sections=sections)


def _charts(series: Series) -> Iterator[Chart]:
    for name, column in series.values().items():
        measure = MEASURES[name]
        yield Chart(name, measure.show(column[-1][1]), _draw(name, measure, column))


def _draw(name: str, measure: Measure, column: list[tuple[Point, float]]) -> Markup:
    """A line through the runs, and a dot for each, which says what and which it is."""
    runs, values = [run for run, _ in column], [value for _, value in column]
    colours = [COLOURS["device" if run.status == "passed" else "bad"] for run in runs]
    titles = [
        f"{measure.show(value)}, {run.status}, {run.id} {run.revision[:12]}"
        for run, value in column
    ]
    with new_plot(_WIDTH, _HEIGHT) as plot:
        plot.place(*_PLACE)
        plot.axes.plot(values, color=COLOURS["device"], linewidth=1.2)
        dots = plot.axes.scatter(range(len(values)), values, s=_DOT, c=colours, zorder=3)
        plot.explain(dots, titles)
        ends = sorted({min(values), max(values)})
        plot.axes.set_yticks(ends, [measure.number(value) for value in ends])
        plot.axes.set_xticks([0, len(runs) - 1], [runs[0].started[:10], runs[-1].started[:10]])
        said = f"{name}: {measure.show(ends[0])} to {measure.show(ends[-1])}, now"
        return Markup(plot.svg(f"{said} {measure.show(values[-1])}"))
