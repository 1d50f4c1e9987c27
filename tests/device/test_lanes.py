"""How an image reaches this firmware: batches, hexadecimal lines, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.device.inputs import load_as_possible
from tinyml_hil.dataset import Dataset
from tinyml_hil.device import Device
from tinyml_hil.device.inputs import BATCH
from tinyml_hil.device.plain import load_input
from tinyml_hil.errors import UsageError
from tinyml_hil.model import Model, Reference


@pytest.fixture
def tensor(model: Model, dataset: Dataset) -> NDArray[Any]:
    return model.input_of(dataset.image(0))


@pytest.fixture
def expected(reference: Reference, tensor: NDArray[Any]) -> NDArray[Any]:
    return reference.predict(tensor)


def _need_memory_lane(device: Device) -> None:
    device.require("info", "batch")
    if "memory" not in device.lanes:
        pytest.skip("this target has no memory lane")


def test_hexadecimal_lines_of_mlperf_tiny_give_the_host_s_bits(
    device: Device, tensor: NDArray[Any], expected: NDArray[Any]
) -> None:
    if tensor.dtype == np.float32:
        pytest.skip("db HEX loads pixels, and this model takes float32")
    load_input(device.console, tensor)
    device.console.request("infer 1 0")
    assert device.last_output().output.tolist() == expected.tolist()


def test_results_are_the_dequantized_output_to_three_decimals(
    device: Device, model: Model, tensor: NDArray[Any], expected: NDArray[Any]
) -> None:
    load_as_possible(device, tensor)
    device.console.request("infer 1 0")
    (line,) = device.console.request("results")
    printed = [float(v) for v in line.removeprefix("m-results-[").removesuffix("]").split(",")]
    assert np.abs(np.array(printed) - model.output.dequantize(expected)).max() <= 0.0005 + 1e-7


def test_more_images_than_one_batch_come_back_in_order(
    device: Device, model: Model, dataset: Dataset, reference: Reference
) -> None:
    _need_memory_lane(device)
    tensors = [model.input_of(dataset.image(i % len(dataset))) for i in range(BATCH + 2)]
    outputs = [result.output.tolist() for result in device.classify_many(tensors)]
    assert outputs == [reference.predict(t).tolist() for t in tensors]


@pytest.mark.parametrize("lane", ["memory", "uart"])
def test_an_input_of_another_size_or_type_is_refused_not_padded_with_an_older_one(
    device: Device, tensor: NDArray[Any], lane: str
) -> None:
    if lane not in device.lanes:
        pytest.skip(f"this target has no lane {lane}")
    device.classify(tensor)
    for wrong in (tensor[:, :-1], tensor[:0], tensor.astype(np.float64)):
        with pytest.raises(UsageError, match="the model takes"):
            device.classify(wrong, lane=lane)
    assert device.classify(tensor)


def test_a_reply_that_nobody_read_to_its_end_does_not_spoil_the_next(
    device: Device, model: Model, dataset: Dataset, reference: Reference
) -> None:
    device.require("info", "output")
    tensors = [model.input_of(dataset.image(i % len(dataset))) for i in range(3)]
    next(iter(device.classify_many(tensors)))
    assert device.classify(tensors[2]).output.tolist() == reference.predict(tensors[2]).tolist()
