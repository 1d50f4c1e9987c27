"""Replay: a case run op by op on the host, with some ops done otherwise."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.integer_ops import IntegerOp, integer_op
from tinyml_hil.explanation.roundings import ROUNDINGS, Rounding
from tinyml_hil.model import HostLayers, Model, OpByOp, apart, joined, unpack

Tensors = Mapping[int, NDArray[Any]]
"""By their positions in ``Graph.tensors``."""
Change = Callable[[Tensors], Tensors]
"""What is written instead of an op's outputs, by what was written before."""


class Replay:
    """A model whose ops run one by one, by one reference."""

    def __init__(self, model: Model, reference: str) -> None:
        """Loads nothing yet. ``reference``: one of ``REFERENCES``."""
        self._model = model
        self._reference = reference
        self.ops = OpByOp(reference, model)
        self.host = cache(self._host)

    def _host(self, case: Case) -> Tensors:
        """Every tensor of a case that is written, as the host has it: computed once a case."""
        graph = self._model.graph
        tensors = dict(zip(graph.inputs, apart(case.tensor), strict=True))
        for node, outputs in zip(graph.nodes, self._layers.run(case.tensor), strict=True):
            tensors.update(zip(node.outputs, outputs, strict=True))
        return tensors

    def output(self, case: Case, changes: Mapping[int, Change]) -> NDArray[Any]:
        """The raw output, or the value of several, where these ops write something else.

        Raises:
            HilError: an op cannot be run alone.
        """
        host = self.host(case)
        others: dict[int, NDArray[Any]] = {}
        now = ChainMap(others, dict(host))
        for node in self._model.graph.nodes:
            if change := changes.get(node.index):
                written = change(now)
            elif node.outputs and others.keys() & node.inputs:
                written = self.ops.run(node.index, now)
            else:
                continue
            for number, tensor in written.items():
                others.pop(number, None)
                if not np.array_equal(tensor, host[number]):
                    others[number] = tensor
        return joined([now[number] for number in self._model.graph.outputs])

    @cached_property
    def integer_ops(self) -> dict[int, IntegerOp]:
        """Those ops that are known in numpy, by their position."""
        whole = unpack(self._model.content)
        ops = (integer_op(self._model, whole, node) for node in self._model.graph.nodes)
        return {op.node.index: op for op in ops if op}

    def rounding(self, op: IntegerOp, cases: Iterable[Case]) -> Rounding | None:
        """The host's own in an op, by these cases; None if it is none of those that are known."""
        left = list(ROUNDINGS)
        for host in map(self.host, cases):
            given = [host[i] for i in self.ops.reads(op.node.index)]
            right = host[op.node.outputs[0]]
            left = [r for r in left if np.array_equal(op.run(given, r), right)]
        return left[0] if left else None

    @cached_property
    def _layers(self) -> HostLayers:
        return HostLayers(self._reference, self._model)
