"""Evaluation: a dataset run through a device and the reference, one record an image."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Classification, Device
from tinyml_hil.errors import GoneError
from tinyml_hil.model import Model, ReferenceProcess, result_of
from tinyml_hil.record import UNSAID, InputRecord, Task

_Expected = deque[tuple[int, Future[NDArray[Any]]]]
"""Images on their way, each with what the reference will say."""


class Evaluation:
    """Runs images of a dataset through a device and, in a process beside it, a reference."""

    def __init__(
        self,
        device: Device,
        model: Model,
        dataset: Dataset,
        reference: ReferenceProcess,
        task: Task,
    ) -> None:
        """Runs nothing yet."""
        self.dataset = dataset
        self.task = task
        self._device = device
        self._model = model
        self._reference = reference
        self._records: dict[int, InputRecord] = {}

    @property
    def known(self) -> list[InputRecord]:
        """The records of all images that were asked for, in the order of their indices."""
        return [self._records[index] for index in sorted(self._records)]

    def record(self, index: int) -> InputRecord:
        """The record of one image."""
        (record,) = self.records([index])
        return record

    def records(self, indices: Iterable[int]) -> Iterator[InputRecord]:
        """The records of these images, each of which is run once, however often it is asked for."""
        wanted = list(dict.fromkeys(indices))
        fresh = self.run([i for i in wanted if i not in self._records])
        for index in wanted:
            if index not in self._records:
                self._records[index] = next(fresh)
            yield self._records[index]
        # Lets the device's reply come to its end.
        next(fresh, None)

    def run(self, indices: Iterable[int]) -> Iterator[InputRecord]:
        """Runs images, in this order; keeps none of them.

        If the device goes away, it is started again, once, and goes on with the image that it had.

        Raises:
            UsageError: an image cannot be read, or does not fit the model.
            LinkError, DeviceError: as ``Device.classify_many``.
            SetupError: the reference's process ended.
        """
        left = iter(indices)
        while True:
            expected: _Expected = deque()
            try:
                yield from self._run(left, expected)
            except GoneError:
                self._device.reset()
                left = chain([index for index, _ in expected], left)
            else:
                return

    def _run(self, indices: Iterator[int], expected: _Expected) -> Iterator[InputRecord]:
        """``expected`` has, whatever happens, what was taken from ``indices`` and not answered."""

        def tensors() -> Iterator[NDArray[Any]]:
            for index in indices:
                tensor = self._model.input_of(self.dataset.image(index))
                expected.append((index, self._reference.predict(tensor)))
                yield tensor

        for result in self._device.classify_many(tensors()):
            index, future = expected.popleft()
            label = self.dataset.label(index)
            yield record_of(index, label, result, result_of(future), self._model)


def record_of(
    index: int,
    label: int,
    result: Classification,
    expected: NDArray[Any],
    model: Model,
) -> InputRecord:
    """The record of one image; a result that was printed is compared with real values.

    Args:
        index, label: of the image.
        result: the device's.
        expected: the reference's raw output, flat.
        model: says what the outputs mean.
    """
    spec, threshold = model.output, model.threshold
    if result.precision:
        expected = spec.dequantize(expected).astype(np.float64)
    else:
        threshold = spec.raw_of(threshold)
    return InputRecord(
        *(index, label, expected, result.output, result.ticks, result.precision, threshold),
        said_class=UNSAID if result.said_class is None else result.said_class,
        said_label=UNSAID if result.said_label is None else result.said_label,
    )
