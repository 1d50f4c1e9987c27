"""Per-tensor scales: the device takes weights that are quantized per channel for per tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinyml_hil.explanation.another_model import running
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.explanation.hypothesis import Candidate, Hypothesis
from tinyml_hil.model import Model, pack, unpack

_WEIGHTS = 1
"""Which input of an op they are."""
_TAKEN: dict[str, Callable[[Any], float]] = {"first": lambda s: s[0], "greatest": max}


class PerTensorScales(Hypothesis):
    """One scale for all channels, in all ops or in those of one kind."""

    name = "per-tensor-scales"

    def candidates(self, evidence: Evidence) -> Iterator[Candidate]:
        """The first channel's scale, and the greatest, in all ops and in each kind of op."""
        kinds = _kinds(evidence.model)
        scopes = [kinds, *([kind] for kind in kinds if len(kinds) > 1)]
        for scope in scopes if kinds else []:
            for which, take in _TAKEN.items():
                yield running(
                    evidence,
                    _with_one_scale(evidence.model, scope, take),
                    f"the device scales every channel of {' and '.join(scope)} by the {which} "
                    "channel's scale: weights that are quantized per channel are taken for per "
                    "tensor",
                )


def _kinds(model: Model) -> list[str]:
    """The ops that have weights with several scales, by name."""
    tensors = unpack(model.content).subgraphs[0].tensors
    return sorted(
        {
            node.op
            for node in model.graph.nodes
            if node.macs and len(_scales(tensors[node.inputs[_WEIGHTS]])) > 1
        }
    )


def _scales(tensor: Any) -> Any:
    scales = tensor.quantization and tensor.quantization.scale
    return [] if scales is None else scales


def _with_one_scale(model: Model, kinds: list[str], take: Callable[[Any], float]) -> bytes:
    """The model's file, where each of these ops has one scale for all channels."""
    whole = unpack(model.content)
    for node in model.graph.nodes:
        if node.op in kinds:
            quantization = whole.subgraphs[0].tensors[node.inputs[_WEIGHTS]].quantization
            scales = np.asarray(quantization.scale)
            quantization.scale = np.full_like(scales, take(scales))
    return pack(whole)
