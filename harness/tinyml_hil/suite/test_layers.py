"""What each op of the model gives on the device, beside LiteRT's own intermediate tensors."""

from __future__ import annotations

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device, LayerComparison
from tinyml_hil.model import Model
from tinyml_hil.session import Session

IMAGES = 2


def test_each_layer_gives_litert_s_bits(
    device: Device, hil: Session, model: Model, dataset: Dataset
) -> None:
    device.require("layers", "tensor", "db bin")
    if hil.options.reference != "litert":
        pytest.skip(f"LiteRT alone shows its layers, and --reference is {hil.options.reference}")
    comparison = LayerComparison(device, model)
    differing = [
        f"{dataset.title(i)}: {result}"
        for i in range(min(IMAGES, len(dataset)))
        for result in comparison.results(model.input_of(dataset.image(i)))
        if result.difference
    ]
    if differing:
        pytest.fail("\n".join(differing), pytrace=False)
