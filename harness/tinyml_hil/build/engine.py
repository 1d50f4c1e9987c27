"""The inference engine, built for the host: what it makes of a model, before firmware is built."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from tinyml_hil import paths
from tinyml_hil.build.custom_ops import NO_CUSTOM_OPS, CustomOps
from tinyml_hil.build.make import run_make
from tinyml_hil.choices import LITERT_ARITHMETIC
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model import Graph, Model, Node, op_name

HOST_COMPILER = "gcc"
_PROGRAM = "nn_run"
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
    content: bytes,
    graph: Graph,
    cache: Path,
    arithmetic: str = LITERT_ARITHMETIC,
    custom: CustomOps = NO_CUSTOM_OPS,
) -> Verdict:
    """Lets the engine set a model up, as it would on the device.

    Every op that the engine does not have is named. What else it refuses (a type, an option, a
    shape), it names one at a time, as on the device.

    Args:
        cache: where it is built.
        arithmetic: one of ``choices.ARITHMETICS``.
        custom: ops of the user's own.

    Raises:
        SetupError: the engine cannot be built, for lack of a compiler.
        UsageError: one of ``custom`` does not build.
    """
    program = host_program(cache, arithmetic, custom)
    known, own = _known_ops(), _custom_ops(program)
    missing = [n for n in graph.nodes if n.op.lower() not in known and n.custom not in own]
    lacks = [_missing(node, custom, own) for node in missing]
    answer = _ask(program, content)
    if "error" in answer:
        return Verdict(None, tuple(lacks or [_sentence(answer["error"], graph)]))
    return Verdict(answer["arena_used"], ())


def arena_for(
    model: Model,
    wanted: int | None,
    usual: int,
    cache: Path,
    arithmetic: str = LITERT_ARITHMETIC,
    custom: CustomOps = NO_CUSTOM_OPS,
) -> int:
    """Bytes of the tensor arena to build with: ``usual``, or more where the model takes more.

    Where the engine cannot be built for this machine, nobody knows before the device says so.

    Args:
        wanted: what the user asks for, if anything.
        usual: what the platform has if nobody asks.
        arithmetic: one of ``choices.ARITHMETICS``.
        custom: ops of the user's own.

    Raises:
        UsageError: what the engine lacks, in the words of ``judge``; or ``wanted`` is too little.
    """
    try:
        verdict = judge(model.content, model.graph, cache, arithmetic, custom)
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


def has_op(name: str) -> bool:
    """Whether the engine has an op, by its name in the schema or, of a custom op, in models."""
    return name.lower() in _known_ops()


def _known_ops() -> set[str]:
    """The ops that the engine has, from the list that its build reads too."""
    text = (paths.FIRMWARE / "nn" / "ops" / "ops.h").read_text()
    return set(re.findall(r"^ *NN_OP\((\w+)\)", text, re.MULTILINE))


def _custom_ops(program: Path) -> list[str]:
    """The names of the custom ops that the host program has."""
    done = subprocess.run([program, "custom"], capture_output=True, text=True, errors="replace")
    return done.stdout.splitlines()


def host_program(
    cache: Path, arithmetic: str = LITERT_ARITHMETIC, custom: CustomOps = NO_CUSTOM_OPS
) -> Path:
    """The engine's host program, up to date.

    Args:
        cache: where it is built.
        arithmetic: one of ``choices.ARITHMETICS``.
        custom: ops of the user's own.

    Raises:
        SetupError: it cannot be built, for lack of a compiler.
        UsageError: one of ``custom`` does not build.
    """
    if not shutil.which(HOST_COMPILER):
        raise SetupError(f"{HOST_COMPILER} is not installed: apt-get install {HOST_COMPILER}")
    name = "host" if arithmetic == LITERT_ARITHMETIC else f"host-{arithmetic}"
    common = cache / name
    folder = cache / f"{name}-{custom.identity}" if custom else common
    arguments = ["NN_OPS=all", f"NN_ARITHMETIC={arithmetic}", *custom.variables, _PROGRAM]
    for each in (common, folder):
        each.mkdir(parents=True, exist_ok=True)
    with FileLock(common / "lock"):
        done = make_engine(folder, arguments, {"common": common, **custom.links})
    if done.returncode and custom:
        raise UsageError(custom.complaint(done.stdout))
    if done.returncode:
        raise SetupError(f"the engine does not build for this machine:\n{done.stdout.strip()}")
    return folder / _PROGRAM


def make_engine(
    folder: Path, arguments: Sequence[str], links: Mapping[str, Path] | None = None
) -> subprocess.CompletedProcess[str]:
    """Builds the engine's host programs in a folder, as ``run_make`` does.

    Args:
        folder: where; who calls this holds its lock, and that of ``common``.
        arguments: variables and targets of the makefile.
        links: what is linked into the folder besides the sources; ``common`` is itself by default.
    """
    wanted = {"firmware": paths.FIRMWARE, "common": folder, **(links or {})}
    return run_make(folder, "firmware/test/Makefile", arguments, wanted)


def _ask(program: Path, content: bytes) -> dict[str, Any]:
    """One request of no runs; firmware/test/nn_run.c has the form of both."""
    request = struct.pack("<4I", len(content), _PLENTY, 0, 0) + content
    done = subprocess.run([program], input=request, capture_output=True, timeout=_TIMEOUT)
    if done.returncode:
        why = done.stderr.decode().strip() or f"it ends with {done.returncode}"
        raise UsageError(f"the engine fails on this model: {why}")
    return dict(json.loads(done.stdout))


def _missing(node: Node, custom: CustomOps, own: list[str]) -> str:
    if not node.custom:
        return f"op {node.index} is {node.op}, which is not in the engine"
    told = f"op {node.index} is the custom op {node.custom}, which is not in the engine"
    if custom:
        return f"{told}: with --op {custom} that has {', '.join(own)}"
    return f"{told}: give its C file with --op, see docs/custom-ops.md"


def _sentence(error: dict[str, Any], graph: Graph) -> str:
    if error["needed"]:
        return f"it needs an arena of {error['needed']:,} bytes"
    if error["op_index"] < 0:
        return str(error["message"])
    op = error["op_name"] or op_name(error["op_code"])
    told = f"op {error['op_index']} {op}: {error['message']}"
    if "type" not in error["message"]:
        return told
    types = _types_of(graph, graph.nodes[error["op_index"]])
    # Of types that have to be the same, a shape may be what is not.
    helps = "supported" in error["message"] and ("float32" in types or ":" in types)
    return f"{told} ({types}); {_TO_INT8}" if helps else f"{told} ({types})"


def _types_of(graph: Graph, node: Node) -> str:
    """Such as ``float32, int8 to float32: NAME``."""
    sides = (node.inputs, node.outputs)
    told = [dict.fromkeys(graph.tensors[i].type for i in side if i >= 0) for side in sides]
    types = " to ".join(", ".join(side) for side in told)
    name = _usual_name(graph, node)
    return f"{types}: {name}" if name else types


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
