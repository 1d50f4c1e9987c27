"""Metrics: how good the device's answers are, and how far they are from the reference's."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.metrics.pairwise import cosine_similarity

from tinyml_hil.record.input_record import InputRecord, count_unstable
from tinyml_hil.record.tasks.base import SIDES, ClassScore, Floats, Ints, Task


class Metrics:
    """Everything that a set of records comes to; each value is computed when it is asked for."""

    def __init__(self, records: list[InputRecord], task: Task) -> None:
        """``records``: at least one. ``task``: says what they are answers to."""
        # In the order of the images: sums round alike, however the records came.
        self._records = sorted(records, key=lambda record: record.index)
        self.task = task

    def numbers(self) -> dict[str, float]:
        """All single numbers, by the names that docs/results.md explains.

        What outputs that are no numbers do not come to is left out.
        """
        found = self._counts() | self.task.numbers(self._records) | self._closeness()
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def _counts(self) -> dict[str, float]:
        ticks = [record.ticks for record in self._records]
        return {
            "images": len(self._records),
            "exact": sum(record.exact for record in self._records),
            **({"unstable": count} if (count := count_unstable(self._records)) else {}),
            **self._bytes(),
            "max_difference": max(record.largest_difference for record in self._records),
            "ticks_mean": float(np.mean(ticks)),
            "ticks_min": min(ticks),
            "ticks_max": max(ticks),
        }

    def _bytes(self) -> dict[str, float]:
        """Of raw outputs; nothing for outputs that were printed, whose bits are not known."""
        if any(record.precision for record in self._records):
            return {}
        pairs = [(record.output, record.expected) for record in self._records]
        return {
            "bytes": sum(output.nbytes for output, _ in pairs),
            "exact_bytes": sum(_equal_bytes(output, expected) for output, expected in pairs),
        }

    def _closeness(self) -> dict[str, float]:
        device, host = (self.task.stacked(self._records, side) for side in SIDES)
        return {f"diff_{name}": value for name, value in compare(device, host).items()}

    @cached_property
    def per_class(self) -> list[ClassScore]:
        """How well each class is recognised; empty where the task has no classes."""
        return self.task.per_class(self._records)

    @cached_property
    def confusion(self) -> Ints | None:
        """By label (row) and by the device's class (column); None where that means nothing."""
        return self.task.confusion(self._records)


def _equal_bytes(output: NDArray[Any], expected: NDArray[Any]) -> int:
    one, other = (np.frombuffer(array.tobytes(), np.uint8) for array in (output, expected))
    return int(np.count_nonzero(one == other))


def compare(device: Floats, host: Floats) -> dict[str, float]:
    """How far the device's real values are from the host's, in the columns of ST Edge AI.

    Over all values of all images, with e = device - host. Source: ST Edge AI Core, "Evaluation
    report and metrics", whose reference is the host here:

    - ``rmse``: sqrt(mean(e^2)); ``mae``: mean(|e|); ``mean`` and ``std`` of e;
    - ``l2r``: ||e|| / ||host||, the relative L2 error; 0 if both are 0;
    - ``nse``: 1 - sum(e^2) / sum((host - mean(host))^2), the Nash-Sutcliffe efficiency (Nash and
      Sutcliffe, 1970), which scikit-learn calls R2; 1 if they are equal, 0 if there is one value;
    - ``cos``: device . host / (||device|| ||host||); 1 if they are equal or point the same way.

    Of outputs that are not all numbers there is nothing.

    Args:
        device: of shape (images, outputs).
        host: the same.
    """
    if not (np.isfinite(device).all() and np.isfinite(host).all()):
        return {}
    error = (device - host).ravel()
    flat_device, flat_host = device.ravel(), host.ravel()
    norm, host_norm = np.linalg.norm(error), np.linalg.norm(flat_host)
    return {
        "rmse": float(root_mean_squared_error(flat_host, flat_device)),
        "mae": float(mean_absolute_error(flat_host, flat_device)),
        "l2r": float(norm / host_norm) if norm else 0.0,
        "mean": float(error.mean()),
        "std": float(error.std()),
        "nse": _efficiency(flat_device, flat_host) if norm else 1.0,
        "cos": float(cosine_similarity(flat_device[None], flat_host[None])[0, 0]) if norm else 1.0,
    }


def _efficiency(device: Floats, host: Floats) -> float:
    """See ``compare``; scikit-learn has none of a single value, and warns of it."""
    return float(r2_score(host, device)) if host.size > 1 else 0.0
