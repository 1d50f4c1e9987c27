"""Models with the layers of MLPerf Tiny's kws01 and vww01, which no wheel ships; none is trained.

Their instructions are those of the benchmark's own but for one thing: training has left vww01
channels that count nothing, whose rescaling takes longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.unit.engine.graph import Tensor
from tests.zoo import Network


class EvenNetwork(Network):
    """All layers of one scale, however many there are."""

    def _weights(self, shape: tuple[int, ...], dimension: int) -> Tensor:
        weights = super()._weights(shape, dimension)
        scales = np.asarray(weights.scale, np.float32)
        even = self._sums(replace(weights, scale=scales), (1, shape[dimension]), False)
        assert even.scale is not None
        growth = np.float32(even.scale) / np.max(np.asarray(self.tensor.scale, np.float32))
        return replace(weights, scale=scales / growth)


def kws01() -> Network:
    """A depthwise separable network over 49 spectra of 10 values."""
    network = EvenNetwork(Tensor((1, 49, 10, 1), "int8", 0.58, 83)).conv(64, (10, 4))
    for _ in range(4):
        network.depthwise().conv(64, 1, 1)
    return network.pool().reshape(1, 64).dense(12).softmax()


def vww01() -> Network:
    """MobileNet v1 of a quarter of the channels, over images of 96x96."""
    network = EvenNetwork(Tensor((1, 96, 96, 3), "int8", 1 / 255, -128)).conv(8)
    for stride, channels in (
        *((1, 16), (2, 32), (1, 32), (2, 64), (1, 64), (2, 128)),
        *((1, 128),) * 5,
        *((2, 256), (1, 256)),
    ):
        network.depthwise(stride).conv(channels, 1, 1)
    return network.pool().reshape(1, 256).dense(2).softmax()


MODELS: dict[str, Callable[[], Network]] = {"kws01": kws01, "vww01": vww01}


def write(name: str, folder: Path) -> tuple[Path, Path]:
    """Puts a model and a dataset of two random inputs into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    network = MODELS[name]()
    model, dataset = folder / f"{name}.tflite", folder / f"{name}.npz"
    model.write_bytes(network.build())
    shape = network.graph.tensors[network.graph.inputs[0]].shape[1:]
    inputs = np.random.default_rng(0).integers(-128, 128, (2, *shape)).astype(np.int8)
    np.savez(dataset, inputs=inputs, labels=np.arange(2))
    return model, dataset
