"""Agreement: whether several devices gave the same bytes for the same inputs, and which did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinyml_hil.record.input_record import InputRecord


@dataclass(frozen=True)
class Distance:
    """How the outputs of two devices differ."""

    values: int
    """That differ in a bit."""
    size: int
    """Values that there are."""
    largest: float
    """The largest absolute difference of two values, in steps of the output's type."""

    def __str__(self) -> str:
        verb = "differs" if self.values == 1 else "differ"
        return f"{self.values:,} of {self.size:,} values {verb}, by {self.largest:g} at most"


@dataclass(frozen=True)
class Row:
    """One input on every device that is compared."""

    records: Mapping[str, InputRecord]
    """By the device's name; none of them was printed in decimals."""

    @cached_property
    def camps(self) -> list[tuple[str, ...]]:
        """The devices, those that gave the same bytes together.

        That which has the host's bits is the first, else the largest.
        """
        found: dict[bytes, list[str]] = {}
        for name, record in self.records.items():
            output = b"".join(pair.output.tobytes() for pair in record.pairs)
            found.setdefault(output, []).append(name)
        return sorted(map(tuple, found.values()), key=self._weight, reverse=True)

    def _weight(self, camp: tuple[str, ...]) -> tuple[bool, int]:
        return self.records[camp[0]].exact, len(camp)

    @property
    def equal(self) -> bool:
        """Whether every byte is the same on every device."""
        return len(self.camps) == 1

    @property
    def is_settled(self) -> bool:
        """Whether the first camp is right by the host's word, or larger: then the others err."""
        return self.equal or self._weight(self.camps[0]) > self._weight(self.camps[1])

    @property
    def odd(self) -> list[str]:
        """The devices outside of the first camp."""
        return [name for camp in self.camps[1:] for name in camp]

    def distance(self, name: str) -> Distance:
        """How a device's outputs differ from those of the first camp."""
        mine, others = (
            [pair.output for pair in self.records[each].pairs] for each in (name, self.camps[0][0])
        )
        bits, apart = [], []
        for output, other in zip(mine, others, strict=True):
            raw = (each.view(np.uint8).reshape(each.size, -1) for each in (output, other))
            bits.append(np.not_equal(*raw).any(axis=1))
            with np.errstate(invalid="ignore"):  # of NaN and infinities
                apart.append(np.abs(output.astype(np.float64) - other.astype(np.float64)))
        differing = np.concatenate(bits)
        largest = float(np.nan_to_num(np.concatenate(apart)).max(initial=0.0))
        return Distance(int(differing.sum()), differing.size, largest)


@dataclass(frozen=True)
class Disagreement:
    """A device that gives other bytes than most, or than the host and as many others."""

    device: str
    rows: list[Row]
    """The inputs on which it does."""
    compared: int
    """Inputs that all devices had."""

    @cached_property
    def worst(self) -> Row:
        """The input of which most values differ; the first of such."""
        return max(self.rows, key=lambda row: row.distance(self.device).values)

    @property
    def index(self) -> int:
        """Of that input, in the dataset."""
        return self.worst.records[self.device].index

    def sentence(self, title: Callable[[int], str], what: str) -> str:
        """All of it. ``title``: what to call an input; ``what``: what one input is."""
        row = self.worst
        names = [*row.camps[0]] if row.is_settled else [self.device, *row.camps[0]]
        others = ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]
        who = f"{self.device} disagrees with {others}" if row.is_settled else f"{others} disagree"
        unsettled = "" if row.is_settled else "; which of them is right is not told by that"
        return (
            f"{who} on {len(self.rows):,} of {self.compared:,} {what}s, most on "
            f"{title(self.index)}: {row.distance(self.device)}{unsettled}"
        )


class Agreement:
    """What several devices gave for the inputs that all of them had."""

    def __init__(self, records: Mapping[str, Iterable[InputRecord]]) -> None:
        """``records``: of each device, by its name, in any order."""
        by_index = {name: {r.index: r for r in found} for name, found in records.items()}
        self.printed = [
            name for name, found in by_index.items() if any(r.precision for r in found.values())
        ]
        """Devices that print their outputs in decimals: of those the bytes are not known."""
        raw = {name: found for name, found in by_index.items() if name not in self.printed}
        common = set.intersection(*map(set, raw.values())) if len(raw) > 1 else set()
        self.rows = [
            Row({name: found[index] for name, found in raw.items()}) for index in sorted(common)
        ]
        """In the order of the dataset; none where fewer than two devices can be compared."""

    @property
    def equal(self) -> int:
        """Inputs for which all devices gave the same bytes."""
        return sum(row.equal for row in self.rows)

    @property
    def disagreements(self) -> list[Disagreement]:
        """The devices that disagree with others, each once, those on most inputs first."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            for name in row.odd:
                found.setdefault(name, []).append(row)
        total = len(self.rows)
        told = [Disagreement(name, rows, total) for name, rows in found.items()]
        return sorted(told, key=lambda each: -len(each.rows))
