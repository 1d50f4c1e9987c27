"""Engines: what infers in firmware that is built: the project's own, or the user's TFLM."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tinyml_hil import choices
from tinyml_hil.build.custom_ops import (
    NO_CUSTOM_OPS,
    NO_TFLM_CUSTOM_OPS,
    CustomOps,
    TflmCustomOps,
)
from tinyml_hil.build.engine import arena_for, has_op
from tinyml_hil.build.memory import memories_of
from tinyml_hil.build.platform import Platform
from tinyml_hil.build.tflm import TFLM_OPS, Tflm, ops_header
from tinyml_hil.build.tflm_host import custom_names
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Graph, Model, op_name

_MOST_OPS = 256
"""More than the schema numbers."""
_OVERHEAD = 32 * 1024
"""Bytes that TFLM takes of an arena, besides tensors, for a usual network."""
_SIZES = {"int8": 1, "uint8": 1, "bool": 1, "int16": 2, "float32": 4, "int32": 4}
"""Bytes of an element; of any other type no more than 8."""
_ELSE = 96 * 1024
"""Bytes that are left for what else lies in the memory of the arena: stack, variables, input."""


class Engine(ABC):
    """What a firmware is linked with to infer."""

    name: ClassVar[str]
    """As given to ``--engine``."""

    @property
    def identity(self) -> str:
        """What tells firmware that is built with it from firmware that is built with another."""
        return self.name

    @property
    def version(self) -> str:
        """Which one it is, of several that a user may have; empty if there is but one."""
        return ""

    @property
    def links(self) -> Mapping[str, Path]:
        """What firmware/Makefile wants to be linked into the folder that it builds in."""
        return {}

    def files(self, model: Model, ops: str) -> dict[str, str]:
        """What it wants to be written there, by name; ``ops``: one of ``choices.OPS``.

        Raises:
            UsageError: the engine lacks an op of the model.
        """
        return {}

    @abstractmethod
    def variables(self, model: Model, ops: str) -> list[str]:
        """Variables of firmware/Makefile, ``NAME=VALUE``."""

    @abstractmethod
    def arena(self, model: Model, wanted: int | None, platform: Platform, cache: Path) -> int:
        """Bytes of the arena to build with; ``wanted``: what the user asks for, if anything.

        Raises:
            UsageError: it cannot run the model, or not in so little.
        """


@dataclass(frozen=True)
class OwnEngine(Engine):
    """firmware/nn."""

    arithmetic: str = choices.LITERT_ARITHMETIC
    """One of ``choices.ARITHMETICS``."""
    custom: CustomOps = NO_CUSTOM_OPS
    """Ops of the user's own."""
    name: ClassVar[str] = choices.OWN_ENGINE

    @property
    def identity(self) -> str:
        """Whose bits it gives is a part of it, and so are ops of the user's own."""
        return f"{self.name} {self.arithmetic} {self.custom.identity}".rstrip()

    @property
    def version(self) -> str:
        """Which ops of the user's own are in it, if any are."""
        return f"with {self.custom} ({self.custom.identity})" if self.custom else ""

    @property
    def links(self) -> Mapping[str, Path]:
        """The folders of the user's own ops."""
        return self.custom.links

    def variables(self, model: Model, ops: str) -> list[str]:
        """What of it is linked; an op that it lacks is named when the firmware boots."""
        chosen = [f"NN_ARITHMETIC={self.arithmetic}"]
        custom = self.custom.variables
        if ops == "all":
            return [*chosen, *custom]
        has_custom = any(node.custom for node in model.graph.nodes)
        return [
            *chosen,
            *(custom if has_custom else []),
            f"NN_WITH_CUSTOM={int(has_custom)}",
            f"NN_OPS={' '.join(_linked(model.graph))}",
            f"NN_WITH_UINT8={int(model.computes_in_uint8)}",
            f"NN_WITH_FLOAT={int(model.has_float)}",
            f"NN_WITH_FOLDING={int(model.computes_shapes)}",
            f"NN_WITH_HYBRID={int(model.graph.is_hybrid)}",
            f"NN_WITH_INT16={int(model.graph.has_type('int16'))}",
            f"NN_WITH_INT4={int(model.graph.has_type('int4'))}",
            f"NN_WITH_STATE={int(model.keeps_state)}",
        ]

    def arena(self, model: Model, wanted: int | None, platform: Platform, cache: Path) -> int:
        """What the platform has, or more where the model takes more."""
        if self.arithmetic == choices.TFLM_ARITHMETIC and model.computes_in_uint8:
            raise UsageError(
                f"{model.path} computes in uint8, for which TensorFlow Lite for Microcontrollers "
                "has no kernels: build it with --arithmetic litert"
            )
        return arena_for(model, wanted, platform.arena, cache, self.arithmetic, self.custom)


