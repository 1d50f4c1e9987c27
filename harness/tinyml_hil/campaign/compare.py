"""Compare: whether the rates of two campaigns differ, and which faults came to something else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binomtest, false_discovery_control, fisher_exact

from tinyml_hil.campaign.outcomes import RESULTS, Outcome
from tinyml_hil.campaign.statistics import CONFIDENCE, Rate
from tinyml_hil.campaign.table import read_columns
from tinyml_hil.history import Difference, circumstances_between
from tinyml_hil.record import load_campaign

_SAME = ("fault", "where", "name", "layer", "bit", "element_bit", "kind", "after", "input")
"""What two faults have in common that are the same one; addresses may be other ones, in another
build."""
_Row = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """The same rate in both campaigns."""

    name: str
    first: Rate
    second: Rate
    chance: float
    """How often chance alone makes them differ so much or more, where they do not (p)."""

    @property
    def differs(self) -> bool:
        """Whether they differ, at the confidence of the intervals."""
        return self.chance < 1 - CONFIDENCE

    def to_plain(self) -> dict[str, Any]:
        """As plain types, for JSON."""
        sides = {"first": self.first.to_plain(), "second": self.second.to_plain()}
        return {"name": self.name, **sides, "p": self.chance, "differs": self.differs}


@dataclass(frozen=True)
class ChangedFault:
    """A fault that came to something else."""

    fault: int
    place: str
    first: Outcome
    second: Outcome


@dataclass(frozen=True)
class CampaignComparison:
    """What is not the same; lists are empty where nothing can be said."""

    first: str
    second: str
    circumstances: list[Difference]
    """What was run: revision, model, what was hit, ..."""
    outcomes: list[Pair]
    layers: list[Pair]
    """Critical, those first that most surely differ; the layers that both have."""
    is_same_plan: bool
    """Whether both wrote the same faults over the same inputs: then each is held against itself."""
    changed: list[ChangedFault]
    """Of the same plan."""

    def to_plain(self) -> dict[str, Any]:
        """As plain types, for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "circumstances": [vars(one) for one in self.circumstances],
            "outcomes": [pair.to_plain() for pair in self.outcomes],
            "layers": [pair.to_plain() for pair in self.layers],
            "same_plan": self.is_same_plan,
            "changed": [vars(one) for one in self.changed],
        }


def compare_campaigns(first: Path, second: Path) -> CampaignComparison:
    """What is not the same in two campaigns that have ended; they are given by their folders.

    Where both wrote the same faults, rates are compared by McNemar's exact test (a binomial one of
    the faults that came to something else), else by Fisher's. Of several rates the share of false
    alarms is held (Benjamini and Hochberg 1995).

    Raises:
        UsageError: one has no table yet, or it is damaged.
        SetupError: the library that reads tables is not installed.
    """
    records = [load_campaign(folder) for folder in (first, second)]
    ours, theirs = (
        read_columns(folder, (*_SAME, "op", "address", "outcome")) for folder in (first, second)
    )
    is_same = _is_same_plan(ours, theirs)
    if is_same:  # what is no result in one is none in the comparison
        counted = [(a, b) for a, b in zip(ours, theirs, strict=True) if _counts(a) and _counts(b)]
        ours, theirs = [a for a, _ in counted], [b for _, b in counted]
    else:
        ours, theirs = ([row for row in rows if _counts(row)] for rows in (ours, theirs))
    compare = _Comparing(ours, theirs, is_same)
    layers = sorted(
        {_layer(row) for row in ours} & {_layer(row) for row in theirs},
    )
    return CampaignComparison(
        first=records[0].id,
        second=records[1].id,
        circumstances=circumstances_between(*records),
        outcomes=compare.pairs(
            (outcome.value, None, outcome)
            for outcome in RESULTS
            if any(row["outcome"] == outcome for row in (*ours, *theirs))
        ),
        layers=sorted(
            compare.pairs((name, name, Outcome.CRITICAL) for name in layers),
            key=lambda pair: pair.chance,
        ),
        is_same_plan=is_same,
        changed=list(_changed(ours, theirs)) if is_same else [],
    )


@dataclass(frozen=True)
class _Comparing:
    ours: Sequence[_Row]
    theirs: Sequence[_Row]
    is_same: bool

    def pairs(self, asked: Iterable[tuple[str, str | None, Outcome]]) -> list[Pair]:
        """``asked``: name, layer (None for all), and the outcome whose rate is compared."""
        found = [(name, *self._rates(layer, outcome)) for name, layer, outcome in asked]
        if not found:
            return []
        chances = false_discovery_control([chance for *_, chance in found])
        return [
            Pair(name, first, second, float(chance))
            for (name, first, second, _), chance in zip(found, chances, strict=True)
        ]

    def _rates(self, layer: str | None, outcome: Outcome) -> tuple[Rate, Rate, float]:
        sides = [
            [row["outcome"] == outcome for row in rows if layer in (None, _layer(row))]
            for rows in (self.ours, self.theirs)
        ]
        first, second = (Rate(sum(side), len(side)) for side in sides)
        return first, second, (_of_same if self.is_same else _of_others)(*sides)


def _of_same(first: Sequence[bool], second: Sequence[bool]) -> float:
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    changed = only_first + only_second
    return float(binomtest(only_first, changed).pvalue) if changed else 1.0


def _of_others(first: Sequence[bool], second: Sequence[bool]) -> float:
    table = [[sum(side), len(side) - sum(side)] for side in (first, second)]
    return float(fisher_exact(table).pvalue)


def _counts(row: _Row) -> bool:
    return Outcome(row["outcome"]).counts


def _layer(row: _Row) -> str:
    return f"{row['layer']} {row['op']}" if row["op"] else str(row["where"])


def _is_same_plan(ours: Sequence[_Row], theirs: Sequence[_Row]) -> bool:
    """Whether the faults are the same, bit for bit, wherever a build has put what they hit."""
    if len(ours) != len(theirs):
        return False
    of: Callable[[_Row], list[Any]] = lambda row: [row[name] for name in _SAME]  # noqa: E731
    moved: dict[tuple[str, str], int] = {}
    for a, b in zip(ours, theirs, strict=True):
        distance = a["address"] - b["address"]
        if of(a) != of(b) or moved.setdefault((a["where"], a["name"]), distance) != distance:
            return False
    return True


def _changed(ours: Sequence[_Row], theirs: Sequence[_Row]) -> Iterator[ChangedFault]:
    for a, b in zip(ours, theirs, strict=True):
        if a["outcome"] != b["outcome"]:
            place = f"{_layer(a)}, {a['where']}, bit {a['element_bit']}"
            yield ChangedFault(a["fault"], place, Outcome(a["outcome"]), Outcome(b["outcome"]))
