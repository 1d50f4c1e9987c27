"""Why: the cause of what differs, with the inputs that it was held against."""

from __future__ import annotations

from dataclasses import dataclass

from tinyml_hil.errors import HilError
from tinyml_hil.explanation import CaseFacts, Explanation
from tinyml_hil.report.drawing import drawings_of
from tinyml_hil.report.inputs import InputResults

_MOST_VALUES = 12
"""Values of an output that are shown."""


@dataclass(frozen=True)
class Value:
    """One value of an output."""

    device: str
    host: str
    differs: bool


@dataclass(frozen=True)
class Row:
    """One of the inputs that were looked at."""

    title: str
    images: list[str]
    """A data URI for each of its tensors; none if the dataset is not there any more."""
    seen: str
    """The same as the device took it; empty if that is not known."""
    values: int
    differing: int
    shown: list[Value]
    more: int
    """Values that are not shown."""


@dataclass(frozen=True)
class Why:
    """What is known of the cause."""

    explained: bool
    verdict: str
    note: str
    same: list[str]
    rows: list[Row]
    left_out: list[str]

    @property
    def has_pictures(self) -> bool:
        """Whether there is an image of any input."""
        return any(row.images for row in self.rows)

    @property
    def has_seen(self) -> bool:
        """Whether the cause is about images."""
        return any(row.seen for row in self.rows)


def make_why(explanation: Explanation | None, results: InputResults) -> Why | None:
    """The cause of what differs in a run; None if nothing does."""
    if results.exact.all():
        return None
    if explanation is None:
        note = "tinyml-hil explain, with this run's name, tries what is known."
        return Why(False, "Nobody has looked for the cause yet", note, [], [], [])
    return Why(
        explained=explanation.explained,
        verdict=explanation.verdict,
        note=explanation.note,
        same=[told.sentence for told in explanation.same],
        rows=[_row(case, results) for case in explanation.cases],
        left_out=explanation.left_out,
    )


def _row(case: CaseFacts, results: InputResults) -> Row:
    # The values that differ, and those before and behind them as far as there is room.
    order = sorted(range(len(case.device)), key=lambda i: (i not in case.differing, i))
    shown = sorted(order[:_MOST_VALUES])
    return Row(
        title=case.title,
        images=_images(case.index, results),
        seen=f"data:image/png;base64,{case.seen}" if case.seen else "",
        values=len(case.device),
        differing=len(case.differing),
        shown=[
            Value(f"{case.device[i]:g}", f"{case.host[i]:g}", i in case.differing) for i in shown
        ],
        more=len(case.device) - len(shown),
    )


def _images(index: int, results: InputResults) -> list[str]:
    (rows,) = (results.index == index).nonzero()
    try:
        values = results.values(int(rows[0])) if rows.size else None
    except HilError:
        return []
    return [] if values is None else drawings_of(values)
