"""Segmentation: a map of classes, one for each pixel of the output, as FOMO's grids are, too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.tasks.base import SIDES, ClassScore, Floats, Ints, Records, Score, Side, Task

_IGNORED = 255
"""In a label: a pixel that does not count, as PASCAL VOC has it."""
_SHOWN = 3
"""Classes of a map that are shown."""


class Segmentation(Task):
    """A record's truth is the map of its label, row by row."""

    name = "segmentation"
    measures = ("miou", "pixel_accuracy", "f1")
    texts = {  # noqa: RUF012
        "miou": "mean IoU",
        "pixel_accuracy": "pixels of the right class",
        "f1": "F1 of all classes but the first",
    }
    counted = "pixels"

    wanted = "a map of classes"

    @property
    def truth_size(self) -> int:
        return int(np.prod(self.output.shape[:-1]))

    def misfit(self, truth: NDArray[np.float64] | None) -> str:
        if (said := super().misfit(truth)) or truth is None:
            return said
        wrong = truth[((truth < 0) | (truth >= self._classes)) & (truth != _IGNORED)]
        known = f"there are {self._classes}"
        return f"has the class {wrong[0]:g} in its map, and {known}" if wrong.size else ""

    def label(self, record: InputRecord) -> str:
        return self._shares(_truth(record))

    def answer(self, record: InputRecord, side: Side) -> str:
        return self._shares(self._map(record, side))

    def is_right(self, record: InputRecord, side: Side) -> bool | None:
        return None

    def score(self, records: Records, side: Side) -> float:
        return _mean_iou(self._counts(records, side))

    def numbers(self, records: Records) -> dict[str, float]:
        found: dict[str, float] = {}
        for side in SIDES:
            counts = self._counts(records, side)
            total = counts.sum()
            found[f"miou_{side}"] = _mean_iou(counts)
            found[f"pixel_accuracy_{side}"] = float(counts.trace() / total) if total else np.nan
            found[f"f1_{side}"] = _f1_but_the_first(counts)
        same = [self._map(r, "device") == self._map(r, "host") for r in records]
        return found | {"diff_acc": float(np.mean(same))}

    def scores(self, record: InputRecord) -> list[Score]:
        """The share of each class in the maps, the largest of the label's first."""
        device, host = (self._share(self._map(record, side)) for side in SIDES)
        label = self._share(_truth(record))
        order = sorted(range(self._classes), key=lambda i: (-label[i], -device[i]))
        return [
            Score(self.class_name(i), float(device[i]), float(host[i]), bool(label[i]))
            for i in order
            if device[i] or host[i] or label[i]
        ]

    def per_class(self, records: Records) -> list[ClassScore]:
        device, host = (self._counts(records, side) for side in SIDES)
        return [self._class_score(number, device, host) for number in range(self._classes)]

    def confusion(self, records: Records) -> Ints:
        return self._counts(records, "device")

    def _class_score(self, number: int, device: Ints, host: Ints) -> ClassScore:
        right, given = int(device[number, number]), int(device[:, number].sum())
        support = int(device[number].sum())
        return ClassScore(
            name=self.class_name(number),
            precision=right / given if given else 0.0,
            recall=right / support if support else 0.0,
            host_recall=int(host[number, number]) / support if support else 0.0,
            f1=2 * right / (given + support) if given + support else 0.0,
            support=support,
            given=given,
        )

    @property
    def _classes(self) -> int:
        return max(2, self.output.shape[-1])

    def _map(self, record: InputRecord, side: Side) -> Ints:
        """The class of each pixel: that of the greatest score; by one score, as of a classifier."""
        scores = self.real(record, side).reshape(self.truth_size, -1)
        if scores.shape[1] == 1:
            assert self.threshold is not None
            return (scores[:, 0] > self.threshold).astype(np.int64)
        return np.asarray(scores.argmax(axis=1), np.int64)

    def _counts(self, records: Records, side: Side) -> Ints:
        """Pixels by label (row) and by the side's class (column), over all records."""
        n = self._classes
        counts = np.zeros(n * n, np.int64)
        for record in records:
            truth = _truth(record)
            counted = truth != _IGNORED
            cells = truth[counted].astype(np.int64) * n + self._map(record, side)[counted]
            counts += np.bincount(cells, minlength=n * n)
        return counts.reshape(n, n)

    def _share(self, values: NDArray[np.float64] | Ints) -> Floats:
        counted = values[values != _IGNORED].astype(np.int64)
        return np.asarray(
            np.bincount(counted, minlength=self._classes) / max(1, counted.size), np.float64
        )

    def _shares(self, values: NDArray[np.float64] | Ints) -> str:
        shares = self._share(values)
        most = np.argsort(-shares, kind="stable")[:_SHOWN]
        return ", ".join(f"{self.class_name(i)} {shares[i]:.1%}" for i in most if shares[i])


def _truth(record: InputRecord) -> NDArray[np.float64]:
    assert record.truth is not None
    return record.truth


def _mean_iou(counts: Ints) -> float:
    """Mean over the classes that are in a label or were given: intersection / union.

    Source: Everingham et al., "The PASCAL Visual Object Classes Challenge", 2015, section 4.2.
    """
    union = counts.sum(axis=0) + counts.sum(axis=1) - counts.diagonal()
    there = union > 0
    return float((counts.diagonal()[there] / union[there]).mean()) if there.any() else float("nan")


def _f1_but_the_first(counts: Ints) -> float:
    """F1 of all classes but the first, which is the background, together; FOMO is judged by it."""
    right = counts.diagonal()[1:].sum()
    both = counts[:, 1:].sum() + counts[1:].sum()
    return float(2 * right / both) if both else float("nan")
