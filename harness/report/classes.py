"""Classes: how often the device was right, class by class, and what it took for what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.report.results import Results

LARGEST_MATRIX = 30
"""Classes; of more only the most frequent confusions are shown."""
_MOST_CONFUSIONS = 8


@dataclass(frozen=True)
class ClassRow:
    """One class; shares are 0 to 1, and NaN where there is nothing to divide by.

    Source of the formulas: C. D. Manning et al., Introduction to Information Retrieval, 8.3.
    """

    name: str
    images: int
    recall: float
    """Of the images with this label, how many the device gave this class."""
    host_recall: float
    precision: float
    """Of the images that the device gave this class, how many have this label."""

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else total


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


def make_classes(results: Results) -> Classes:
    """Counts of a run's labels against the device's classes."""
    n = len(results.classes)
    counts = np.zeros((n, n), dtype=np.int64)
    np.add.at(counts, (results.label, results.device_class), 1)
    host_right = np.bincount(results.label[results.host_class == results.label], minlength=n)
    of_label, of_device = counts.sum(axis=1), counts.sum(axis=0)
    with np.errstate(invalid="ignore"):
        recall = counts.diagonal() / of_label
        precision = counts.diagonal() / of_device
        host_recall = host_right / of_label

    def confusion(i: int, j: int) -> Confusion:
        return Confusion(results.name(i), results.name(j), int(counts[i, j]), int(of_label[i]))

    wrong = np.where(np.eye(n, dtype=bool), 0, counts)
    most_wrong = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    worst = [divmod(int(cell), n) for cell in most_wrong if wrong.flat[cell]]
    return Classes(
        rows=[
            ClassRow(
                name=results.name(i),
                images=int(of_label[i]),
                recall=float(recall[i]),
                host_recall=float(host_recall[i]),
                precision=float(precision[i]),
            )
            for i in range(n)
        ],
        matrix=[[confusion(i, j) for j in range(n)] for i in range(n) if n <= LARGEST_MATRIX],
        worst=[confusion(i, j) for i, j in worst],
    )
