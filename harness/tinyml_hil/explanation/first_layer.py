"""First layer: the first op that is wrong on the device, what it gave there, and what it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tinyml_hil.explanation.case import Case
from tinyml_hil.explanation.evidence import Evidence
from tinyml_hil.model import Node


@dataclass(frozen=True)
class FirstLayer:
    """An op whose inputs were written right, and whose output is wrong."""

    node: Node
    case: Case
    output: NDArray[Any]
    """The device's, in its shape."""
    right: NDArray[Any]
    """The host's."""


def first_layer(evidence: Evidence) -> FirstLayer | None:
    """Of the case that differs most; None if the device does not tell, or has no such op."""
    case = evidence.differing[0]
    layers = evidence.layers(case)
    layer = next((layer for layer in layers if layer.difference), None)
    if layers and not layer:
        evidence.leave_out(f"causes in a layer: none differs when {case.title} is run once more")
    if not layer or len(layer.node.outputs) != 1:
        return None
    output = evidence.device_layer(case, layer.node.index)
    if output is None:
        return None
    right = evidence.replay.host(case)[layer.node.outputs[0]]
    return FirstLayer(layer.node, case, output.reshape(right.shape), right)
