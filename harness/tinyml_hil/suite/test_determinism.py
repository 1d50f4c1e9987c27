"""The same image twice: the same bits, and on a simulator the same number of instructions."""

from __future__ import annotations

from typing import Any

import pytest
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.model import Model


def test_the_same_image_gives_the_same_bits(device: Device, tensor: NDArray[Any]) -> None:
    device.require_repeats()
    first, second = device.classify_many([tensor, tensor])
    assert first.output.tobytes() == second.output.tobytes()


def test_another_image_between_changes_nothing(
    device: Device, model: Model, dataset: Dataset, tensor: NDArray[Any]
) -> None:
    device.require_repeats()
    if len(dataset) < 2:
        pytest.skip("needs two images")
    other = model.input_of(dataset.image(1))
    before, _, after = device.classify_many([tensor, other, tensor])
    assert before.output.tobytes() == after.output.tobytes()


def _need_instructions(device: Device) -> None:
    if not device.ticks_unit:
        pytest.skip("this firmware does not say how long an inference takes")
    if device.ticks_unit != "instructions":
        pytest.skip(f"this device counts {device.ticks_unit}, which vary")
    if not device.ticks_repeat:
        pytest.skip(
            "interrupts come wherever the core was held, and their instructions are counted"
        )


def test_the_same_image_takes_the_same_instructions(device: Device, tensor: NDArray[Any]) -> None:
    _need_instructions(device)
    counts = {result.ticks for result in device.classify_many([tensor] * 3)}
    assert len(counts) == 1, f"instructions of three runs: {sorted(counts)}"


def test_the_lane_does_not_change_the_instructions(device: Device, tensor: NDArray[Any]) -> None:
    _need_instructions(device)
    if len(device.lanes) < 2:
        pytest.skip("there is one lane here")
    counts = {lane: device.classify(tensor, lane).ticks for lane in device.lanes}
    assert len(set(counts.values())) == 1, f"instructions by lane: {counts}"
