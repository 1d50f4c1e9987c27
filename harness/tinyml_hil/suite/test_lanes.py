"""The ways in which an image reaches the device: none changes what it answers."""

from __future__ import annotations

from typing import Any

import pytest
from numpy.typing import NDArray

from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.model import Model, Reference
from tinyml_hil.session import Session, difference, labelled, record_of


@pytest.mark.parametrize("lane", ["memory", "uart"])
def test_lane_gives_the_host_s_output(
    device: Device,
    model: Model,
    dataset: Dataset,
    hil: Session,
    reference: Reference,
    tensor: NDArray[Any],
    lane: str,
) -> None:
    if lane == "memory":
        device.require("info", "batch")
    if lane not in device.lanes:
        pytest.skip(f"{device.firmware.elf.name} has no memory lane on this target")
    result, expected = device.classify(tensor, lane), reference.predict(tensor)
    record = record_of(0, dataset.label(0), result, expected, model)
    record = labelled(record, dataset, model, hil.task)
    if not record.exact:
        pytest.fail(difference(record, dataset, hil.task), pytrace=False)
