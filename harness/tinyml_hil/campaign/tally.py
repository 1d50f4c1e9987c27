"""Tally: what the faults of a campaign came to, in all and by layer and bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tinyml_hil.campaign.faults import Fault
from tinyml_hil.campaign.outcomes import Outcome, Result
from tinyml_hil.campaign.plan import Plan
from tinyml_hil.campaign.statistics import Rate


@dataclass
class Group:
    """Faults that have something in common."""

    name: str
    bits: int = 0
    """How many could be hit."""
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Faults that have a result."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.counts)

    @property
    def changed(self) -> int:
        """Results that are not the same bits."""
        same = self.outcomes[Outcome.MASKED] + self.outcomes[Outcome.CORRECTED]
        return self.total - same

    def rate(self, outcome: Outcome) -> Rate:
        """How often it came to this."""
        return Rate(self.outcomes[outcome], self.total)


@dataclass(frozen=True)
class Tally:
    """All groups of a campaign."""

    whole: Group
    layers: list[Group]
    """The worst first: by the lower end of the interval of the critical rate, then by the rate."""
    bits: list[Group]
    """By position in an element, the lowest first."""
    places: dict[str, dict[int, Group]]
    """The same of each tensor's op, section or function, in the order of the ops."""

    def places_hit_most(self, most: int) -> dict[str, dict[int, Group]]:
        """Of many places those with the most critical faults, and then with the most faults."""

        def weight(name: str) -> tuple[int, int]:
            groups = self.places[name].values()
            critical = sum(group.outcomes[Outcome.CRITICAL] for group in groups)
            return critical, sum(group.total for group in groups)

        chosen = sorted(self.places, key=weight, reverse=True)[:most]
        return {name: cells for name, cells in self.places.items() if name in chosen}


def tally_of(plan: Plan, results: Iterable[Result]) -> Tally:
    """Counts results; those that are none are counted apart."""
    pairs = [(plan.faults[result.fault], result.outcome) for result in results]
    whole = Group("all", plan.space.bits, Counter(outcome for _, outcome in pairs))
    layers = _groups(plan, pairs, _layer)
    bits: dict[int, Group] = {}
    for fault, outcome in pairs:
        group = bits.setdefault(fault.element_bit, Group(f"bit {fault.element_bit}"))
        group.outcomes[outcome] += 1
    return Tally(whole, layers, [bits[position] for position in sorted(bits)], _places(pairs))


def _places(pairs: list[tuple[Fault, Outcome]]) -> dict[str, dict[int, Group]]:
    found: dict[tuple[str, int, str], dict[int, Group]] = {}
    for fault, outcome in pairs:
        region, bit = fault.region, fault.element_bit
        name = f"{region.layer} {region.op}" if region.op else region.name
        cells = found.setdefault((region.where, region.layer, name), {})
        cells.setdefault(bit, Group(f"bit {bit}")).outcomes[outcome] += 1
    several = len({where for where, _, _ in found}) > 1
    return {
        f"{where} {name}" if several else name: cells
        for (where, _, name), cells in sorted(found.items(), key=lambda item: item[0])
    }


def _groups(
    plan: Plan, pairs: list[tuple[Fault, Outcome]], name_of: Callable[[Fault], str]
) -> list[Group]:
    groups: dict[str, Group] = {}
    for fault, outcome in pairs:
        name = name_of(fault)
        groups.setdefault(name, Group(name)).outcomes[outcome] += 1
    for region in plan.space.regions:
        name = name_of(Fault(0, region, 0, 0, 0))
        if name in groups:
            groups[name].bits += region.bits
    return sorted(groups.values(), key=lambda group: -group.rate(Outcome.CRITICAL).interval[0])


def _layer(fault: Fault) -> str:
    region = fault.region
    return f"{region.layer} {region.op}" if region.op else region.where
