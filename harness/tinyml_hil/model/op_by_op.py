"""Op by op: each op of a model run alone on the host, by a reference."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.model.custom_op import HostEngine
from tinyml_hil.model.flatbuffer import pack, unpack
from tinyml_hil.model.graph import DECODE, graph_of
from tinyml_hil.model.kernels import load_kernels, silent
from tinyml_hil.model.model import Model
from tinyml_hil.model.reference import Reference, TfliteMicro


class OpByOp:
    """A model cut into its ops, of which each takes whatever it is given."""

    def __init__(self, kernels: str, model: Model) -> None:
        """Loads nothing yet. ``kernels``: one of ``KERNELS``."""
        self._kernels = kernels
        self._model = model
        self._whole = unpack(model.content)
        self._load = cache(self._load_op)

    def reads(self, op: int) -> list[int]:
        """Positions in ``Graph.tensors`` of what an op reads, each once.

        Neither constants nor a state, which is each time what it is at first.
        """
        tensors = self._model.graph.tensors
        read = [i for i in dict.fromkeys(self._model.graph.nodes[op].inputs) if i >= 0]
        return [i for i in read if not (tensors[i].constant_bytes or tensors[i].is_variable)]

    def run(self, op: int, tensors: Mapping[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
        """What an op gives, by position in ``Graph.tensors``.

        Args:
            op: its position in the graph.
            tensors: all that it ``reads``, by position.

        Raises:
            UsageError: it does not run alone.
        """
        inputs = [tensors[i] for i in self.reads(op)]
        node = self._model.graph.nodes[op]
        try:
            outputs = self._load(op).run(inputs)
        except (ValueError, RuntimeError) as error:
            said = str(error).partition("\n")[0]
            raise UsageError(f"op {op}, {node.name}, does not run alone: {said}") from error
        return dict(zip(node.outputs, outputs, strict=True))

    def stand_in(self, op: int) -> str:
        """Whose kernel runs an op that the chosen kernels lack; empty where they have it."""
        name = self._load(op).name
        return "" if name == self._kernels else name

    def _load_op(self, op: int) -> Reference:
        content = pack(self._cut(op))
        name = f"{self._model.path.name} (op {op}, {self._model.graph.nodes[op].name})"
        path = self._model.path.with_name(name)
        alone = replace(self._model, path=path, content=content, graph=graph_of(content, path))
        custom = self._model.graph.nodes[op].custom
        try:
            with silent() if custom else nullcontext():
                return load_kernels(self._kernels, alone)
        except UsageError:
            if custom == DECODE and self._kernels != TfliteMicro.name:
                return TfliteMicro(alone)
            if not (custom and alone.host_engine):
                raise
            return HostEngine(alone)

    def _cut(self, op: int) -> Any:
        """A ``ModelT`` of one op, whose inputs and outputs are those of the graph."""
        whole, node = self._whole, self._model.graph.nodes[op]
        operator = copy(whole.subgraphs[0].operators[op])
        between = [] if operator.intermediates is None else list(operator.intermediates)
        used = list(dict.fromkeys(i for i in (*node.inputs, *node.outputs, *between) if i >= 0))
        tensors = [copy(whole.subgraphs[0].tensors[i]) for i in used]
        place = {number: at for at, number in enumerate(used)} | {-1: -1}
        model = schema.ModelT()
        model.version = whole.version
        model.operatorCodes = [whole.operatorCodes[operator.opcodeIndex]]
        model.buffers = [schema.BufferT(), *(whole.buffers[t.buffer] for t in tensors)]
        for buffer, tensor in enumerate(tensors, 1):
            tensor.buffer = buffer
        operator.opcodeIndex = 0
        operator.inputs = [place[i] for i in node.inputs]
        operator.outputs = [place[i] for i in node.outputs]
        operator.intermediates = [place[i] for i in between] or None
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = tensors, [operator]
        graph.inputs = [place[i] for i in self.reads(op)]
        graph.outputs = operator.outputs
        model.subgraphs = [graph]
        return model
