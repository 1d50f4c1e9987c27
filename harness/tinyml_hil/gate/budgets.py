"""Budgets: limits that a run must keep, from budgets.toml, and what a run made of them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from tinyml_hil.errors import UsageError
from tinyml_hil.gate.baselines import UPDATE, Baseline, load_baseline
from tinyml_hil.project import Project
from tinyml_hil.record import (
    MEASURES,
    UNITS,
    BudgetFacts,
    CampaignRecord,
    Circumstances,
    RunRecord,
    circumstances_of,
    coverage_in,
    folder_of,
    measure_of,
    measures_of,
)
from tinyml_hil.toml import read_toml

DEFAULT = "default"
_ROUNDING = 1e-6
_LONGEST_NAME = 64
"""Characters of a budget's, as the history has them."""
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?) ?%")


@dataclass(frozen=True)
class Change:
    """How far a value may go from its baseline to the worse."""

    amount: float
    """In the value's own unit, or a share of the baseline."""
    is_share: bool

    def of(self, baseline: float) -> float:
        """The distance, in the value's own unit."""
        return baseline * self.amount if self.is_share else self.amount


@dataclass(frozen=True)
class Budget:
    """A limit on one measure. At least one of the two is given; the stricter one counts."""

    name: str
    absolute: float | None
    """The largest value, or the smallest where more is better."""
    change: Change | None

    def limit(self, baseline: float | None) -> float | None:
        """The value that must not be passed; None if there is nothing to compare with."""
        limits = [] if self.absolute is None else [self.absolute]
        if self.change and baseline is not None:
            step = self.change.of(baseline)
            limits.append(baseline - step if self._least else baseline + step)
        if not limits:
            return None
        return max(limits) if self._least else min(limits)

    def kept(self, value: float, limit: float) -> bool:
        """Whether ``value`` is within ``limit``; to a millionth, of how good answers are."""
        if not measure_of(self.name).of_answers and not self._least:
            return value <= limit
        room = _ROUNDING * max(1.0, abs(limit)) if self._least else _ROUNDING * abs(limit)
        return value >= limit - room if self._least else value <= limit + room

    @property
    def _least(self) -> bool:
        return measure_of(self.name).more_is_better


@dataclass(frozen=True)
class Outcome:
    """What a run made of one budget; the fields are run.json's."""

    name: str
    value: float
    limit: float
    baseline: float | None
    ok: bool
    since: str = ""
    """The first run in a row that did not keep it, if the history tells; else empty."""

    def message(self) -> str:
        """Budget, value, limit, baseline, difference, and since which run."""
        measure = measure_of(self.name)
        word = "at least" if measure.more_is_better else "at most"
        text = f"{self.name}: {measure.show(self.value)}, the budget is {word} "
        text += measure.show(self.limit)
        if self.baseline is not None:
            text += f"; the baseline is {measure.show(self.baseline)}, {self._difference()}"
        return f"{text}; since {self.since}" if self.since else text

    def _difference(self) -> str:
        measure = measure_of(self.name)
        change = self.value - (self.baseline or 0)
        direction = "more" if change > 0 else "less"
        if measure.unit == "%":
            return f"{100 * abs(change):.2f} points {direction}"
        share = f" ({change / self.baseline:+.1%})" if self.baseline else ""
        return f"{measure.show(abs(change))} {direction}{share}"


class Budgets:
    """The budgets of a run, and the baseline that they refer to."""

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        baseline: Baseline | None,
        now: Circumstances,
        is_namesake: bool = False,
    ) -> None:
        """Checks nothing yet.

        Args:
            baseline: None if there is none for this model.
            now: of the run whose values will be checked.
            is_namesake: whether the project has a baseline for another model of this name.
        """
        self._budgets = budgets
        self._baseline = baseline
        self._now = now
        self._is_namesake = is_namesake

    @property
    def of_folders(self) -> list[str]:
        """The names of those that limit the coverage of a folder."""
        return [name for name in self._budgets if folder_of(name)]

    def check(self, name: str, value: float) -> Outcome | None:
        """What ``value`` makes of a budget; None if there is no such limit. See ``why_none``."""
        if self.why_none(name):
            return None
        budget, baseline = self._budgets[name], self._reference(name)
        limit = budget.limit(baseline)
        assert limit is not None  # or there were a reason
        return Outcome(name, value, limit, baseline, budget.kept(value, limit))

    def why_none(self, name: str) -> str:
        """Why there is no limit for a measure of this run; empty if there is one."""
        if name not in self._budgets:
            return f"no budget for {name} in budgets.toml"
        if name in UNITS and name != self._now.unit:
            return f"this device counts {self._now.unit or 'no ticks'}, not {name}"
        if self._budgets[name].limit(self._reference(name)) is not None:
            return ""
        if self._is_namesake:
            return f"the baseline for {name} is that of another model called {self._now.model}"
        if self._baseline is None:
            return f"no baseline for {name} yet: {UPDATE}"
        return self._baseline.why_not(name, self._now)

    def _reference(self, name: str) -> float | None:
        if self._baseline is None or folder_of(name) or self._baseline.why_not(name, self._now):
            return None
        return self._baseline.measure(name, self._now.dataset_sha256)


