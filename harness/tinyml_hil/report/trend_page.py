"""The page of the trend: what is red, since when and why, and every model's lines behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from tinyml_hil.history import Difference, Kind, Line, Point, Step
from tinyml_hil.record import MEASURES, heading_of, utc_now
from tinyml_hil.report.files import PAGE
from tinyml_hil.report.templating import new_environment
from tinyml_hil.report.trend_chart import HEIGHT, WIDTH, Chart, chart_of, commit, minute
from tinyml_hil.report.verdicts import VERDICTS
from tinyml_hil.words import shortened

_DRAWN = 60
"""Runs in a chart: more are not to be told apart, or pointed at."""
_DRAWN_AT_ONCE = 2
"""Charts of a line; the others are folded."""
_LISTED = 30
_SHOWN = 3
"""Layers of those that changed, most first; `tinyml-hil compare` names them all."""
_LONGEST_NAME = 60
_NOT_NEWS = ("status", "build id", "branch")
"""Circumstances that change with every run, or are said beside it."""


@dataclass(frozen=True)
class Row:
    """What a line of the page says of one thing that changed, or of one measure."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One line of the history, as the page shows it."""

    line: Line
    sentences: list[str]
    changed: list[Row]
    """Before, since, and by how much."""
    circumstances: list[Row]
    charts: list[Chart]
    """Of the measures that moved, what is wrong first."""
    measures: list[Row]


@dataclass(frozen=True)
class Card:
    """A model on a device, on one branch."""

    parts: list[Part]
    """At least one, the worst first."""

    @property
    def first(self) -> Line:
        """The line that gives the card its verdict."""
        return self.parts[0].line


class Links:
    """Where the reports of runs are, for a page that is moved together with them."""

    def __init__(self, page: Path) -> None:
        """``page``: the file that links to them."""
        self._folder = page.resolve().parent
        self._known: dict[str, str] = {}

    def __call__(self, run: Point) -> str:
        """The relative address of a run's report, or empty if there is none."""
        if run.id not in self._known:
            self._known[run.id] = self._find(run)
        return self._known[run.id]

    def _find(self, run: Point) -> str:
        for folder in (run.folder, self._folder / run.id):
            report = os.path.join(folder, PAGE)  # noqa: PTH118 # of thousands
            if os.path.isfile(report):  # noqa: PTH113
                return quote(os.path.relpath(report, self._folder))
        return ""


def render_trend_page(lines: Sequence[Line], page: Path) -> str:
    """The whole page, as it is to lie at ``page``: one file that loads nothing."""
    environment = new_environment()
    environment.filters |= {"time": minute, "commit": commit, "short": _short, "device": device_of}
    environment.filters["inputs"] = _inputs
    link = Links(page)
    several = [line for line in lines if len(line.runs) > 1]
    cards = _cards(several, link)
    return environment.get_template("trend.html").render(
        link=link,
        looks=VERDICTS,
        counts={name: sum(line.verdict == name for line in lines) for name in VERDICTS},
        lines=lines,
        runs=sum(len(line.runs) for line in lines),
        first=min((line.runs[0] for line in lines), key=_started, default=None),
        last=max((line.newest for line in lines), key=_started, default=None),
        news=[card for card in cards if card.first.verdict != "passed"],
        quiet=[card for card in cards if card.first.verdict == "passed"],
        once=[(line, _what_changed(line)) for line in lines if len(line.runs) == 1],
        models=sorted({line.kind.model for line in lines}),
        devices=sorted({device_of(line.kind) for line in lines}),
        branches=sorted({line.branch for line in lines}),
        drawn=_DRAWN_AT_ONCE,
        listed=_LISTED,
        width=WIDTH,
        height=HEIGHT,
        written=utc_now()[:16].replace("T", " "),
    )


def _started(run: Point) -> str:
    return run.started


def device_of(kind: Kind) -> str:
    """What a run was on, as ``Kind`` says it."""
    return f"{kind.target}, {kind.platform}"


def _inputs(kind: Kind) -> str:
    return replace(kind, dataset=_short(kind.dataset)).inputs


def _short(text: str) -> str:
    return shortened(text, _LONGEST_NAME)


def _cards(lines: Sequence[Line], link: Links) -> list[Card]:
    """The lines of a model on a device together, each where the worst of them is."""
    cards: dict[tuple[str, str, str], list[Part]] = {}
    for line in lines:
        key = (line.kind.model, device_of(line.kind), line.branch)
        cards.setdefault(key, []).append(_part(line, link))
    return [Card(parts) for parts in cards.values()]


