"""Multi-label: for each class, whether the input is of it: its score is above a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.tasks.base import SIDES, ClassScore, Ints, Records, Score, Side, Task


class MultiLabel(Task):
    """A record's truth is 1 for each class that is there, else 0."""

    name = "multi-label"
    measures = ("f1", "accuracy")
    texts = {  # noqa: RUF012
        "f1": "F1 of all labels",
        "accuracy": "inputs with all labels right",
    }

    wanted = "0 or 1 for each class"

    @property
    def truth_size(self) -> int:
        return int(np.prod(self.output.shape))

    def label(self, record: InputRecord) -> str:
        return self._names(_truth(record))

    def answer(self, record: InputRecord, side: Side) -> str:
        return self._names(self._given(record, side))

    def is_right(self, record: InputRecord, side: Side) -> bool:
        return bool((self._given(record, side) == _truth(record)).all())

    def score(self, records: Records, side: Side) -> float:
        # Here, since scikit-learn takes a second to load.
        from sklearn.metrics import f1_score

        truths, given = _truths(records), self._all(records, side)
        return float(f1_score(*map(_columns, (truths, given)), average="micro", zero_division=0))

    def numbers(self, records: Records) -> dict[str, float]:
        found: dict[str, float] = {}
        for side in SIDES:
            right = [self.is_right(record, side) for record in records]
            found[f"f1_{side}"] = self.score(records, side)
            found[f"accuracy_{side}"] = sum(right) / len(right)
        present = [score.f1 for score in self.per_class(records) if score.support]
        same = self._all(records, "device") == self._all(records, "host")
        return found | {
            "f1_macro": float(np.mean(present)) if present else float("nan"),
            "diff_acc": float(same.all(axis=1).mean()),
        }

    def scores(self, record: InputRecord) -> list[Score]:
        device, host = (self.real(record, side) for side in SIDES)
        known = np.flatnonzero(~np.isnan(device)).tolist()
        known.sort(key=lambda number: (-device[number], -host[number]))
        truth = _truth(record)
        return [
            Score(self.class_name(i), float(device[i]), float(host[i]), bool(truth[i]))
            for i in known
        ]

    def per_class(self, records: Records) -> list[ClassScore]:
        """As that of a classifier, for each class by itself."""
        from sklearn.metrics import precision_recall_fscore_support, recall_score

        truths = _columns(_truths(records))
        device, host = (_columns(self._all(records, side)) for side in SIDES)
        columns = precision_recall_fscore_support(truths, device, average=None, zero_division=0)
        recalls = recall_score(truths, host, average=None, zero_division=0)
        given_to = device.sum(axis=0)
        return [
            ClassScore(
                name=self.class_name(number),
                precision=float(precision),
                recall=float(recall),
                host_recall=float(host_recall),
                f1=float(f1),
                support=int(support),
                given=int(given),
            )
            for number, (precision, recall, f1, support, host_recall, given) in enumerate(
                list(zip(*columns, recalls, given_to, strict=True))[: self.truth_size]
            )
        ]

    def _given(self, record: InputRecord, side: Side) -> Ints:
        """1 for each class that a side gives; what was not printed is not above the threshold."""
        assert self.threshold is not None
        above = self.real(record, side) > self.threshold
        return above.astype(np.int64)

    def _all(self, records: Records, side: Side) -> Ints:
        return np.stack([self._given(record, side) for record in records])

    def _names(self, flags: NDArray[np.float64] | Ints) -> str:
        names = [self.class_name(int(number)) for number in np.flatnonzero(flags)]
        return ", ".join(names) or "none"


def _columns(flags: Ints) -> Ints:
    """A column for each class, and one of none: scikit-learn takes one alone for two classes."""
    return np.pad(flags, ((0, 0), (0, 1)))


def _truth(record: InputRecord) -> NDArray[np.float64]:
    assert record.truth is not None
    return record.truth


def _truths(records: Records) -> Ints:
    return np.stack([_truth(record) for record in records]).astype(np.int64)
