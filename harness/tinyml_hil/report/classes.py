"""Classes: how often the device was right, class by class, and what it took for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tinyml_hil.record import ClassScore
from tinyml_hil.report.inputs import InputResults

if TYPE_CHECKING:
    from tinyml_hil.record import Metrics

LARGEST_MATRIX = 30
"""Classes; of more only the most frequent confusions are shown."""
_MOST_CONFUSIONS = 8


@dataclass(frozen=True)
class Confusion:
    """Images, or pixels, of one label that the device gave one class."""

    label: str
    device: str
    count: int
    images: int
    """All with this label."""

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

    rows: list[ClassScore]
    matrix: list[list[Confusion]]
    """A row a label, a column a class that the device gave; empty if that would be too large, or an
    input has several classes."""
    worst: list[Confusion]
    """The most frequent confusions."""
    counted: str
    """What is counted: images, pixels, ..."""

    @property
    def is_large(self) -> bool:
        """Whether there are too many classes for a matrix."""
        return len(self.rows) > LARGEST_MATRIX


def make_classes(results: InputResults) -> Classes | None:
    """What the device made of each class; None where the task has none."""
    metrics = results.metrics
    if not metrics.per_class:
        return None
    matrix, worst = _confusions(metrics) if metrics.confusion is not None else ([], [])
    return Classes(metrics.per_class, matrix, worst, metrics.task.counted)


def _confusions(metrics: Metrics) -> tuple[list[list[Confusion]], list[Confusion]]:
    """All of them, label by label, and the most frequent ones."""
    counts = metrics.confusion
    assert counts is not None
    n, names = len(counts), [score.name for score in metrics.per_class]
    of_label = counts.sum(axis=1)

    def confusion(i: int, j: int) -> Confusion:
        return Confusion(names[i], names[j], int(counts[i, j]), int(of_label[i]))

    wrong = np.where(np.eye(n, dtype=bool), 0, counts)
    most_wrong = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    worst = [divmod(int(cell), n) for cell in most_wrong if wrong.flat[cell]]
    matrix = [[confusion(i, j) for j in range(n)] for i in range(n) if n <= LARGEST_MATRIX]
    return matrix, [confusion(i, j) for i, j in worst]
