"""The inference engine, built for the host: what it makes of a model, before firmware is built."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from tinyml_hil import paths
from tinyml_hil.build.make import run_make
from tinyml_hil.choices import LITERT_ARITHMETIC
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model import Graph, Model, Node, op_name

HOST_COMPILER = "gcc"
FLASH_TABLE = paths.FIRMWARE / "flash.json"
"""What each op adds to the firmware's flash; bench/flash.py writes it."""
_PLENTY = 64 << 20
"""Bytes of an arena that no microcontroller has."""
_TIMEOUT = 60.0
_TO_INT8 = (
    "convert it to int8 throughout, with a representative_dataset and "
    "supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]"
)


@dataclass(frozen=True)
class Verdict:
    """Whether the engine can run a model."""

    arena: int | None
    """Bytes of the arena that the model takes on every machine; None if it cannot run."""
    lacks: tuple[str, ...]
    """What the engine lacks for this model, as sentences; empty if it can run."""


def judge(
    content: bytes, graph: Graph, cache: Path, arithmetic: str = LITERT_ARITHMETIC
) -> Verdict:
    """Lets the engine set a model up, as it would on the device.

    Every op that the engine does not have is named. What else it refuses (a type, an option, a
    shape), it names one at a time, as on the device.

    Args:
        cache: where it is built.
        arithmetic: one of ``choices.ARITHMETICS``.

    Raises:
        SetupError: the engine cannot be built, for lack of a compiler.
    """
    known = _known_ops()
    lacks = [_missing(node) for node in graph.nodes if node.op.lower() not in known]
    answer = _ask(_host_program(cache, arithmetic), content)
    if "error" in answer:
        return Verdict(None, tuple(lacks or [_sentence(answer["error"], graph)]))
    return Verdict(answer["arena_used"], ())


def arena_for(
    model: Model,
    wanted: int | None,
    usual: int,
    cache: Path,
    arithmetic: str = LITERT_ARITHMETIC,
) -> int:
    """Bytes of the tensor arena to build with: ``usual``, or more where the model takes more.

    Where the engine cannot be built for this machine, nobody knows before the device says so.

    Args:
        wanted: what the user asks for, if anything.
        usual: what the platform has if nobody asks.
        arithmetic: one of ``choices.ARITHMETICS``.

    Raises:
        UsageError: what the engine lacks, in the words of ``judge``; or ``wanted`` is too little.
    """
    try:
        verdict = judge(model.content, model.graph, cache, arithmetic)
    except SetupError:
        return wanted or usual
    if verdict.arena is None:
        raise UsageError(f"the engine cannot run {model.path}: {'; '.join(verdict.lacks)}")
    if wanted is not None and wanted < verdict.arena:
        raise UsageError(
            f"--arena {wanted}: {model.path} takes an arena of {verdict.arena:,} bytes"
        )
    return wanted or max(usual, verdict.arena)


def estimate_flash(graph: Graph) -> int | None:
    """Bytes of the firmware for a model, without the model and the self-test's images.

    An estimate from what was measured once for each op, on mps2-an500: it counts whole source
    files, and a build leaves out what it does not need. None if an op was not measured.
    """
    types = "float32" if graph.has_float else "uint8" if graph.computes_in_uint8 else "int8"
    table = json.loads(FLASH_TABLE.read_text())[types]
    ops = {node.op for node in graph.nodes}
    if not ops <= table["ops"].keys():
        return None
    owners = {owner for op in ops for owner in table["ops"][op]}
    return int(table["base"] + sum(table["owners"][owner] for owner in owners))


def _known_ops() -> set[str]:
    """The ops that the engine has, from the list that its build reads too."""
    text = (paths.FIRMWARE / "nn" / "ops" / "ops.h").read_text()
    return set(re.findall(r"^ *NN_OP\((\w+)\)", text, re.MULTILINE))


def _host_program(cache: Path, arithmetic: str) -> Path:
    """The engine's host program, up to date."""
    if not shutil.which(HOST_COMPILER):
        raise SetupError(f"{HOST_COMPILER} is not installed: apt-get install {HOST_COMPILER}")
    folder = cache / ("host" if arithmetic == LITERT_ARITHMETIC else f"host-{arithmetic}")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nn_run"
    with FileLock(folder / "lock"):
        done = make_engine(folder, ["NN_OPS=all", f"NN_ARITHMETIC={arithmetic}", program.name])
    if done.returncode:
        raise SetupError(f"the engine does not build for this machine:\n{done.stdout.strip()}")
    return program


def make_engine(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Builds the engine's host programs in a folder, as ``run_make`` does."""
    return run_make(folder, "firmware/test/Makefile", arguments, {"firmware": paths.FIRMWARE})


def _ask(program: Path, content: bytes) -> dict[str, Any]:
    """One request of no runs; firmware/test/nn_run.c has the form of both."""
    request = struct.pack("<4I", len(content), _PLENTY, 0, 0) + content
    done = subprocess.run([program], input=request, capture_output=True, timeout=_TIMEOUT)
    if done.returncode:
        raise UsageError(f"the engine fails on this model: {done.stderr.decode().strip()}")
    return dict(json.loads(done.stdout))


def _missing(node: Node) -> str:
    what = f"the custom op {node.custom}" if node.custom else node.op
    return f"op {node.index} is {what}, which is not in the engine"


def _sentence(error: dict[str, Any], graph: Graph) -> str:
    if error["needed"]:
        return f"it needs an arena of {error['needed']:,} bytes"
    if error["op_index"] < 0:
        return str(error["message"])
    op = error["op_name"] or op_name(error["op_code"])
    told = f"op {error['op_index']} {op}: {error['message']}"
    if "type" not in error["message"]:
        return told
    return f"{told} {_types_of(graph, graph.nodes[error['op_index']])}"


def _types_of(graph: Graph, node: Node) -> str:
    """Such as ``(float32, int8 to float32: NAME)``, and what to convert instead."""
    sides = (node.inputs, node.outputs)
    told = [dict.fromkeys(graph.tensors[i].type for i in side if i >= 0) for side in sides]
    types = " to ".join(", ".join(side) for side in told)
    name = _usual_name(graph, node)
    if name:
        return f"({types}: {name}); {_TO_INT8}"
    return f"({types}); {_TO_INT8}" if "float32" in types else f"({types})"


def _usual_name(graph: Graph, node: Node) -> str:
    """What people call the quantization of a model whose op has such types; empty if nothing."""
    tensors = [graph.tensors[i] for i in (*node.inputs, *node.outputs) if i >= 0]
    types = {tensor.type for tensor in tensors}
    constants = {tensor.type for tensor in tensors if tensor.constant_bytes}
    if "float16" in types:
        return "float16 weights"
    if types & {"int4", "uint4", "int2"}:
        return "int4 weights"
    if "int16" in types:
        return "int16 activations, 16x8"
    if "float32" in types and constants & {"int8", "uint8"}:
        return "dynamic-range, or hybrid, quantization"
    return ""