def _part(line: Line, link: Links) -> Part:
    drawn = line.runs[-_DRAWN:]
    columns = {
        name: [run for run in drawn if name in run.measures]
        for name in MEASURES
        if any(name in run.measures for run in drawn)
    }
    moved = [name for name, runs in columns.items() if len({r.measures[name] for r in runs}) > 1]
    wrong = [*(step.name for step in line.worse), *line.broken]
    moved.sort(key=lambda name: name not in wrong)
    return Part(
        line=line,
        sentences=list(_sentences(line)),
        changed=[*_changed_measures(line), *_changed_layers(line)],
        circumstances=_changed_circumstances(line),
        charts=[chart_of(name, columns[name], link) for name in moved],
        measures=[
            _measure(name, [r.measures[name] for r in runs]) for name, runs in columns.items()
        ],
    )


def _sentences(line: Line) -> Iterator[str]:
    """Why the verdict is what it is."""
    for run, steps in groupby(line.worse, key=lambda step: step.since):
        yield f"{'; '.join(map(_step, steps))}; since {_named(run)}."
    if line.verdict == "failed" and line.since:
        failed = sum(run.started >= line.since.started for run in line.runs)
        count = f"{failed:,} runs" if failed > 1 else "1 run"
        yield f"Failed since {_named(line.since)}: {count}."
        if not line.before:
            yield "No run before it passed."
    if line.broken:
        yield f"Broken budgets: {', '.join(line.broken)}."
    if line.verdict == "passed":
        yield _what_changed(line)


def _step(step: Step) -> str:
    first, second = (run.measures[step.name] for run in (step.before, step.since))
    return _from_to(step.name, first, second)


def _what_changed(line: Line) -> str:
    """From the last run that passed, in one sentence."""
    if not line.before:
        return "No run before it passed."
    elsewhere = (
        "" if line.before.branch == line.branch else f" on {line.before.branch or 'no branch'}"
    )
    pairs = {
        name: (first, second)
        for name in MEASURES
        if (first := line.before.measures.get(name)) is not None
        and (second := line.newest.measures.get(name)) is not None
        and first != second
    }
    told = "; ".join(_from_to(name, *pair) for name, pair in pairs.items())
    return f"From {_named(line.before)}{elsewhere}: {told or 'no measure changed'}."


def _from_to(name: str, first: float, second: float) -> str:
    """What a measure came to: ``flash, bytes: 31,408, +1,408 (+4.7%)``."""
    measure = MEASURES[name]
    share = _share(name, first, second)
    change = f"{measure.change(second - first)}{f' ({share})' if share else ''}"
    return f"{heading_of(name)}: {measure.number(second)}, {change}"


def _share(name: str, first: float, second: float) -> str:
    """The change as a share of what it was; empty where that says nothing."""
    return f"{second / first - 1:+.1%}" if first and MEASURES[name].unit != "%" else ""


def _named(run: Point) -> str:
    """As a budget names the run since which it is broken."""
    return f"{run.id} ({commit(run)})" if run.revision else run.id


def _changed_measures(line: Line) -> Iterator[Row]:
    for difference in sorted(line.changes.numbers, key=_gain) if line.changes else ():
        name, first, second = difference.name, difference.first, difference.second
        if name in MEASURES and difference.change is not None:
            measure = MEASURES[name]
            cells = measure.number(first), measure.number(second), measure.change(second - first)
            yield Row(heading_of(name), (*cells, _share(name, first, second)))


def _gain(difference: Difference) -> float:
    """By which share a measure got better; less than 0 if it got worse."""
    if difference.name not in MEASURES or not difference.change or not difference.first:
        return 0.0
    sign = 1 if MEASURES[difference.name].more_is_better else -1
    return sign * difference.change / float(abs(difference.first))


def _changed_layers(line: Line) -> Iterator[Row]:
    for layer in line.changes.layers[:_SHOWN] if line.changes else ():
        if layer.first and layer.second:
            cells = f"{layer.first:,}", f"{layer.second:,}", f"{layer.second - layer.first:+,}"
            yield Row(f"layer {layer.name}", (*cells, f"{layer.second / layer.first - 1:+.1%}"))


def _changed_circumstances(line: Line) -> list[Row]:
    changed = line.changes.circumstances if line.changes else []
    return [Row(one.name, _ends(one)) for one in changed if one.name not in _NOT_NEWS]


def _ends(difference: Difference) -> tuple[str, str]:
    shown = [
        str(end) if end not in (None, "") else "-" for end in (difference.first, difference.second)
    ]
    if "sha256" in difference.name or difference.name == "revision":
        shown = [text[:12] for text in shown]
    return _short(shown[0]), _short(shown[1])


def _measure(name: str, values: Sequence[float]) -> Row:
    """The columns of ``tinyml-hil trend``."""
    measure = MEASURES[name]
    change = values[-1] - values[-2] if len(values) > 1 else 0.0
    numbers = (measure.number(value) for value in (min(values), max(values), values[-1]))
    return Row(heading_of(name), (*numbers, measure.change(change) if change else ""))
