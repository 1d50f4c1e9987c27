"""By ops: a reference for models with ops of the user's own, which no runtime knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.model.model import Model
from tinyml_hil.model.op_by_op import OpByOp
from tinyml_hil.model.reference import REFERENCES, Reference


class ByOps(Reference):
    """The kernels of a reference for each op that it has, and the user's C for the others."""

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


def user_s_ops(name: str, model: Model) -> list[str]:
    """The names of a model's custom ops that a reference does not have, but the user's C.

    Raises:
        UsageError, SetupError: as ``ByOps``.
    """
    custom = [node for node in model.graph.nodes if node.custom]
    ops = OpByOp(name, model)
    return list(dict.fromkeys(node.custom for node in custom if ops.is_user_s(node.index)))
