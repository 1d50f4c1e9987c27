"""Standing: what the newest run of each kind says against those before, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import select

from tinyml_hil.errors import UsageError
from tinyml_hil.history.changes import Changes, changes_between
from tinyml_hil.history.schema import Run
from tinyml_hil.history.store import History
from tinyml_hil.history.trend import Kind, Point, read_points
from tinyml_hil.record import MEASURES, CampaignRecord, RunRecord, campaign_of, record_of

_RECENT = 20
"""Runs that a step may be behind to be news, and runs before it that it is compared with."""
_FEWEST = 3
"""Runs before a step, without which it may be what always happens."""
_LEAST = 0.01
"""Share of a value that a step has to be: a few bytes come and go with every commit."""
_EXPLAINED = 40
"""Lines of which it is said what changed: the records of more take longer than a page may."""

Verdict = Literal["failed", "worse", "passed"]
_WORST_FIRST: tuple[Verdict, ...] = ("failed", "worse", "passed")


@dataclass(frozen=True)
class Step:
    """A measure that is worse than it was."""

    name: str
    before: Point
    since: Point
    """The run with which it got worse; ``before`` is the one before."""


@dataclass(frozen=True)
class Line:
    """Runs of one kind on one branch, the oldest first, and what the newest says."""

    kind: Kind
    branch: str
    runs: list[Point]
    """At least one, each of which passed or failed."""
    since: Point | None = None
    """The first of the runs that failed up to the newest, or the one with which it got worse."""
    before: Point | None = None
    """The last run that passed before that one, or before the newest; on another branch if this
    one has none."""
    worse: tuple[Step, ...] = ()
    """Of a line that passed: what got worse lately, by more than it varied before."""
    changes: Changes | None = None
    """From ``before`` to ``since``; None where either is not known."""
    broken: tuple[str, ...] = ()
    """The budgets that the newest run broke."""
    failure: str = ""
    """The first failure of the newest run."""

    @property
    def newest(self) -> Point:
        """The run that started last."""
        return self.runs[-1]

    @property
    def verdict(self) -> Verdict:
        """That of the newest run; of one that passed, whether it is worse than it was."""
        if self.newest.status == "failed":
            return "failed"
        return "worse" if self.worse else "passed"


def read_standing(history: History, runs: int) -> list[Line]:
    """The lines that the last ``runs`` runs are: those that failed, that got worse, that passed.

    A run that came to no result, since its device did not answer, counts as its device's others.
    """
    found = _with_units(read_points(history, runs, Run.status.in_(("passed", "failed"))))
    of_kind: dict[Kind, list[Point]] = {}
    by_branch: dict[tuple[Kind, str], list[Point]] = {}
    for kind, point in found:
        of_kind.setdefault(kind, []).append(point)
        by_branch.setdefault((kind, point.branch), []).append(point)
    lines = [
        _stand(Line(kind, branch, points), of_kind[kind])
        for (kind, branch), points in by_branch.items()
    ]
    lines.sort(key=lambda line: (line.since or line.newest).started, reverse=True)
    lines.sort(key=lambda line: _WORST_FIRST.index(line.verdict))
    return _explained(history, lines)


def _with_units(found: list[tuple[Kind, Point]]) -> Iterator[tuple[Kind, Point]]:
    units = {replace(kind, unit=""): kind.unit for kind in {k for k, _ in found} if kind.unit}
    for kind, point in found:
        yield (kind if kind.unit else replace(kind, unit=units.get(kind, ""))), point


def _stand(line: Line, of_kind: Sequence[Point]) -> Line:
    runs = line.runs
    if len(runs) < _RECENT:
        first = runs[0]
        others = [p for p in of_kind if p.branch != line.branch and p.started < first.started]
        runs = [*others[-_RECENT:], *runs]
    if line.newest.status == "failed":
        at = next((i for i in reversed(range(len(runs))) if _ended_well(runs[i], line)), -1) + 1
        return replace(line, since=runs[at], before=_last_that_passed(runs[:at]))
    steps = [step for name in MEASURES if (step := _step(runs, name))]
    if not steps:
        return replace(line, before=_last_that_passed(runs[:-1]))
    latest = max(steps, key=lambda step: step.since.started)
    return replace(line, since=latest.since, before=latest.before, worse=tuple(steps))


def _ended_well(run: Point, line: Line) -> bool:
    """Whether a run ends the failures of a line; another branch's are not its own."""
    return run.status == "passed" or run.branch != line.branch


def _last_that_passed(runs: Sequence[Point]) -> Point | None:
    return next((run for run in reversed(runs) if run.status == "passed"), None)


def _step(runs: Sequence[Point], name: str) -> Step | None:
    """Where a measure got worse and stayed so, by more than it varied before; None if nowhere."""
    having = [run for run in runs if name in run.measures]
    measure = MEASURES[name]
    sign = -1 if measure.more_is_better else 1
    least = 0.0 if measure.unit == "%" else _LEAST
    values = [sign * run.measures[name] for run in having]
    for at in range(max(len(values) - _RECENT, _FEWEST), len(values)):
        before = values[max(at - _RECENT, 0) : at]
        worse_by, varied_by = min(values[at:]) - max(before), max(before) - min(before)
        if worse_by > max(varied_by, least * abs(max(before))):
            return Step(name, having[at - 1], having[at])
    return None


def _explained(history: History, lines: list[Line]) -> list[Line]:
    """The lines with what is in the records of their runs, where something is wrong."""
    wrong = [line for line in lines[:_EXPLAINED] if line.verdict != "passed"]
    ends = {run.id for line in wrong for run in (line.newest, line.since, line.before) if run}
    with history.session() as session:
        chosen = select(Run.id, Run.campaign, Run.record).where(Run.id.in_(ends))
        rows = session.execute(chosen).all()
    records = {row.id: record for row in rows if (record := _readable(*row))}
    return [*(_explain(line, records) for line in wrong), *lines[len(wrong) :]]


def _readable(
    run_id: str, campaign: str, content: dict[str, object]
) -> RunRecord | CampaignRecord | None:
    """A record; None if it is damaged, which is no reason to say nothing of the others."""
    try:
        return (campaign_of if campaign else record_of)(
            content, f"the history's record of {run_id}"
        )
    except UsageError:
        return None


def _explain(line: Line, records: dict[str, RunRecord | CampaignRecord]) -> Line:
    first, second = (records.get(run.id) if run else None for run in (line.before, line.since))
    newest = records.get(line.newest.id)
    return replace(
        line,
        changes=_changes(first, second),
        broken=tuple(b["name"] for b in newest.budgets if not b["ok"]) if newest else (),
        failure=newest.failures[0] if newest and newest.failures else "",
    )


def _changes(first: object, second: object) -> Changes | None:
    """What changed from run to run; of campaigns it is not told."""
    if isinstance(first, RunRecord) and isinstance(second, RunRecord):
        return changes_between(first, second)
    return None
