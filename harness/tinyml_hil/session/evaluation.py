"""Evaluation: a dataset run through a device and the reference, one record an image."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from itertools import chain, groupby, islice, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Classification, Device
from tinyml_hil.errors import GoneError
from tinyml_hil.model import Model, ReferenceProcess, result_of, rows_of
from tinyml_hil.record import UNSAID, InputRecord, OutputPair, Task
from tinyml_hil.session.checks import difference, instability

_Expected = deque[tuple[list[int], Future[NDArray[Any]]]]
"""Images on their way, those of an inference together, with what the reference will say."""


class Evaluation:
    """Runs images of a dataset through a device and, in a process beside it, a reference."""

    def __init__(
        self,
        device: Device,
        model: Model,
        dataset: Dataset,
        reference: ReferenceProcess,
        task: Task,
        repeats: int = 1,
        word: str = "",
    ) -> None:
        """Runs nothing yet.

        Args:
            device: runs them.
            model, dataset, task: what is run, and what it is held against.
            reference: gives the same model's answers.
            repeats: how often each inference is made.
            word: what names the device, if others have the rest of the inputs.
        """
        self.dataset = dataset
        self.task = task
        self._device = device
        self._model = model
        self._reference = reference
        self._repeats = repeats
        self._word = word
        self._records: dict[int, InputRecord] = {}

    @property
    def known(self) -> list[InputRecord]:
        """The records of all images that were run, in the order of their indices."""
        return [self._records[index] for index in sorted(self._records)]

    def record(self, index: int) -> InputRecord:
        """The record of one image."""
        (record,) = self.records([index])
        return record

    def records(self, indices: Iterable[int]) -> Iterator[InputRecord]:
        """The records of these images, each of which is run once, however often it is asked for."""
        wanted = list(dict.fromkeys(indices))
        missing = [i for i in wanted if i not in self._records]
        fresh = self.run(dict.fromkeys(i for index in missing for i in self._together(index)))
        for index in wanted:
            while index not in self._records:
                self._keep(next(fresh))
            yield self._records[index]
        # The others of a batch; and the device's reply comes to its end.
        for record in fresh:
            self._keep(record)

    def _keep(self, record: InputRecord) -> None:
        self._records[record.index] = record

    def problem(self, record: InputRecord) -> str:
        """What is wrong with a record: other bits than the host's, or than those of the device's
        other inferences of the input. Empty if nothing is.
        """
        unstable = instability(record, self.dataset)
        return unstable or difference(record, self.dataset, self.task)

    def run(self, indices: Iterable[int]) -> Iterator[InputRecord]:
        """Runs images, in this order; keeps none of them.

        Each gets the record of its first inference, which says how many others gave other bits.

        If the device goes away, it is started again, once, and goes on with the image that it had.

        Raises:
            UsageError: an image cannot be read, does not fit the model, or is to be run more than
                once on a device that cannot.
            LinkError, DeviceError: as ``Device.classify_many``.
            SetupError: the reference's process ended.
        """
        if self._repeats > 1:
            self._device.require_repeats()
        left = _by_batch(indices, self._model.batch)
        while True:
            expected: _Expected = deque()
            try:
                yield from self._run(left, expected)
            except GoneError:
                self._device.reset()
                left = chain([batch for batch, _ in expected], left)
            else:
                return

    def _run(self, batches: Iterator[list[int]], expected: _Expected) -> Iterator[InputRecord]:
        """``expected`` has, whatever happens, what was taken from ``batches`` and not answered."""

        def tensors() -> Iterator[NDArray[Any]]:
            for batch in batches:
                tensor = self._model.input_of(*map(self.dataset.image, self._together(batch[0])))
                expected.append((batch, self._reference.predict(tensor)))
                yield from repeat(tensor, self._repeats)

        results = self._device.classify_many(tensors())
        while alike := list(islice(results, self._repeats)):
            batch, future = expected.popleft()
            given, size = result_of(future), self._model.batch
            for index in batch:
                label, row = self.dataset.label(index), index % size
                record = record_of(index, label, alike[0], given, self._model, row=row)
                unstable = _unlike_the_first(alike, row)
                record = replace(record, unstable=unstable, ran_on=self._word)
                yield labelled(record, self.dataset, self._model, self.task)

    def _together(self, index: int) -> range:
        return inputs_together(index, self._model.batch, len(self.dataset))


def inputs_together(index: int, size: int, count: int) -> range:
    """The inputs that an inference of one of them is of, whichever of them are asked for.

    Args:
        index: of the one, in the dataset.
        size: of the model's batch.
        count: of the dataset's inputs.
    """
    first = index // size * size
    return range(first, min(first + size, count))


def _unlike_the_first(results: list[Classification], row: int) -> int:
    """How many of these gave other bits for the input in that place of the batch than the first."""
    first, *others = ([each.tobytes() for each in result.rows[row]] for result in results)
    return sum(other != first for other in others)


def _by_batch(indices: Iterable[int], size: int) -> Iterator[list[int]]:
    """Those together that follow one another and are of one batch."""
    if size == 1:  # at once, not only when the next one is there
        yield from ([index] for index in indices)
        return
    for _, batch in groupby(indices, lambda index: index // size):
        yield list(batch)


def labelled(record: InputRecord, dataset: Dataset, model: Model, task: Task) -> InputRecord:
    """The record of an input of a dataset, with all that its task holds its output against."""
    index = record.index
    group = dataset.group(index)
    return replace(
        record,
        truth=task.truth(dataset.truth(index), lambda: dataset.image(index), model),
        group=None if group == index else group,
    )


def record_of(
    index: int,
    label: int,
    result: Classification,
    expected: NDArray[Any],
    model: Model,
    row: int = 0,
) -> InputRecord:
    """The record of one image; a result that was printed is compared with real values.

    Args:
        index, label: of the image.
        result: the device's.
        expected: what the reference's ``predict`` gives.
        model: says what the outputs mean.
        row: the image's place in the batch.
    """
    threshold, wanted = model.threshold, rows_of(expected, model.batch)[row]
    if result.precision:
        both = zip(model.outputs, wanted, strict=True)
        wanted = tuple(spec.dequantize(flat).astype(np.float64) for spec, flat in both)
    else:
        threshold = model.output.raw_of(threshold)
    pairs = [OutputPair(*pair) for pair in zip(wanted, result.rows[row], strict=True)]
    first = pairs[0]
    return InputRecord(
        *(index, label, first.expected, first.output, result.ticks, result.precision, threshold),
        rest=tuple(pairs[1:]),
        said_class=UNSAID if result.said_class is None else result.said_class,
        said_label=UNSAID if result.said_label is None else result.said_label,
    )
