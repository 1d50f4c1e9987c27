"""Tasks: what the outputs of a model are answers to, and how good those are; one task a file."""

from __future__ import annotations

from collections.abc import Sequence

from tinyml_hil.model import Model, TensorSpec
from tinyml_hil.record.facts import TaskFacts
from tinyml_hil.record.input_record import InputRecord
from tinyml_hil.record.run_record import RunRecord
from tinyml_hil.record.tasks.base import (
    SIDES as SIDES,
    ClassScore as ClassScore,
    Score as Score,
    Task as Task,
)
from tinyml_hil.record.tasks.classification import Classification

_TASKS: dict[str, type[Task]] = {task.name: task for task in (Classification,)}


def task_facts(model: Model) -> TaskFacts:
    """What a run's record says of the task of its model."""
    output = model.output
    return {
        "name": model.task,
        "threshold": model.threshold,
        "middle": model.middle,
        "shape": list(output.shape),
        "type": output.dtype.name,
        "scale": output.scale,
        "zero_point": output.zero_point,
    }


def task_from(facts: TaskFacts, classes: Sequence[str]) -> Task:
    """The task that a run's record tells of, with the names of its classes."""
    return _TASKS[facts["name"]](facts, tuple(classes))


def task_of(model: Model, classes: Sequence[str]) -> Task:
    """The task of a model, with the names of its classes, if it has any."""
    return task_from(task_facts(model), classes)


def task_of_run(record: RunRecord, some: InputRecord | None = None) -> Task:
    """The task of a run.

    Args:
        some: one of its inputs' records, for runs of versions that had classifiers only and said
            nothing of them.
    """
    facts = record.model.get("task") or _facts_of_before(some)
    return task_from(facts, record.dataset["classes"])


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
