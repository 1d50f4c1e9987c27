"""Anomaly: an autoencoder, whose output is the further from its input the stranger that is."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model import Model
from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.tasks.base import SIDES, Records, Score, Side, Task

_NORMAL = frozenset({"normal", "good", "ok", "healthy"})
_MOST_FALSE_ALARMS = 0.1
"""What DCASE 2020, task 2, has for the partial AUC."""


class Anomaly(Task):
    """A record's truth is its input in real values; its label is a class: normal or not."""

    name = "anomaly"
    measures = ("auc",)
    texts = {  # noqa: RUF012
        "auc": "AUC",
        "pauc": "partial AUC (at most 10 % false alarms)",
    }

    @property
    def truth_size(self) -> int:
        return int(np.prod(self.output.shape))

    def misfit(self, truth: NDArray[np.float64] | None) -> str:
        return "" if truth is None else "has a label that is no class: normal or not"

    def truth(
        self, label: NDArray[np.float64] | None, given: Callable[[], NDArray[Any]], model: Model
    ) -> NDArray[np.float64]:
        """The real values as they were given; of raw ones and pixels, those that the model gets.

        Source: MLPerf Tiny, ``submitter_implemented.cpp`` of anomaly detection, which keeps the
        floats that it was sent.
        """
        values = given()
        if values.dtype.kind != "f":
            values = model.input.dequantize(model.input_of(values))
        # Of a batch the first, as all of them are the same.
        return values.astype(np.float32).ravel()[: self.truth_size].astype(np.float64)

    def label(self, record: InputRecord) -> str:
        return self.class_name(record.label)

    def answer(self, record: InputRecord, side: Side) -> str:
        error = self._error(record, side)
        verdict = ""
        if self.threshold is not None:
            verdict = ", anomalous" if error > self.threshold else ", normal"
        return f"error {error:.4g}{verdict}"

    def is_right(self, record: InputRecord, side: Side) -> bool | None:
        if self.threshold is None:
            return None
        return (self._error(record, side) > self.threshold) == self._is_anomalous(record)

    def score(self, records: Records, side: Side) -> float:
        return self._areas(records, side)[0]

    def numbers(self, records: Records) -> dict[str, float]:
        found: dict[str, float] = {}
        for side in SIDES:
            found[f"auc_{side}"], found[f"pauc_{side}"] = self._areas(records, side)
            if self.threshold is not None:
                right = [self.is_right(record, side) is True for record in records]
                found[f"right_{side}"] = sum(right) / len(right)
        return found

    def scores(self, record: InputRecord) -> list[Score]:
        device, host = (self._error(record, side) for side in SIDES)
        return [] if np.isnan(device) else [Score("reconstruction error", device, host)]

    def show(self, name: str, value: float, decimals: int = 1) -> str:
        return super().show("auc", value, decimals)

    def _error(self, record: InputRecord, side: Side) -> float:
        """The mean squared error between input and output, in real values."""
        assert record.truth is not None
        return float(np.mean((self.real(record, side) - record.truth) ** 2))

    def _is_anomalous(self, record: InputRecord) -> bool:
        return record.label != self._normal

    @property
    def _normal(self) -> int:
        """The class of what is normal: the one that is called so, else the first."""
        called = (i for i, name in enumerate(self.classes) if name.lower() in _NORMAL)
        return next(called, 0)

    def _areas(self, records: Records, side: Side) -> tuple[float, float]:
        """AUC, and partial AUC: of recordings, whose error is the mean of their windows'.

        NaN if all are normal, or none is, or an error is not finite. Source: scikit-learn,
        ``roc_auc_score``, as the benchmark's own evaluation takes it.
        """
        # Here, since scikit-learn takes a second to load.
        from sklearn.metrics import roc_auc_score

        windows: dict[int, list[InputRecord]] = {}
        for record in records:
            windows.setdefault(record.index if record.group is None else record.group, []).append(
                record
            )
        errors = [mean(self._error(r, side) for r in found) for found in windows.values()]
        anomalous = [self._is_anomalous(found[0]) for found in windows.values()]
        if len(set(anomalous)) == 1 or not np.isfinite(errors).all():
            return float("nan"), float("nan")
        partial = roc_auc_score(anomalous, errors, max_fpr=_MOST_FALSE_ALARMS)
        return float(roc_auc_score(anomalous, errors)), float(partial)
