"""What MLPerf Tiny's ic01 may take on the MPS2-AN500: well below what TFLM with CMSIS-NN takes."""

from __future__ import annotations

import pytest

from tinyml_hil.build import Firmware
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.model import Model
from tinyml_hil.session import Session

IC01 = "3c002613d1b2475eb51dd78dfb85a546c8ae658dee71cf6ade43b022fe205415"
INSTRUCTIONS = 22_400_000  # an inference; the peer's are 29,935,310
FLASH = 30_000  # bytes of the whole firmware without model and test images; 43,900 to 61,788
ARENA = 38_497  # bytes; 54,996
STACK = 1_024  # bytes of an inference alone; 868


@pytest.fixture(autouse=True)
def _is_ic01_on_mps2(hil: Session, model: Model) -> None:
    if model.sha256 != IC01 or hil.platform.name != "mps2-an500" or hil.options.firmware:
        pytest.skip("the budget is that of ic01 on mps2-an500, built here: --model=.../ic01.tflite")


def test_instructions_of_an_inference(device: Device, model: Model, dataset: Dataset) -> None:
    ticks = device.classify(model.input_of(dataset.image(0))).ticks
    print(f"instructions an inference: {ticks:,} of {INSTRUCTIONS:,}")
    assert device.info.ticks == "instructions"
    assert 0 < ticks <= INSTRUCTIONS


def test_flash_without_model_and_test_images(firmware: Firmware) -> None:
    print(f"flash: {firmware.sizes.flash:,} of {FLASH:,} bytes")
    assert 0 < firmware.sizes.flash <= FLASH


def test_arena(device: Device) -> None:
    used = device.info.arena_used
    print(f"arena: {used:,} of {ARENA:,} bytes")
    assert 0 < used <= ARENA


def test_stack_of_an_inference(device: Device) -> None:
    used = device.memory().stack_inference
    print(f"stack of an inference: {used:,} of {STACK:,} bytes")
    assert 0 < used <= STACK
