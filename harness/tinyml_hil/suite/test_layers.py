"""What each op of the model gives on the device, beside the host's own intermediate tensors."""

from __future__ import annotations

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device, LayerComparison
from tinyml_hil.model import Model
from tinyml_hil.session import Session


def test_each_layer_gives_the_host_s_bits(
    device: Device, hil: Session, model: Model, dataset: Dataset
) -> None:
    device.require("layers", "tensor", "db bin")
    # One image alone: it goes over the UART, which takes long for a large one.
    results = LayerComparison(device, model, hil.reference_choice.name).results(
        model.input_of(dataset.image(0))
    )
    differing = [f"{dataset.title(0)}: {result}" for result in results if result.difference]
    if differing:
        pytest.fail("\n".join(differing), pytrace=False)
