"""The same image twice: the same bits, and on a simulator the same number of instructions."""

from __future__ import annotations

import pytest

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.model import Model


def test_the_same_image_gives_the_same_bits(device: Device, model: Model, dataset: Dataset) -> None:
    tensor = model.input_of(dataset.image(0))
    first, second = device.classify_many([tensor, tensor])
    assert first.output.tolist() == second.output.tolist()


def test_the_same_image_takes_the_same_instructions(
    device: Device, model: Model, dataset: Dataset
) -> None:
    if device.info.ticks != "instructions":
        pytest.skip(f"{device.info.platform} counts {device.info.ticks}, which vary")
    tensor = model.input_of(dataset.image(0))
    counts = {result.ticks for result in device.classify_many([tensor] * 3)}
    assert len(counts) == 1, f"instructions of three runs: {sorted(counts)}"


def test_the_lane_does_not_change_the_instructions(
    device: Device, model: Model, dataset: Dataset
) -> None:
    if device.info.ticks != "instructions" or "memory" not in device.lanes:
        pytest.skip("needs instruction counts and a memory lane")
    tensor = model.input_of(dataset.image(0))
    over_memory = device.classify(tensor, lane="memory").ticks
    assert device.classify(tensor, lane="uart").ticks == over_memory


def test_another_image_between_changes_nothing(
    device: Device, model: Model, dataset: Dataset
) -> None:
    if len(dataset) < 2:
        pytest.skip("needs two images")
    first, other = (model.input_of(dataset.image(i)) for i in (0, 1))
    before, _, after = device.classify_many([first, other, first])
    assert before.output.tolist() == after.output.tolist()
