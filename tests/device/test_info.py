"""What this firmware says of itself, beside what the host knows of it."""

from __future__ import annotations

from tinyml_hil.build import judge
from tinyml_hil.device import Device
from tinyml_hil.model import Model
from tinyml_hil.session import Session


def test_platform_is_the_one_that_it_was_built_for(device: Device, hil: Session) -> None:
    assert device.info.platform == hil.platform.name


def test_model_is_named(device: Device, model: Model) -> None:
    assert device.info.model == model.name


def test_ops_are_the_model_s_each_once_in_their_order(device: Device, model: Model) -> None:
    assert device.info.ops == tuple(dict.fromkeys(model.ops))


def test_arena_is_what_the_host_says_before_a_build(
    device: Device, model: Model, hil: Session
) -> None:
    assert device.info.arena_used == judge(model.content, model.graph, hil.project.cache).arena


def test_there_is_no_heap(device: Device) -> None:
    assert device.memory().heap == 0
