"""From reset to the first prompt: the protocol's greeting, and the self-test of built-in images."""

from __future__ import annotations

from typing import Any

import pytest
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import PASSED, Device, for_programs
from tinyml_hil.model import Model, Reference, class_of, rows_of
from tinyml_hil.session import (
    NO_IMAGES,
    Session,
    selftest_images,
    selftest_labels,
    selftest_predictions,
)

INITIALISED = "m-init-done"
EQUAL = "equal to the host"
"""In the line that counts the images."""


@pytest.fixture
def greeter(device: Device) -> Device:
    """The device, if it has a console, whose prompt ends a boot."""
    _ = device.console
    return device


def _last_for_programs(device: Device) -> list[str]:
    return list(for_programs(device.boot_lines))[-1:]


def test_boot_ends_as_mlperf_tiny_says(greeter: Device) -> None:
    assert _last_for_programs(greeter) == [INITIALISED]


def test_reset_boots_again(greeter: Device) -> None:
    greeter.reset()
    assert _last_for_programs(greeter) == [INITIALISED]


def test_answer_after_a_reset_is_the_one_before(device: Device, tensor: NDArray[Any]) -> None:
    before = device.classify(tensor)
    device.reset()
    assert device.classify(tensor).output.tobytes() == before.output.tobytes()


def test_self_test_passes_at_boot(device: Device) -> None:
    device.require("selftest")
    if PASSED not in device.boot_lines:
        pytest.fail(_told(device.boot_lines), pytrace=False)


def test_self_test_passes_once_more(device: Device) -> None:
    lines = device.selftest()
    if PASSED not in lines:
        pytest.fail(_told(lines), pytrace=False)


def _told(lines: list[str]) -> str:
    """What came of a self-test that failed, and all that the device says of it."""
    count = next((line for line in lines if EQUAL in line), "no image was counted")
    return "\n".join([f"the device's own self-test failed: {count}", *lines])


@pytest.fixture
def built_in(device: Device, hil: Session, model: Model) -> Dataset:
    """The dataset whose first images the firmware has for its self-test."""
    device.require("selftest")
    if not hil.task.on_device:
        pytest.skip(f"{hil.task.name}: firmware prints labels and answers of classifiers only")
    if NO_IMAGES in device.boot_lines:
        pytest.skip("the firmware's self-test has no images: there is no flash for one")
    dataset = hil.whole_dataset
    shown = range(min(selftest_images(device.boot_lines), len(dataset)))
    inputs = (model.input_of(dataset.image(i)).tobytes() for i in shown)
    if hil.options.firmware and not all(i in device.firmware.selftest for i in inputs):
        pytest.skip(f"the self-test of this firmware has other images than {dataset.name}")
    return dataset


def test_self_test_has_the_labels_of_the_dataset(device: Device, built_in: Dataset) -> None:
    assert selftest_labels(device.boot_lines, built_in) == ""


def test_self_test_predicts_what_the_host_predicts(
    device: Device, built_in: Dataset, model: Model, reference: Reference
) -> None:
    first = range(min(selftest_images(device.boot_lines), len(built_in)))
    outputs = [reference.predict(model.input_of(built_in.image(i))) for i in first]
    threshold = model.output.raw_of(model.threshold)
    classes = [
        built_in.class_name(class_of(rows_of(output, model.batch)[0][0], threshold))
        for output in outputs
    ]
    assert selftest_predictions(device.boot_lines, classes) == ""
