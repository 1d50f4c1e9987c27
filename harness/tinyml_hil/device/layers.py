"""Layers: every op's output on the device beside the host's, to find the first that differs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyml_hil.device.base import Device
from tinyml_hil.errors import DeviceError, HilError
from tinyml_hil.model import HostLayers, Model, Node


@dataclass(frozen=True)
class Difference:
    """How the output of an op differs from the host's, or from what else is expected."""

    count: int
    """Values that differ."""
    size: int
    """Values that there are."""
    largest: float
    """The largest absolute difference of two values, in steps of the quantization."""

    def __str__(self) -> str:
        return (
            f"{self.count} of {self.size} values differ from the host, by {self.largest:g} at most"
        )


@dataclass(frozen=True)
class LayerResult:
    """What one op did with one input."""

    node: Node
    output: str
    """Type and shape of its outputs."""
    ticks: int
    difference: Difference | None
    """None if it gives the host's bits."""

    def __str__(self) -> str:
        told = self.difference or "equal to the host"
        return f"op {self.node.index}, {self.node.name} ({self.output}): {told}"


class LayerComparison:
    """Runs inputs on a device and on the host, and compares op by op."""

    def __init__(self, device: Device, model: Model, reference: str) -> None:
        """The device has to run ``model``; ``reference``: one of ``choices.REFERENCES``.

        Raises:
            UsageError: the reference refuses the model.
            SetupError: it is not installed.
        """
        self._device = device
        self._model = model
        self._host = HostLayers(reference, model)

    def results(self, tensor: NDArray[Any]) -> Iterator[LayerResult]:
        """Each op's result for one raw input tensor, in the order of the graph.

        Checksums are compared; only of an op that differs is the output brought over, when it is
        its turn.

        Raises:
            DeviceError: the firmware has no ``layers``, or runs other ops than the model has.
        """
        self._device.load(tensor.tobytes())
        graph = self._model.graph
        layers = self._device.layers()
        if tuple(layer.op for layer in layers) != self._model.ops:
            raise DeviceError(f"the device runs {len(layers)} ops that are not those of the model")
        for node, layer, wanted in zip(graph.nodes, layers, self._host.run(tensor), strict=True):
            expected = b"".join(output.tobytes() for output in wanted)
            equal = layer.crc32 == zlib.crc32(expected)
            yield LayerResult(
                node=node,
                output=", ".join(str(graph.tensors[i]) for i in node.outputs),
                ticks=layer.ticks,
                difference=None
                if equal
                else difference_of(self._device.tensor(node.index), wanted),
            )

    def first_difference(self, tensor: NDArray[Any]) -> LayerResult | None:
        """The first op that gives other bits than the host's, if there is one."""
        return next((r for r in self.results(tensor) if r.difference), None)


def explain(device: Device, model: Model, reference: str, tensor: NDArray[Any]) -> str:
    """A sentence for a raw input tensor whose answer is not the host's: where it goes wrong."""
    try:
        first = LayerComparison(device, model, reference).first_difference(tensor)
    except HilError as error:
        return f"the layer that differs first is not known: {error}"
    if first is None:
        return "no layer differs when the input is run once more"
    return f"the first layer that differs is {first}"


def difference_of(actual: bytes, expected: Sequence[NDArray[Any]]) -> Difference:
    """How outputs, one after the other, differ from those that are expected.

    Raises:
        DeviceError: they are not as long.
    """
    if len(actual) != sum(output.nbytes for output in expected):
        raise DeviceError(f"an op gives {len(actual)} bytes on the device, another number here")
    distances = []
    for output in expected:
        mine = np.frombuffer(actual[: output.nbytes], output.dtype)
        actual = actual[output.nbytes :]
        distances.append(np.abs(mine.astype(np.float64) - output.reshape(-1)))
    distance = np.concatenate(distances)
    return Difference(int((distance != 0).sum()), distance.size, float(distance.max()))