def _linked(graph: Graph) -> list[str]:
    """The names of the ops that are linked; custom ones that the engine has go by their own."""
    own = {node.custom for node in graph.nodes if has_op(node.custom)}
    return sorted({node.op for node in graph.nodes} | own)


@dataclass(frozen=True)
class TflmEngine(Engine):
    """TensorFlow Lite for Microcontrollers."""

    tflm: Tflm
    custom: TflmCustomOps = NO_TFLM_CUSTOM_OPS
    """Ops of the user's own."""
    name: ClassVar[str] = choices.TFLM_ENGINE

    @property
    def identity(self) -> str:
        """The library is a part of it, and so are ops of the user's own."""
        return f"{self.name} {self.tflm.digest} {self.custom.identity}".rstrip()

    @property
    def version(self) -> str:
        """The library, and the beginning of its SHA-256; and ops of the user's own."""
        library = f"{self.tflm.library} {self.tflm.digest[:12]}"
        return f"{library} with {self.custom} ({self.custom.identity})" if self.custom else library

    @property
    def links(self) -> Mapping[str, Path]:
        """Headers and library, and the folders of the user's own ops."""
        return {**self.tflm.links, **self.custom.links}

    def files(self, model: Model, ops: str) -> dict[str, str]:
        """The list of ops: the model's, or all that TFLM has; and those of the user's own."""
        every = map(op_name, range(_MOST_OPS)) if ops == "all" else ()
        methods = [*self.methods(model), *map(self.tflm.method, every)]
        called = dict.fromkeys(filter(None, methods))
        return {TFLM_OPS: ops_header(called, self.custom.names)}

    def methods(self, model: Model) -> list[str]:
        """The resolver's methods for a model's ops, but for those of the user's own.

        Raises:
            UsageError: it lacks an op.
        """
        own = custom_names(model.host_engine) if self.custom and model.host_engine else []
        wanted = {op: self.tflm.method(op) for op in sorted(set(model.ops) - set(own))}
        if lacking := [op for op, method in wanted.items() if not method]:
            raise UsageError(self._lacks(model, lacking, own))
        return list(wanted.values())

    def _lacks(self, model: Model, lacking: list[str], own: list[str]) -> str:
        told = (
            f"the TensorFlow Lite for Microcontrollers in {self.tflm.folder} has no kernel for "
            f"{', '.join(lacking)}"
        )
        if not any(node.custom in lacking for node in model.graph.nodes):
            return told
        if own:
            return f"{told}: with --op {self.custom} it has {', '.join(own)}"
        return f"{told}: give its C++ file with --op, see docs/custom-ops.md"

    def variables(self, model: Model, ops: str) -> list[str]:
        """That it is the one, and ops of the user's own."""
        return ["ENGINE=tflm", *self.custom.variables]

    def arena(self, model: Model, wanted: int | None, platform: Platform, cache: Path) -> int:
        """Plenty: only TFLM itself knows how much it takes, and it tells that when it has run."""
        bulk = memories_of(platform).get("BULK")
        room = bulk.size - _ELSE - model.input_bytes if bulk else platform.arena
        plenty = max(platform.arena, 3 * _largest_step(model.graph) + _OVERHEAD)
        return wanted or min(room, plenty) // 16 * 16


def _largest_step(graph: Graph) -> int:
    """The most bytes of tensors that an op reads and writes, constants left out."""
    return max(
        sum(
            tensor.size * _SIZES.get(tensor.type, 8)
            for tensor in (graph.tensors[i] for i in (*node.inputs, *node.outputs) if i >= 0)
            if not tensor.constant_bytes
        )
        for node in graph.nodes
    )
