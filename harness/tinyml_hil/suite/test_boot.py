"""What the firmware prints from reset to its first prompt, and what it says of itself."""

from __future__ import annotations

import re

import pytest

from tinyml_hil.build import SELFTEST_IMAGES, Firmware
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import PASSED, Device
from tinyml_hil.model import Model
from tinyml_hil.session import Session
from tinyml_hil.session.checks import selftest_labels

_LINE = re.compile(r"image (\d+): label (.+), prediction (.+), confidence (\d+\.\d)%")


def test_banner_names_product_platform_and_model(
    device: Device, hil: Session, model: Model
) -> None:
    device.require("info")  # without, the banner is not ours either
    banner = next(line for line in device.boot_lines if line)
    assert banner.startswith("tinyml-hil ")
    assert hil.platform.name in banner
    assert model.name in banner


def test_boot_ends_as_mlperf_tiny_says(device: Device) -> None:
    *_, mode, lap, done = device.boot_lines
    assert mode == "m-timestamp-mode-performance"
    assert re.fullmatch(r"m-lap-us-\d+", lap)
    assert done == "m-init-done"


def test_self_test_passes_at_boot(device: Device) -> None:
    device.require("selftest")
    assert PASSED in device.boot_lines


def test_self_test_can_be_run_again(device: Device) -> None:
    assert device.selftest()[-1] == PASSED


@pytest.fixture
def _built_here(hil: Session) -> None:
    if hil.options.firmware:
        pytest.skip("the images of firmware that was given are not known")


@pytest.mark.usefixtures("_built_here")
def test_self_test_prints_the_dataset_s_labels(device: Device, dataset: Dataset) -> None:
    assert selftest_labels(device.boot_lines, dataset) == ""


@pytest.mark.usefixtures("_built_here")
def test_self_test_predicts_what_the_host_predicts(
    device: Device, hil: Session, model: Model, dataset: Dataset
) -> None:
    printed = [m for line in device.boot_lines if (m := _LINE.fullmatch(line))]
    for index in range(min(SELFTEST_IMAGES, len(dataset))):
        output = hil.reference.predict(model.input_of(dataset.image(index)))
        top = int(output.argmax())
        confidence = float(model.output.dequantize(output)[top])
        assert printed[index][3] == dataset.class_name(top)
        assert abs(float(printed[index][4]) / 100 - confidence) <= 0.0005 + 1e-9


def test_firmware_that_answers_is_the_one_that_was_built(
    device: Device, firmware: Firmware
) -> None:
    assert device.info.build_id == firmware.build_id


def test_info_names_platform_and_model(device: Device, hil: Session, model: Model) -> None:
    assert device.info.platform == hil.platform.name
    assert device.info.model == model.name
    assert device.info.model_sha256 == model.sha256


def test_arena_is_the_one_that_the_elf_has_and_suffices(device: Device, firmware: Firmware) -> None:
    assert device.info.arena_size == firmware.sizes.arena
    assert 0 < device.info.arena_used <= device.info.arena_size


def test_stack_stays_within_its_bounds(device: Device, firmware: Firmware) -> None:
    memory = device.memory()
    assert memory.stack_size == firmware.sizes.stack
    assert 0 < memory.stack_inference < memory.stack_used < memory.stack_size
    assert memory.heap == 0
