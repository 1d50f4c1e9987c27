"""Classes: how often the device was right, class by class, and what it took for what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.report.inputs import InputResults

LARGEST_MATRIX = 30
"""Classes; of more only the most frequent confusions are shown."""
_MOST_CONFUSIONS = 8


@dataclass(frozen=True)
class ClassRow:
    """One class. Shares are 0 to 1; see ``tinyml_hil.record.metrics`` for what they are."""

    name: str
    images: int
    given: int
    """Images that the device gave this class."""
    recall: float
    host_recall: float
    precision: float
    f1: float


@dataclass(frozen=True)
class Confusion:
    """Images of one label that the device gave one class."""

    label: str
    device: str
    count: int
    images: int
    """All images with this label."""

    @property
    def is_right(self) -> bool:
        """Whether this is on the diagonal."""
        return self.label == self.device

    @property
    def share(self) -> float:
        """Of the label's images, 0 to 1; 0 if there are none."""
        return self.count / self.images if self.images else 0.0


@dataclass(frozen=True)
class Classes:
    """A run, class by class."""

    rows: list[ClassRow]
    matrix: list[list[Confusion]]
    """A row a label, a column a class that the device gave; empty if that would be too large."""
    worst: list[Confusion]
    """The most frequent confusions."""


def make_classes(results: InputResults) -> Classes:
    """What the device made of each class."""
    counts = results.metrics.confusion
    n = len(counts)
    of_label = counts.sum(axis=1)

    def confusion(i: int, j: int) -> Confusion:
        return Confusion(results.name(i), results.name(j), int(counts[i, j]), int(of_label[i]))

    wrong = np.where(np.eye(n, dtype=bool), 0, counts)
    most_wrong = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    worst = [divmod(int(cell), n) for cell in most_wrong if wrong.flat[cell]]
    return Classes(
        rows=_rows(results, counts),
        matrix=[[confusion(i, j) for j in range(n)] for i in range(n) if n <= LARGEST_MATRIX],
        worst=[confusion(i, j) for i, j in worst],
    )


def _rows(results: InputResults, counts: NDArray[np.int64]) -> list[ClassRow]:
    host_right = results.label[results.host_class == results.label]
    right = np.bincount(host_right, minlength=len(counts))
    columns = zip(results.metrics.per_class, counts.sum(axis=0), right, strict=True)
    return [
        ClassRow(
            name=score.name,
            images=score.support,
            given=int(given),
            recall=score.recall,
            host_recall=int(right) / max(score.support, 1),
            precision=score.precision,
            f1=score.f1,
        )
        for score, given, right in columns
    ]
