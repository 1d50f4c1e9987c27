"""Speaks with `nn_run`, the engine's host program: many models in one process."""

import json
import select
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 30.0
PLENTY = 1 << 20


class EngineError(Exception):
    """The engine refused a model."""

    def __init__(self, fields: dict[str, Any]) -> None:
        super().__init__(fields["message"])
        self.message: str = fields["message"]
        self.op_name: str | None = fields.get("op_name")
        self.op_index: int = fields.get("op_index", -1)
        self.op_code: int = fields.get("op_code", -1)
        self.needed: int = fields.get("needed", 0)


@dataclass(frozen=True)
class Tensor:
    """A tensor as the engine placed it; `offset` is -1 for a constant."""

    type: int
    shape: tuple[int, ...]
    size: int
    offset: int


@dataclass(frozen=True)
class Run:
    """One inference: output 0 of each op that has one, and all outputs of the graph, raw."""

    layers: list[bytes]
    outputs: list[bytes]


@dataclass(frozen=True)
class Answer:
    """What the engine made of a model."""

    arena_used: int
    ops: list[str]
    inputs: list[Tensor]
    layers: list[Tensor]
    outputs: list[Tensor]
    runs: list[Run]


class Engine:
    """A running `nn_run`. A crash or a sanitizer's report fails the test that caused it."""

    def __init__(self, program: Path, log: Path) -> None:
        self._program = program
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, model: bytes, *runs: list[bytes], arena: int = PLENTY) -> Answer:
        """Set up a model, and run it once for each list of inputs."""
        process = self._started()
        size = sum(len(data) for data in runs[0]) if runs else 0
        request = struct.pack("<4I", len(model), arena, len(runs), size) + model
        assert process.stdin is not None
        try:
            process.stdin.write(request + b"".join(data for run in runs for data in run))
            process.stdin.flush()
        except BrokenPipeError:
            self._fail("ended")
        fields = json.loads(self._line())
        if "error" in fields:
            raise EngineError(fields["error"])
        layers = [_tensor(layer["output"]) for layer in fields["layers"] if layer["output"]]
        outputs = [_tensor(output) for output in fields["outputs"]]
        return Answer(
            arena_used=fields["arena_used"],
            ops=[layer["op"] for layer in fields["layers"]],
            inputs=[_tensor(tensor) for tensor in fields["inputs"]],
            layers=layers,
            outputs=outputs,
            runs=[
                Run([self._read(t.size) for t in layers], [self._read(t.size) for t in outputs])
                for _ in runs
            ],
        )

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    [self._program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
                )
        return self._process

    def _fail(self, what: str) -> None:
        self.close()
        raise AssertionError(f"{self._program.name} {what}:\n{self._log.read_text()[:4000]}")

    def _line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], TIMEOUT_S)[0]:
            self._fail(f"did not answer within {TIMEOUT_S} s")
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            self._fail("ended")
        return line

    def _read(self, size: int) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) != size:
            self._fail("ended")
        return data


def _tensor(fields: dict[str, Any]) -> Tensor:
    return Tensor(fields["type"], tuple(fields["shape"]), fields["bytes"], fields["offset"])
