"""Case: one input of a run, with what the host and the device made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model import TensorSpec, rows_of
from tinyml_hil.record import InputRecord, OutputPair


@dataclass(frozen=True, eq=False)
class Case:
    """One input that was run.

    Its values are those of all outputs of the model, one output after the other.
    """

    title: str
    """What to call it: its number, and its file if it has one."""
    images: tuple[NDArray[Any], ...]
    """All that its inference was of, as the dataset has them, before preprocessing: each height x
    width x channels, or a tensor, or several by their names. One for each place of the batch."""
    row: int
    """Its own place in the batch."""
    tensor: NDArray[Any]
    """The raw input that the host had for that inference, as of ``Model.input_of``."""
    record: InputRecord
    spec: TensorSpec
    """Of the model's first output."""
    before: Callable[[], Case | None]
    """Makes ``previous``."""

    @property
    def index(self) -> int:
        """Of the image in the dataset."""
        return self.record.index

    @property
    def image(self) -> NDArray[Any]:
        """Its own, of ``images``."""
        return self.images[self.row]

    @property
    def expected(self) -> NDArray[Any]:
        """The host's first output, flat: raw, or real values where the device printed its own."""
        return self.record.expected

    @property
    def output(self) -> NDArray[Any]:
        """The device's first output, flat: raw, or real values where it printed them."""
        return self.record.output

    @cached_property
    def known(self) -> tuple[OutputPair, ...]:
        """The outputs, without the values that the device did not print."""
        return _known(self.record)

    @property
    def differing(self) -> NDArray[np.bool_]:
        """Which of the values that are known are not the host's."""
        return _differing(self.record)

    @property
    def different(self) -> int:
        """How many that are."""
        return int(np.count_nonzero(self.differing))

    @property
    def differs(self) -> bool:
        """Whether the device's output is not the host's."""
        return not self.record.exact

    @property
    def telling(self) -> int:
        """How much the device's output tells of its cause.

        That is 1, and 1 for each value that is not as low or as high as it gets: an output that is
        sure of a class has none, and ten causes may give it.
        """
        return 1 + sum(_between(pair.output) for pair in self.known)

    @cached_property
    def previous(self) -> Case | None:
        """The input in its place of the inference that the device ran before; None for the first.

        With several devices at once, another may have run between the two.
        """
        return self.before()

    def reproduced_by(self, predicted: NDArray[Any]) -> bool:
        """Whether raw outputs are the device's: bit for bit, or within what was printed.

        Args:
            predicted: of the whole inference, as of ``Reference.predict``.
        """
        return self._against(predicted).exact

    def expects(self, predicted: NDArray[Any]) -> bool:
        """Whether raw outputs, as of ``reproduced_by``, are the host's to the bit."""
        pairs = zip(self.record.pairs, self._rows(predicted), strict=True)
        return all(pair.expected.tobytes() == flat.tobytes() for pair, flat in pairs)

    def right_in(self, predicted: NDArray[Any]) -> int:
        """How many of the values that differ from the host raw outputs give as the device did."""
        return int(np.count_nonzero(self.differing & ~_differing(self._against(predicted))))

    def _against(self, predicted: NDArray[Any]) -> InputRecord:
        """The record, had the host given these raw outputs."""
        rows, pairs = self._rows(predicted), self.record.pairs
        for flat, pair in zip(rows, pairs, strict=True):
            if flat.dtype != pair.output.dtype or flat.shape != pair.output.shape:
                raise TypeError(f"a cause gives {flat.dtype} of {flat.shape}, not an output")
        first, *rest = map(OutputPair, rows, (pair.output for pair in pairs))
        return replace(self.record, expected=first.expected, rest=tuple(rest))

    def _rows(self, predicted: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """What of raw outputs is this input's, flat; real values where the device printed."""
        rows = rows_of(predicted, len(self.images))[self.row]
        if self.record.precision:
            return tuple(self.spec.dequantize(flat).astype(np.float64) for flat in rows)
        return rows


def _known(record: InputRecord) -> tuple[OutputPair, ...]:
    first, where = record.pairs[0], record.compared
    return OutputPair(first.expected[where], first.output[where]), *record.rest


def _differing(record: InputRecord) -> NDArray[np.bool_]:
    return np.concatenate([pair.differing(record.precision) for pair in _known(record)])


def _between(values: NDArray[Any]) -> int:
    """How many are neither as low nor as high as it gets."""
    low, high = values.min(), values.max()
    if values.dtype.kind in "iu":
        low, high = np.iinfo(values.dtype).min, np.iinfo(values.dtype).max
    return int(np.count_nonzero((values > low) & (values < high)))
