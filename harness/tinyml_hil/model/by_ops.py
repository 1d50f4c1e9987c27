"""By ops: a reference for models with custom ops that it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model.graph import DECODE
from tinyml_hil.model.model import Model
from tinyml_hil.model.op_by_op import OpByOp
from tinyml_hil.model.reference import REFERENCES, Reference


class ByOps(Reference):
    """The kernels of a reference for each op that it has, and stand-ins for the others."""

    def __init__(self, name: str, model: Model) -> None:
        """Runs each op once; ``name``: one of ``REFERENCES``.

        Raises:
            UsageError: an op does not run alone.
            SetupError: the package is not installed.
        """
        self.name, self.package = name, REFERENCES[name].package
        self._ops, self._graph = OpByOp(name, model), model.graph
        self._kept: dict[int, NDArray[Any]] = {}
        ends = (self._graph.tensors[number] for number in self._graph.inputs)
        self.run([np.zeros(tensor.shape, tensor.type) for tensor in ends])

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        self._kept = dict(zip(self._graph.inputs, inputs, strict=True))
        for node in self._graph.nodes:
            self._kept |= self._ops.run(node.index, self._kept)
        return [self._kept[number] for number in self._graph.outputs]

    def kept(self, index: int) -> NDArray[Any]:
        return self._kept[index]


def may_run_by_ops(model: Model) -> bool:
    """Whether a model has a custom op for which there is a stand-in."""
    return model.host_engine is not None or any(n.custom == DECODE for n in model.graph.nodes)


def stand_ins(name: str, model: Model) -> dict[str, list[str]]:
    """The names of a model's custom ops that a reference does not have, by what runs them instead.

    That is ``HostEngine.name``, or that of another reference.

    Raises:
        UsageError, SetupError: as ``ByOps``.
    """
    found: dict[str, list[str]] = {}
    ops = OpByOp(name, model)
    for node in model.graph.nodes:
        if node.custom and (other := ops.stand_in(node.index)):
            names = found.setdefault(other, [])
            names += [node.custom] if node.custom not in names else []
    return found