def load_budgets(now: Circumstances, project: Project) -> Budgets:
    """The budgets for a run: those of its platform and model, and the defaults for the others.

    A model that only has the name of the one that the project has a baseline for gets the defaults.

    Raises:
        UsageError: budgets.toml or the baseline is malformed.
    """
    baseline = load_baseline(project.baselines, now.platform, now.model, now.unit, now.engine)
    if baseline and not baseline.is_of(now, project):
        defaults = read_budgets(project.budgets, now.platform, model=None)
        return Budgets(defaults, None, now, is_namesake=True)
    return Budgets(read_budgets(project.budgets, now.platform, now.model), baseline, now)


def check_record(record: RunRecord | CampaignRecord, project: Project) -> list[Outcome]:
    """What a whole run or campaign makes of its budgets, in the order of ``MEASURES``.

    Raises:
        UsageError: as ``load_budgets``.
    """
    budgets = load_budgets(circumstances_of(record), project)
    measured = measures_of(record)
    if isinstance(record, RunRecord) and record.coverage:
        measured |= {name: coverage_in(record, folder_of(name)) for name in budgets.of_folders}
    names = (*MEASURES, *budgets.of_folders)
    checked = (budgets.check(name, measured[name]) for name in names if name in measured)
    return [outcome for outcome in checked if outcome]


def plain_outcomes(outcomes: list[Outcome]) -> list[BudgetFacts]:
    """As run.json has them."""
    return [cast(BudgetFacts, asdict(outcome)) for outcome in outcomes]


def read_budgets(path: Path, platform: str, model: str | None) -> dict[str, Budget]:
    """The budgets in a budgets.toml; none where there is no such file.

    ``model``: None for the defaults alone.

    Raises:
        UsageError: it cannot be read, or has what no budget has.
    """
    try:
        content = read_toml(path)
    except FileNotFoundError:
        return {}
    tables = {DEFAULT: content.get(DEFAULT, {})}
    of_platform = _table(path, content.get(platform, {}), platform)
    if model is not None:
        tables[f"{platform}.{model}"] = of_platform.get(model, {})
    return {
        name: _budget(path, f"[{title}] {name}", name, entry)
        for title, table in tables.items()
        for name, entry in _table(path, table, title).items()
    }


def _table(path: Path, value: object, title: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {title} is no table")
    return value


def _budget(path: Path, where: str, name: str, entry: object) -> Budget:
    if name not in MEASURES and not folder_of(name):
        raise UsageError(f"{path}: {where}: there is no such budget; {', '.join(MEASURES)}")
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"{path}: {where}: is longer than {_LONGEST_NAME} characters")
    measure = measure_of(name)
    limit, change = ("min", "drop") if measure.more_is_better else ("max", "rise")
    # No baseline has the others.
    taken = [limit] if measure.of_faults or folder_of(name) else [limit, change]
    if not isinstance(entry, dict) or not entry or entry.keys() - {*taken}:
        raise UsageError(f"{path}: {where}: needs {' or '.join(taken)}, and takes nothing else")
    absolute = entry.get(limit)
    if not (absolute is None or _is_number(absolute)):
        raise UsageError(f"{path}: {where}: {limit} is {absolute!r}, not a number from 0")
    try:
        return Budget(name, absolute, _change(entry[change]) if change in entry else None)
    except ValueError as error:
        raise UsageError(f"{path}: {where}: {change} is {error}") from error


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < math.inf


def _change(value: object) -> Change:
    if isinstance(value, int | float) and _is_number(value):
        return Change(value, is_share=False)
    match = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"{value!r}, neither a number nor a percentage such as '2 %'")
    return Change(float(match[1]) / 100, is_share=True)
