"""Regression: real values, and how far they are from those of the labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.tasks.base import SIDES, Floats, Records, Score, Side, Task

_SHOWN = 4
"""Values of a label or an answer that are shown."""


class Regression(Task):
    """A record's truth has as many values as its output; classes are names of those."""

    name = "regression"
    measures = ("mae", "rmse")
    texts = {  # noqa: RUF012
        "mae": "mean absolute error",
        "rmse": "root mean square error",
    }

    wanted = "numbers"

    @property
    def truth_size(self) -> int:
        return int(np.prod(self.output.shape))

    def label(self, record: InputRecord) -> str:
        return _shown(_truth(record))

    def answer(self, record: InputRecord, side: Side) -> str:
        return _shown(self.real(record, side))

    def is_right(self, record: InputRecord, side: Side) -> bool | None:
        return None

    def score(self, records: Records, side: Side) -> float:
        return _mean(np.abs(self._errors(records, side)))

    def numbers(self, records: Records) -> dict[str, float]:
        found: dict[str, float] = {}
        for side in SIDES:
            found[f"mae_{side}"] = self.score(records, side)
            found[f"rmse_{side}"] = float(np.sqrt(_mean(self._errors(records, side) ** 2)))
        return found

    def scores(self, record: InputRecord) -> list[Score]:
        device, host = (self.real(record, side) for side in SIDES)
        known = np.flatnonzero(~np.isnan(device)).tolist()
        return [Score(self._name(i), float(device[i]), float(host[i])) for i in known]

    def _name(self, value: int) -> str:
        return self.class_name(value) if np.prod(self.output.shape) > 1 else "value"

    def _errors(self, records: Records, side: Side) -> Floats:
        """Of each value that is known: NaN, if it is not one that was not printed, is an answer."""
        return np.concatenate([(self.real(r, side) - _truth(r))[_known(r, side)] for r in records])


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else float("nan")


def _known(record: InputRecord, side: Side) -> NDArray[np.bool_]:
    return record.compared if side == "device" else np.ones(record.expected.shape, np.bool_)


def _truth(record: InputRecord) -> NDArray[np.float64]:
    assert record.truth is not None
    return record.truth


def _shown(values: Floats) -> str:
    shown = ", ".join(f"{value:.4g}" for value in values[:_SHOWN])
    return shown if values.size <= _SHOWN else f"{shown}, ..."
