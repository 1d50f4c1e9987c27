"""The guide's checks of the model, made from outside: build, schema, ops, input and output."""

from __future__ import annotations

from tinyml_hil.build import Firmware
from tinyml_hil.device import Device
from tinyml_hil.model import Model
from tinyml_hil.session import tensor_mismatch


def test_firmware_that_answers_is_the_one_that_was_built(
    device: Device, firmware: Firmware
) -> None:
    assert device.info.build_id == firmware.build_id


def test_model_that_runs_is_the_one_that_was_given(device: Device, model: Model) -> None:
    assert device.info.model_sha256 == model.sha256


def test_schema_version_is_3(device: Device) -> None:
    assert device.info.schema == 3


def test_device_resolves_every_op_of_the_model(device: Device, model: Model) -> None:
    assert set(model.ops) - set(device.info.ops) == set()


def test_input_has_the_model_s_shape_type_and_quantization(device: Device, model: Model) -> None:
    told = zip(device.info.inputs, model.inputs, strict=True)
    assert [tensor_mismatch(*both) for both in told] == [""] * len(model.inputs)


def test_output_has_the_model_s_shape_type_and_quantization(device: Device, model: Model) -> None:
    told = zip(device.info.outputs, model.outputs, strict=True)
    assert [tensor_mismatch(*both) for both in told] == [""] * len(model.outputs)
