"""Devices that compute as other kernels do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixtures import places
from tests.unit.plants.plant import Plant, World
from tinyml_hil.model import Model, Reference, load_kernels, load_model


@cache
def _kernels(name: str, model: Path) -> Reference:
    return load_kernels(name, load_model(model))


def _as(name: str) -> Callable[[World, int], NDArray[Any]]:
    return lambda world, i: _kernels(name, world.model.path).predict(world.tensor(i))


class OtherTensorFlow(Reference):
    """Stands for a version of TensorFlow that rounds otherwise; no released one is known to."""

    name = "tensorflow"

    def __init__(self, model: Model, keeps_layers: bool = False) -> None:
        self._host = load_kernels("litert", model)

    def run(self, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        return [np.asarray(output ^ (output & 2) >> 1) for output in self._host.run(inputs)]

    def kept(self, index: int) -> NDArray[Any]:
        raise NotImplementedError


PLANTS = [
    Plant("other-kernels", "TFLM", "--reference tflite-micro", _as("tflite-micro")),
    Plant("other-kernels", "XNNPACK", "by default, with XNNPACK", _as("litert-xnnpack")),
    Plant("other-kernels", "no XNNPACK", "without XNNPACK", _as("litert-optimized")),
    Plant(
        *("other-kernels", "LiteRT", "--reference litert", _as("litert")),
        reference="tflite-micro",
    ),
    Plant(
        *("tensorflow-kernels", "another version", "--reference tensorflow"),
        lambda world, i: OtherTensorFlow(world.model).predict(world.tensor(i)),
        model=places.MODELS / "cifar10.tflite",
    ),
]
