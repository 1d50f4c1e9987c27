"""Tasks without a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyml_hil.model import TensorSpec
from tinyml_hil.record import Task, task_from

RAW = TensorSpec((1, 3), np.dtype(np.int8), 0.0, 0)


def a_task(
    classes: Sequence[str] = (),
    output: TensorSpec = RAW,
    name: str = "classification",
    threshold: float | None = 0.0,
) -> Task:
    """A task whose outputs are as ``output`` says; a real ``threshold`` is its middle, too."""
    return task_from(
        {
            "name": name,
            "threshold": threshold,
            "middle": threshold or 0.0,
            "shape": list(output.shape),
            "type": output.dtype.name,
            "scale": output.scale,
            "zero_point": output.zero_point,
        },
        tuple(classes),
    )
