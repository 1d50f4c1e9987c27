"""Comparison: outputs that nobody judges; they are held against the host's, and that is all."""

from __future__ import annotations

import numpy as np

from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.tasks.base import SIDES, Records, Score, Side, Task

_SHOWN = 4
"""Values of an output that are shown."""


class Comparison(Task):
    """A record's label says nothing."""

    name = "none"

    def label(self, record: InputRecord) -> str:
        return "no label"

    def answer(self, record: InputRecord, side: Side) -> str:
        values = self.real(record, side)
        shown = ", ".join(f"{value:.4g}" for value in values[:_SHOWN])
        return shown if values.size <= _SHOWN else f"{shown}, ..."

    def is_right(self, record: InputRecord, side: Side) -> bool | None:
        return None

    def score(self, records: Records, side: Side) -> float:
        return float("nan")

    def numbers(self, records: Records) -> dict[str, float]:
        return {}

    def scores(self, record: InputRecord) -> list[Score]:
        device, host = (self.real(record, side) for side in SIDES)
        known = np.flatnonzero(~np.isnan(device)).tolist()
        return [Score(f"value {i}", float(device[i]), float(host[i])) for i in known]
