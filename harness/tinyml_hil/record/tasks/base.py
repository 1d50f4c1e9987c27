"""Task: what the outputs of a model are answers to: the one place that knows right from wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model import Model, TensorSpec
from tinyml_hil.record.facts import TaskFacts
from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.measures import MEASURES

Side = Literal["device", "host"]
SIDES: tuple[Side, Side] = ("device", "host")
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Records = Sequence[InputRecord]


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised by the device."""

    name: str
    precision: float
    recall: float
    host_recall: float
    f1: float
    support: int
    """How often it is right, in inputs or in pixels."""
    given: int
    """How often the device gives it."""


@dataclass(frozen=True)
class Score:
    """What one side's output has for something that has a name."""

    name: str
    device: float
    host: float
    is_label: bool = False


class Task(ABC):
    """A task, with the names of its classes, if it has any.

    What is asked of records is asked of those of one run; there has to be one at least.
    """

    name: ClassVar[str]
    """One of ``choices.TASKS``."""
    measures: ClassVar[tuple[str, ...]] = ()
    """Those of ``MEASURES`` that it comes to, its own number first."""
    texts: ClassVar[Mapping[str, str]] = {}
    """Of its numbers, of device and host each, those that are shown, and what they are called."""
    counted: ClassVar[str] = "images"
    """What ``per_class`` and ``confusion`` count."""
    wanted: ClassVar[str] = ""
    """What labels have to be, where they are no classes."""
    on_device: ClassVar[bool] = False
    """Whether firmware knows labels and answers of this kind, and prints them in its self-test."""

    def __init__(self, facts: TaskFacts, classes: tuple[str, ...]) -> None:
        """``classes``: their names, by number."""
        self.facts = facts
        self.classes = classes
        self.threshold = facts["threshold"]
        self.middle = facts["middle"]
        self.output = TensorSpec(
            *(tuple(facts["shape"]), np.dtype(facts["type"]), facts["scale"], facts["zero_point"])
        )

    @property
    def truth_size(self) -> int | None:
        """How many values a record's truth has; None where the label is all."""
        return None

    @property
    def class_count(self) -> int | None:
        """How many classes labels and outputs have; None where outputs are something else."""
        return None

    def misfit(self, truth: NDArray[np.float64] | None) -> str:
        """Why a dataset's label is none of this task's, after what has it; empty if it is.

        ``truth``: its values; None if it is a class.
        """
        if self.truth_size is None:
            return "" if truth is None else f"has a label that is no class, as {self.name} takes"
        if truth is None:
            return f"has a class for a label, and {self.name} takes {self.wanted}"
        if truth.size != self.truth_size:
            return f"has {truth.size:,} values for a label, and the model gives {self.truth_size:,}"
        return ""

    def truth(
        self,
        label: NDArray[np.float64] | None,
        given: Callable[[], NDArray[Any]],
        model: Model,
    ) -> NDArray[np.float64] | None:
        """What an input's output is held against; None where the label is all.

        Args:
            label: what the dataset has, if that is no class.
            given: the input as the dataset has it.
            model: what takes it.
        """
        return label

    @abstractmethod
    def label(self, record: InputRecord) -> str:
        """What is right, in a few words."""

    @abstractmethod
    def answer(self, record: InputRecord, side: Side) -> str:
        """What a side says, in a few words."""

    @abstractmethod
    def is_right(self, record: InputRecord, side: Side) -> bool | None:
        """Whether a side is right; None where there is no right or wrong."""

    @abstractmethod
    def numbers(self, records: Records) -> dict[str, float]:
        """How good the answers are, by the names that docs/results.md explains."""

    @abstractmethod
    def score(self, records: Records, side: Side) -> float:
        """The task's own number, the first of ``measures``, of a side."""

    @abstractmethod
    def scores(self, record: InputRecord) -> list[Score]:
        """What both outputs have, in real values, as far as it is known of the device.

        What matters most to a reader comes first.
        """

    def per_class(self, records: Records) -> list[ClassScore]:
        """How well each class is recognised; empty where that means nothing."""
        return []

    def confusion(self, records: Records) -> Ints | None:
        """How often, by label (row) and the device's class (column); None without classes."""
        return None

    @property
    def guess(self) -> float | None:
        """How often one is right who guesses, 0 to 1; None where that cannot be said."""
        return None

    def totals(self, records: Records) -> list[tuple[str, str]]:
        """Name and value of each row that ends a run."""
        return [
            (f"{self.texts[name]}, {side}", self.show(name, self.score(records, side)))
            for name in self.measures[:1]
            for side in SIDES
        ]

    def disagreement(self, records: Records) -> str:
        """How the device's own number differs from the host's; empty if it does not."""
        if not self.measures:
            return ""
        device, host = (self.score(records, side) for side in SIDES)
        if device == host or all(record.exact for record in records):
            return ""
        told = "".join(self.texts[name] for name in self.measures[:1])
        return f"the device's {told} is {device:.6g}, the host's {host:.6g}"

    def sentence(self, numbers: Mapping[str, float]) -> str:
        """How good the answers are, by a run's ``numbers``; empty if those do not tell."""
        said = [
            f"{self.texts[name]} is {self.show(name, numbers[f'{name}_device'])} on the device and "
            f"{self.show(name, numbers[f'{name}_host'])} on the host"
            for name in self.measures[:1]
            if f"{name}_device" in numbers and f"{name}_host" in numbers
        ]
        return "".join(said)

    def show(self, name: str, value: float, decimals: int = 1) -> str:
        """One of the ``texts``' numbers, for people; ``decimals``: of a share in per cent."""
        if not np.isfinite(value):
            return "-"
        measure = MEASURES.get(name, MEASURES["accuracy"])
        return f"{value:.{decimals}%}" if measure.unit == "%" else measure.number(value)

    def real(self, record: InputRecord, side: Side) -> NDArray[Any]:
        """A side's output in real values, flat: float64; NaN is what was not printed."""
        raw = record.output if side == "device" else record.expected
        real = raw if record.precision else self.output.dequantize(raw)
        return real.astype(np.float64)

    def stacked(self, records: Records, side: Side) -> Floats:
        """The same of many: records x outputs."""
        return np.stack([self.real(record, side) for record in records])

    def class_name(self, number: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.classes[number] if 0 <= number < len(self.classes) else str(number)
