"""The guide's checks of the model, made from outside: schema, ops, input and output."""

from __future__ import annotations

from tinyml_hil.build import judge
from tinyml_hil.device import Device
from tinyml_hil.model import Model
from tinyml_hil.session import Session
from tinyml_hil.session.checks import tensor_mismatch


def test_schema_version_is_3(device: Device) -> None:
    assert device.info.schema == 3


def test_device_resolves_every_op_of_the_model(device: Device, model: Model) -> None:
    assert set(device.info.ops) == set(model.ops)


def test_input_has_the_model_s_shape_type_and_quantization(device: Device, model: Model) -> None:
    assert tensor_mismatch(device.info.input, model.input) == ""


def test_output_has_the_model_s_shape_type_and_quantization(device: Device, model: Model) -> None:
    assert tensor_mismatch(device.info.output, model.output) == ""


def test_arena_is_what_the_host_says_before_a_build(
    device: Device, model: Model, hil: Session
) -> None:
    assert device.info.arena_used == judge(model.content, model.graph, hil.project.cache).arena
