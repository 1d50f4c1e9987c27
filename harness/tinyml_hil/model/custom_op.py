"""Custom ops on the host: the firmware's engine, built for this machine, runs the user's own C."""

from __future__ import annotations

import json
import math
import struct
import subprocess
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.errors import UsageError
from tinyml_hil.model.model import Model
from tinyml_hil.model.reference import Reference

_PLENTY = 64 << 20
"""Bytes of an arena that no microcontroller has."""
_PATIENCE = 60.0
"""Seconds in which a custom op has run."""


class HostEngine(Reference):
    """The firmware's engine on this machine: it proves the compiler and the port, not the op."""

    name = "engine"
    package = "tinyml-hil"

    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        if model.host_engine is None:
            raise UsageError(f"{model.path} has a custom op: give its C file with --op")
        self._program, self._model = model.host_engine, model
        self._arena = _PLENTY
        self._arena = int(self._ask([], runs=0)[0]["arena_used"])
        self._kept: dict[int, NDArray[Any]] = {}

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        answer, data = self._ask(inputs, runs=1)
        layers = [layer["output"] for layer in answer["layers"] if layer["output"]]
        place = sum(layer["bytes"] for layer in layers)
        graph, outputs = self._model.graph, []
        for number, told in zip(graph.outputs, answer["outputs"], strict=True):
            kind, shape = np.dtype(graph.tensors[number].type), told["shape"]
            output = np.frombuffer(data, kind, math.prod(shape), place).reshape(shape)
            place += output.nbytes
            outputs.append(output)
        self._kept = dict(zip(graph.outputs, outputs, strict=True))
        return outputs

    def kept(self, index: int) -> NDArray[Any]:
        return self._kept[index]

    def _ask(self, inputs: Sequence[NDArray[Any]], runs: int) -> tuple[dict[str, Any], bytes]:
        """One request; firmware/test/nn_run.c has its form."""
        content, data = self._model.content, b"".join(each.tobytes() for each in inputs)
        request = struct.pack("<4I", len(content), self._arena, runs, len(data))
        try:
            done = subprocess.run(
                [self._program],
                input=request + content + data,
                capture_output=True,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"{self._model.path.name} hangs on this machine") from error
        if done.returncode:
            raise UsageError(f"{self._model.path.name} crashes on this machine")
        line, _, outputs = done.stdout.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise UsageError(f"{self._model.path.name}: {answer['error']['message']}")
        return answer, outputs
