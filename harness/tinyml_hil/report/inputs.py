"""Inputs: what a run left of each input, with the names, scores and values that make it readable.

Rows are the images that were answered; a class is its number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.errors import HilError
from tinyml_hil.model import Model
from tinyml_hil.record import (
    RESULTS,
    InputRecord,
    RunRecord,
    Task,
    load_results,
    task_of,
    task_of_run,
)
from tinyml_hil.session import Session, recorded_session

if TYPE_CHECKING:
    from tinyml_hil.record import Metrics


@dataclass(frozen=True)
class InputResults:
    """The results of a run, a row an image."""

    index: NDArray[np.int64]
    """Of the image in the dataset."""
    label: NDArray[np.int64]
    ticks: NDArray[np.int64]
    records: list[InputRecord]
    """All of these, image by image."""
    task: Task
    """What they are answers to."""
    dataset: Dataset | None
    """Where the inputs are; None if it is not there any more."""
    input_shape: tuple[int, ...]
    """Of the model's input; empty if the model is not there any more."""
    no_pixels: str
    """Why there is no dataset; empty if there is one."""

    def __len__(self) -> int:
        return len(self.index)

    @cached_property
    def metrics(self) -> Metrics:
        """What they come to."""
        # Here, since scikit-learn takes a second to load, and most commands write no report.
        from tinyml_hil.record import Metrics

        return Metrics(self.records, self.task)

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether the device is wrong, where there is right and wrong."""
        is_wrong = [self.task.is_right(record, "device") is False for record in self.records]
        return np.array(is_wrong, np.bool_)

    @property
    def is_judged(self) -> bool:
        """Whether an answer is right or wrong."""
        return self.task.is_right(self.records[0], "device") is not None

    @cached_property
    def different(self) -> NDArray[np.int64]:
        """How many elements of an output differ; if printed, by more than their precision."""
        return np.array([record.different for record in self.records], np.int64)

    @cached_property
    def exact(self) -> NDArray[np.bool_]:
        """Whether nothing that is known of the device differs from the host."""
        return np.array([record.exact for record in self.records], np.bool_)

    @cached_property
    def largest(self) -> NDArray[np.float64]:
        """The largest absolute difference of an output's elements, in steps of its type."""
        return np.array([record.largest_difference for record in self.records])

    def file(self, row: int) -> str:
        """The name of the file that the image is in; empty if it has none, or is not there."""
        return self.dataset.image_name(int(self.index[row])) if self.dataset else ""

    def values(self, row: int) -> NDArray[Any] | None:
        """The input as the dataset has it, one in a row in the model's shape; None if it is not
        there any more.
        """
        if not self.dataset:
            return None
        given = self.dataset.image(int(self.index[row]))
        is_in_a_row = given.ndim == 1 and given.size == math.prod(self.input_shape)
        return given.reshape(self.input_shape) if is_in_a_row else given


def read_results(run_dir: Path, record: RunRecord) -> InputResults | None:
    """The results of a run; None if it has none, because it ended before the first image.

    Raises:
        UsageError: they are damaged.
    """
    path = run_dir / RESULTS
    records = load_results(path, task_of_run(record).class_count) if path.exists() else []
    if not records:
        return None
    session = recorded_session(record)
    dataset, no_pixels = _dataset(session, records)
    model = _model(session, record)
    return InputResults(
        index=np.array([r.index for r in records], np.int64),
        label=np.array([r.label for r in records], np.int64),
        ticks=np.array([r.ticks for r in records], np.int64),
        task=_task(record, model, records[0]),
        input_shape=model.input.shape if model else (),
        records=records,
        dataset=dataset,
        no_pixels=no_pixels,
    )


def _model(session: Session, record: RunRecord) -> Model | None:
    """The model, if it is still that of the run."""
    try:
        is_same = session.model.sha256 == record.model["sha256"]
    except (HilError, OSError):
        return None
    return session.model if is_same else None


def _task(record: RunRecord, model: Model | None, some: InputRecord) -> Task:
    """The run's task; of a record that does not tell, that of its model if that is still there."""
    if model and "task" not in record.model:
        return task_of(model, None, record.dataset["classes"])
    return task_of_run(record, some)


def _dataset(session: Session, records: list[InputRecord]) -> tuple[Dataset | None, str]:
    """The dataset, if it is there still and has the labels that it had; else None and why."""
    try:
        dataset = session.dataset
        same = all(r.index < len(dataset) and dataset.label(r.index) == r.label for r in records)
    except (HilError, OSError) as error:
        return None, str(error)
    if not same:
        return None, f"{dataset.name} holds other {dataset.what}s now than in the run"
    return dataset, ""
