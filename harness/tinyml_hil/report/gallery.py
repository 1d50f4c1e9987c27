"""Gallery: the inputs where device and host, or device and label, differ; a few if none do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.record import Score
from tinyml_hil.report.drawing import drawings_of
from tinyml_hil.report.inputs import InputResults

MOST = 150
"""Inputs that a page shows."""
LARGEST = 1_200_000
"""Characters of all pictures that a page shows."""
_SAMPLE = 12
"""Inputs that are shown where none differs."""
_BEST = 3
"""Classes with the highest scores that are shown, for device and host each."""


@dataclass(frozen=True)
class Bar:
    """What device and host give one class, to be drawn."""

    score: Score
    device_share: float
    """Length of the device's bar, 0 to 100."""
    host_share: float


@dataclass(frozen=True)
class Picture:
    """One input of the gallery."""

    index: int
    file: str
    """What the input is in; empty if it has no file of its own."""
    label: str
    device: str
    host: str
    image: str
    """A data URI; empty if the dataset is not there any more."""
    more: list[str]
    """The same of the further tensors that the input has."""
    outputs: int
    """Output elements that are compared."""
    different: int
    """How many of them differ."""
    largest: float
    """Their largest difference, in steps of the output's type."""
    other_label: str
    """The label that the firmware has for it; empty if it is the dataset's, or it has none."""
    is_wrong: bool
    """Whether the device's class is not the label."""
    scores: list[Bar]

    @property
    def kinds(self) -> str:
        """The kinds that the page's filter knows, separated by spaces."""
        kinds = {
            "bytes": self.different > 0,
            "class": self.device != self.host,
            "label": self.is_wrong,
        }
        return " ".join(kind for kind, applies in kinds.items() if applies)


@dataclass(frozen=True)
class Gallery:
    """The pictures that are shown, and how many there are in all."""

    pictures: list[Picture]
    """Those that differ in some way; where none does, a few of all."""
    inexact: int
    """Inputs where device and host differ, in a byte at least."""
    wrong: int
    """Inputs where the device is wrong."""
    total: int
    """Inputs where one or the other is so."""
    problem: str
    """Why there are no pictures; empty if there are."""
    is_judged: bool
    """Whether an answer is right or wrong."""

    @property
    def labels(self) -> list[str]:
        """The labels among the pictures, sorted."""
        return sorted({picture.label for picture in self.pictures})


def make_gallery(results: InputResults) -> Gallery:
    """The gallery of a run: what differs from the host first, the largest difference first of all;
    then what is wrong, the classes in turn.
    """
    inexact = np.flatnonzero(~results.exact)
    wrong = np.flatnonzero(results.wrong)
    worst_first = inexact[np.argsort(-results.largest[inexact], kind="stable")]
    rest = np.setdiff1d(wrong, inexact)
    order = [*worst_first.tolist(), *_in_turn(rest, results.label)]
    shown = order or _sample(results)
    return Gallery(
        pictures=list(_pictures(results, shown)),
        inexact=len(inexact),
        wrong=len(wrong),
        total=len(order),
        problem=results.no_pixels,
        is_judged=results.is_judged,
    )


def _sample(results: InputResults) -> list[int]:
    """A few rows, the classes in turn; none if there is nothing to see."""
    if not results.dataset:
        return []
    return _in_turn(np.arange(len(results)), results.label)[:_SAMPLE]


def _in_turn(rows: NDArray[np.int64], label: NDArray[np.int64]) -> list[int]:
    """One row of each class, then the second of each, and so on."""
    seen: dict[int, int] = {}
    keys = []
    for row in rows.tolist():
        of = int(label[row])
        seen[of] = seen.get(of, -1) + 1
        keys.append((seen[of], of, row))
    return [row for _, _, row in sorted(keys)]


def _pictures(results: InputResults, rows: list[int]) -> Iterator[Picture]:
    room = LARGEST
    for row in rows[:MOST]:
        picture = _picture(results, row)
        room -= len(picture.image) + sum(map(len, picture.more))
        if room < 0:
            return
        yield picture


def _picture(results: InputResults, row: int) -> Picture:
    values, record, task = results.values(row), results.records[row], results.task
    drawings = [""] if values is None else drawings_of(values)
    return Picture(
        index=int(results.index[row]),
        file=results.file(row),
        label=task.label(record),
        device=task.answer(record, "device"),
        host=task.answer(record, "host"),
        image=drawings[0],
        more=drawings[1:],
        outputs=int(record.compared.sum()),
        different=int(results.different[row]),
        largest=float(results.largest[row]),
        other_label="" if record.has_the_label else task.class_name(record.said_label),
        is_wrong=bool(results.wrong[row]),
        scores=bars_of(task.scores(record)),
    )


def bars_of(scores: list[Score]) -> list[Bar]:
    """The label, and the best of device and host, the device's best first."""
    best = {score.name for score in scores[:_BEST]}
    best |= {score.name for score in sorted(scores, key=lambda score: -score.host)[:_BEST]}
    both = [v for score in scores for v in (score.device, score.host) if isfinite(v)]
    # Probabilities fill their whole range; other scores the range that they take.
    low, high = min([0.0, *both]), max([1.0, *both])

    def length(value: float) -> float:
        return min(max((value - low) * 100 / (high - low), 0.0), 100.0)

    return [
        Bar(score, length(score.device), length(score.host))
        for score in scores
        if score.is_label or score.name in best
    ]
