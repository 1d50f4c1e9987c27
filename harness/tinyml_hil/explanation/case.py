"""Case: one input of a run, with what the host and the device made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model import TensorSpec
from tinyml_hil.record import InputRecord


@dataclass(frozen=True, eq=False)
class Case:
    """One input that was run."""

    title: str
    """What to call it: its number, and its file if it has one."""
    image: NDArray[Any]
    """As the dataset has it, before preprocessing: height x width x channels; or a tensor."""
    tensor: NDArray[Any]
    """The raw input that the host had."""
    record: InputRecord
    spec: TensorSpec
    """Of the model's output."""
    before: Callable[[], Case | None]
    """Makes ``previous``."""

    @property
    def index(self) -> int:
        """Of the image in the dataset."""
        return self.record.index

    @property
    def expected(self) -> NDArray[Any]:
        """The host's output, flat: raw, or real values where the device printed its own."""
        return self.record.expected

    @property
    def output(self) -> NDArray[Any]:
        """The device's output, flat: raw, or real values where it printed them."""
        return self.record.output

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
        values = self.output[self.record.compared]
        low, high = values.min(), values.max()
        if values.dtype.kind in "iu":
            low, high = np.iinfo(values.dtype).min, np.iinfo(values.dtype).max
        return 1 + int(np.count_nonzero((values > low) & (values < high)))

    @cached_property
    def previous(self) -> Case | None:
        """The input with the next lower number, which the device ran before; None for the first.

        With several devices at once, another may have run between the two.
        """
        return self.before()

    def reproduced_by(self, predicted: NDArray[Any]) -> bool:
        """Whether a raw output is the device's: bit for bit, or within what was printed."""
        return self._against(predicted).exact

    def right_in(self, predicted: NDArray[Any]) -> int:
        """How many of the values that differ from the host a raw output gives as the device did."""
        return int(np.count_nonzero(self.record.differing & ~self._against(predicted).differing))

    def _against(self, predicted: NDArray[Any]) -> InputRecord:
        """The record, had the host given this raw output."""
        flat = predicted.reshape(-1)
        if self.record.precision:
            flat = self.spec.dequantize(flat).astype(np.float64)
        if flat.dtype != self.output.dtype or flat.shape != self.output.shape:
            raise TypeError(f"a cause gives {flat.dtype} of {flat.shape}, not an output")
        return replace(self.record, expected=flat)
