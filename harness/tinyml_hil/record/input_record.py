"""The record of one image, from device and host, and what the records of many come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model import class_of, class_scores

UNSAID = -1
"""In place of a class that the firmware did not name."""


@dataclass(frozen=True)
class OutputPair:
    """One of the model's outputs for one image."""

    expected: NDArray[Any]
    """The reference's, flat."""
    output: NDArray[Any]
    """The device's, flat."""

    def differing(self, precision: float) -> NDArray[np.bool_]:
        """Which elements differ, by more than the ``precision`` if that is not 0."""
        if precision:
            # Dequantized values are float32; theirs is the relative tolerance.
            near = np.isclose(self.output, self.expected, rtol=1e-6, atol=precision)
            return np.asarray(~np.isnan(self.output) & ~near)
        return np.asarray(self.expected != self.output)

    def is_exact(self, precision: float) -> bool:
        """Whether every bit is equal; of what was printed, every value within its precision."""
        if precision:
            return not self.differing(precision).any()
        return self.expected.tobytes() == self.output.tobytes()


@dataclass(frozen=True)
class InputRecord:
    """One image: what it is, what the host says, what the device says.

    It is judged by the model's first output, which is all that most models have.
    """

    index: int
    label: int
    expected: NDArray[Any]
    """The reference's raw output, flat."""
    output: NDArray[Any]
    """The device's raw output, flat; if it was printed, NaN is a value that was not."""
    ticks: int
    precision: float = 0.0
    """If not 0, the outputs are real values, float64, and the device's may be that far off, since
    it printed them in decimals."""
    threshold: float = 0.0
    """Of a single score, in the unit of the outputs: what is above it means the second class."""
    said_class: int = UNSAID
    """The class that the firmware itself named, whatever its scores say."""
    said_label: int = UNSAID
    """The label that the firmware itself has for its input."""
    rest: tuple[OutputPair, ...] = ()
    """The model's further outputs."""
    truth: NDArray[np.float64] | None = None
    """What the output is held against if the label says less: real values, flat."""
    group: int | None = None
    """The recording that the input is a part of; None if it is whole."""
    unstable: int = 0
    """How many further inferences of it gave other bits than the device's output here."""
    ran_on: str = ""
    """Which device ran it, of several that share the inputs: its word. Empty if there is one."""

    @property
    def exact(self) -> bool:
        """Whether every bit is equal; of what was printed, every value within its precision, and
        the class and the label that were named.
        """
        if self.precision:
            same_class = self.said_class in (UNSAID, self.host_class)
            if not (same_class and self.has_the_label):
                return False
        return all(pair.is_exact(self.precision) for pair in self.pairs)

    @property
    def pairs(self) -> tuple[OutputPair, ...]:
        """All outputs of the model."""
        return (OutputPair(self.expected, self.output), *self.rest)

    @property
    def has_the_label(self) -> bool:
        """Whether the firmware has no other label for its input than the dataset."""
        return self.said_label in (UNSAID, self.label)

    @property
    def compared(self) -> NDArray[np.bool_]:
        """Which output elements are known of the device: all, if they were not printed."""
        if not self.precision:
            return np.ones(self.output.shape, np.bool_)
        known: NDArray[np.bool_] = ~np.isnan(self.output)
        return known

    @property
    def differing(self) -> NDArray[np.bool_]:
        """Which elements of the first output differ, by more than the ``precision`` if printed."""
        return self.pairs[0].differing(self.precision)

    @property
    def different(self) -> int:
        """The number of elements of the first output that differ; likewise."""
        return int(np.count_nonzero(self.differing))

    @property
    def largest_difference(self) -> float:
        """The largest absolute difference of two output elements, in steps of the output's type.

        0 if no element was printed.
        """
        difference = np.abs(self.expected.astype(np.float64) - self.output.astype(np.float64))
        return float(difference.max(where=self.compared, initial=0.0))

    @property
    def host_class(self) -> int:
        """The class that the reference gives."""
        return class_of(self.expected, self.threshold)

    @property
    def device_class(self) -> int:
        """The class that the device gives: the one that it named, if it did.

        Where it printed the same decimals for the highest scores, that is the host's among them:
        the decimals do not say that it gives another.
        """
        if self.said_class != UNSAID:
            return self.said_class
        output = np.where(self.compared, self.output, -np.inf) if self.precision else self.output
        scores = class_scores(output, self.threshold)
        if self.precision and scores[self.host_class] == scores.max():
            return self.host_class
        return class_of(output, self.threshold)


def count_unstable(records: Iterable[InputRecord]) -> int:
    """How many inputs did not give the same bits each time that they were run."""
    return sum(record.unstable > 0 for record in records)


@dataclass(frozen=True)
class Summary:
    """What a set of images comes to, whatever they are answers to."""

    images: int
    exact: int
    ticks: float
    """Mean duration of an inference, in the device's unit."""
    printed: bool = False
    """Whether outputs were compared as printed in decimals, not bit for bit."""


def summarise(records: Sequence[InputRecord]) -> Summary:
    """Counts over ``records``, of which there must be one at least."""
    return Summary(
        images=len(records),
        exact=sum(record.exact for record in records),
        ticks=mean(record.ticks for record in records),
        printed=any(record.precision for record in records),
    )
