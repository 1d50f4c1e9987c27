"""Arena and stack suffice, and are those of the ELF."""

from __future__ import annotations

import pytest

from tinyml_hil.build import Firmware
from tinyml_hil.device import Device


def test_arena_suffices(device: Device) -> None:
    assert 0 < device.info.arena_used <= device.info.arena_size


def test_arena_is_the_one_of_the_elf(device: Device, firmware: Firmware) -> None:
    size = device.info.arena_size
    if not firmware.sizes.arena:
        pytest.skip(f"{firmware.elf.name} has no section .arena")
    assert size == firmware.sizes.arena


def test_stack_suffices(device: Device) -> None:
    memory = device.memory()
    assert 0 < memory.stack_inference <= memory.stack_used < memory.stack_size


def test_stack_is_the_one_of_the_elf(device: Device, firmware: Firmware) -> None:
    size = device.memory().stack_size
    if not firmware.sizes.stack:
        pytest.skip(f"{firmware.elf.name} has no section .stack")
    assert size == firmware.sizes.stack
