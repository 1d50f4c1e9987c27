"""Signature: which function of a .tflite file is run, and a model of that one alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from tinyml_hil.errors import UsageError
from tinyml_hil.model.flatbuffer import pack, unpack
from tinyml_hil.words import shown

_CALLED = (
    *("subgraph", "initSubgraphIndex", "thenSubgraphIndex", "elseSubgraphIndex"),
    *("condSubgraphIndex", "bodySubgraphIndex"),
)
"""The options of ops that are the number of another graph."""


def of_signature(content: bytes, path: Path, wanted: str | None) -> bytes:
    """The file of the function that a signature names, which is its first graph.

    It is the file itself, if that graph is the first in it.

    Args:
        content: of a .tflite file.
        path: what errors call it.
        wanted: the signature's name; None where there is nothing to choose.

    Raises:
        UsageError: there is no such signature, or one has to be chosen.
    """
    signatures = _signatures(content)
    if wanted is None:
        wanted = _only(path, signatures)
    elif wanted not in signatures:
        there = f"the signatures {_listed(signatures)}" if signatures else "no signatures"
        raise UsageError(f"--signature {wanted}: {path} has {there}")
    number = signatures.get(wanted, 0)
    return _alone(content, wanted, number) if number else content


def _signatures(content: bytes) -> dict[str, int]:
    """The number of each signature's graph, by its name."""
    model = schema.Model.GetRootAs(content)
    found = (model.SignatureDefs(i) for i in range(model.SignatureDefsLength()))
    return {_text(each.SignatureKey()): each.SubgraphIndex() for each in found}


def _only(path: Path, signatures: dict[str, int]) -> str:
    """The name of any, where all have one graph; empty if there is none."""
    if len(set(signatures.values())) > 1:
        raise UsageError(
            f"{path} has several functions in it, by the signatures {_listed(signatures)}: choose "
            "one with --signature"
        )
    return next(iter(signatures), "")


def _listed(signatures: dict[str, int]) -> str:
    return ", ".join(repr(shown(name)) for name in signatures)


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode(errors="replace")


def _alone(content: bytes, name: str, number: int) -> bytes:
    """A model of a graph and of those that it calls, without the constants of others."""
    model = unpack(content)
    kept = _with_called(model, number)
    model.subgraphs = [model.subgraphs[i] for i in kept]
    for options, option in _calls(model.subgraphs):
        setattr(options, option, kept.index(getattr(options, option)))
    model.signatureDefs = [s for s in model.signatureDefs if _text(s.signatureKey) == name][:1]
    model.signatureDefs[0].subgraphIndex = 0
    model.metadata = model.metadataBuffer = None
    used = {tensor.buffer for graph in model.subgraphs for tensor in graph.tensors}
    for index, buffer in enumerate(model.buffers):
        if index not in used:
            buffer.data = None
    return pack(model)


def _with_called(model: Any, number: int) -> list[int]:
    """The numbers of a graph, and of all that it calls, however deep."""
    found = [number]
    for each in found:
        for options, option in _calls([model.subgraphs[each]]):
            if (called := getattr(options, option)) not in found:
                found.append(called)
    return found


def _calls(graphs: list[Any]) -> list[tuple[Any, str]]:
    """Where ops name other graphs: their options, and which of them."""
    operators = (operator for graph in graphs for operator in graph.operators or [])
    options = [o for each in operators for o in (each.builtinOptions, each.builtinOptions2) if o]
    return [(o, name) for o in options for name in _CALLED if hasattr(o, name)]
