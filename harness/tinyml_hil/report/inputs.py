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
from tinyml_hil.model import Model, TensorSpec, class_scores
from tinyml_hil.record import RESULTS, InputRecord, RunRecord, load_results
from tinyml_hil.session import Session, recorded_session

if TYPE_CHECKING:
    from tinyml_hil.record import Metrics


@dataclass(frozen=True)
class InputResults:
    """The results of a run, a row an image."""

    index: NDArray[np.int64]
    """Of the image in the dataset."""
    label: NDArray[np.int64]
    output: NDArray[Any]
    """The device's raw outputs, images x classes."""
    expected: NDArray[Any]
    """The host's, of the same shape and type."""
    ticks: NDArray[np.int64]
    records: list[InputRecord]
    """All of these, image by image."""
    classes: tuple[str, ...]
    """Names, by number."""
    spec: TensorSpec
    """Of the model's output; without quantization if the model is not there any more."""
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

        return Metrics(self.records, self.spec, self.classes)

    @cached_property
    def device_class(self) -> NDArray[np.int64]:
        """The class that the device gives."""
        return np.array([record.device_class for record in self.records], np.int64)

    @cached_property
    def host_class(self) -> NDArray[np.int64]:
        """The class that the reference gives."""
        return np.array([record.host_class for record in self.records], np.int64)

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

    def name(self, number: int) -> str:
        """The name of a class, or its number where it has none."""
        return self.classes[number] if number < len(self.classes) else str(number)

    def scores(self, raw: NDArray[Any]) -> NDArray[np.float64]:
        """A score for each class: the real values of a raw output, if it is quantized."""
        threshold = self.spec.dequantize(np.array(self.records[0].threshold))
        return class_scores(self.spec.dequantize(raw).astype(np.float64), float(threshold))

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
    classes = tuple(record.dataset["classes"])
    records = load_results(path, len(classes)) if path.exists() else []
    if not records:
        return None
    session = recorded_session(record)
    dataset, no_pixels = _dataset(session, records)
    model = _model(session, record)
    spec = _output(model, records[0].output) or _as_it_is(records[0])
    return InputResults(
        index=np.array([r.index for r in records], np.int64),
        label=np.array([r.label for r in records], np.int64),
        output=np.stack([r.output for r in records]),
        expected=np.stack([r.expected for r in records]),
        ticks=np.array([r.ticks for r in records], np.int64),
        classes=classes,
        spec=spec,
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


def _output(model: Model | None, output: NDArray[Any]) -> TensorSpec | None:
    """The model's output, if ``output`` is raw."""
    return model.output if model and model.output.dtype == output.dtype else None


def _as_it_is(record: InputRecord) -> TensorSpec:
    return TensorSpec(record.output.shape, record.output.dtype, scale=0.0, zero_point=0)


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
