"""What ``layers`` and ``tensor`` say of each op agrees with each other and with an inference."""

from __future__ import annotations

import zlib

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.errors import DeviceError
from tinyml_hil.model import Model

HOOK_TICKS = 200
"""More than a look at an op costs in instructions."""


@pytest.fixture
def loaded(device: Device, model: Model, dataset: Dataset) -> Device:
    """The device, with image 0 loaded."""
    device.require("layers", "tensor")
    device.load(model.input_of(dataset.image(0)).tobytes())
    return device


def test_layers_are_the_model_s_ops_in_their_order(loaded: Device, model: Model) -> None:
    layers = loaded.layers()
    assert [layer.op for layer in layers] == list(model.ops)
    assert [layer.index for layer in layers] == list(range(len(model.ops)))


def test_the_last_layer_s_output_is_the_model_s(loaded: Device) -> None:
    last = loaded.layers()[-1]
    loaded.console.request("infer 1 0")
    assert last.crc32 == zlib.crc32(loaded.last_output().output.tobytes())


def test_each_tensor_is_what_its_layer_s_crc_is_of(loaded: Device) -> None:
    layers = loaded.layers()
    crcs = [zlib.crc32(loaded.tensor(layer.index)) for layer in layers]
    assert crcs == [layer.crc32 for layer in layers]


def test_the_layers_ticks_sum_up_to_those_of_an_inference(loaded: Device) -> None:
    if loaded.info.ticks != "instructions":
        pytest.skip(f"{loaded.info.platform} counts {loaded.info.ticks}, which vary")
    layers = loaded.layers()
    loaded.console.request("infer 1 0")
    whole = loaded.last_output().ticks
    assert abs(sum(layer.ticks for layer in layers) - whole) < HOOK_TICKS * len(layers)


def test_looking_at_layers_leaves_the_next_inference_as_it_was(loaded: Device) -> None:
    loaded.console.request("infer 1 0")
    before = loaded.last_output()
    loaded.layers()
    loaded.console.request("infer 1 0")
    after = loaded.last_output()
    assert after.output.tolist() == before.output.tolist()
    if loaded.info.ticks == "instructions":
        assert after.ticks == before.ticks


def test_an_op_that_is_not_there_is_refused(loaded: Device, model: Model) -> None:
    with pytest.raises(DeviceError, match=r"e-\[No such op\]"):
        loaded.tensor(len(model.ops))
