"""Tasks: what the outputs of a model are answers to, and how good those are; one task a file."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from tinyml_hil.dataset import Dataset
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, TensorSpec
from tinyml_hil.record.facts import TaskFacts
from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.run_record import RunRecord
from tinyml_hil.record.tasks.anomaly import Anomaly
from tinyml_hil.record.tasks.base import (
    SIDES as SIDES,
    ClassScore as ClassScore,
    Score as Score,
    Task as Task,
)
from tinyml_hil.record.tasks.classification import Classification
from tinyml_hil.record.tasks.comparison import Comparison
from tinyml_hil.record.tasks.multi_label import MultiLabel
from tinyml_hil.record.tasks.regression import Regression
from tinyml_hil.record.tasks.segmentation import Segmentation

_TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (Classification, MultiLabel, Regression, Anomaly, Segmentation, Comparison)
}


def task_of(model: Model, dataset: Dataset | None, labels: Sequence[str] = ()) -> Task:
    """The task of a model: the one that its TOML file names, or its labels or its shape tell.

    Args:
        dataset: the labelled inputs, if there are some.
        labels: names of classes without them.
    """
    told = dataset.task if dataset else ""
    facts = task_facts(model, model.given_task or told or model.task)
    return task_from(facts, dataset.classes if dataset else labels)


def task_facts(model: Model, name: str) -> TaskFacts:
    """What a run's record says of the task of its model."""
    output = model.output
    # How far from its input an output may be is not known of any autoencoder.
    threshold = model.given_threshold if name == Anomaly.name else model.threshold
    return {
        "name": name,
        "threshold": threshold,
        "middle": model.middle,
        "shape": list(output.shape),
        "type": output.dtype.name,
        "scale": output.scale,
        "zero_point": output.zero_point,
    }


def task_from(facts: TaskFacts, classes: Sequence[str]) -> Task:
    """The task that a run's record tells of, with the names of its classes."""
    return _TASKS[facts["name"]](facts, tuple(classes))


def task_of_run(record: RunRecord, some: InputRecord | None = None) -> Task:
    """The task of a run.

    Args:
        some: one of its inputs' records, for runs of versions that had classifiers only and said
            nothing of them.

    Raises:
        UsageError: that record is not of such a task.
    """
    facts = record.model.get("task") or _facts_of_before(some)
    task = task_from(facts, record.dataset["classes"])
    if some and (some.output.size, _size(some)) != (prod(facts["shape"]), task.truth_size):
        raise UsageError(f"the run {record.id} is damaged: its results are of no {task.name}")
    return task


def _size(record: InputRecord) -> int | None:
    return None if record.truth is None else record.truth.size


def _facts_of_before(some: InputRecord | None) -> TaskFacts:
    """A classifier whose outputs are taken as they are: how they were quantized is not known."""
    threshold = some.threshold if some else 0.0
    spec = TensorSpec((some.output.size,), some.output.dtype, 0.0, 0) if some else None
    return {
        "name": Classification.name,
        "threshold": threshold,
        "middle": threshold,
        "shape": list(spec.shape) if spec else [],
        "type": spec.dtype.name if spec else "float32",
        "scale": 0.0,
        "zero_point": 0,
    }
