"""The sentences that say how a device differs from the host."""

from __future__ import annotations

import numpy as np
import pytest

from tinyml_hil.dataset import ArrayDataset
from tinyml_hil.record import InputRecord, summarise
from tinyml_hil.session import accuracy_difference, difference, differences
from tinyml_hil.session.checks import mistakes, selftest_labels


@pytest.fixture
def dataset() -> ArrayDataset:
    images = np.zeros((12, 2, 2, 3), np.uint8)
    return ArrayDataset("test", ("cat", "dog", "ship"), images, np.arange(12) % 3)


def _record(index: int, label: int, device: list[int], host: list[int]) -> InputRecord:
    return InputRecord(index, label, np.array(host, np.int8), np.array(device, np.int8), 100)


def test_equal_outputs_are_no_difference(dataset: ArrayDataset) -> None:
    assert difference(_record(0, 0, [1, 2, 3], [1, 2, 3]), dataset) == ""


def test_difference_names_image_count_size_and_both_classes(dataset: ArrayDataset) -> None:
    text = difference(_record(7, 1, [127, -128, 0], [-128, -128, 1]), dataset)
    assert text.splitlines()[0] == (
        "image 7 (dog): 2 of 3 output bytes differ from the host, by 255 at most; "
        "the device says cat, the host ship"
    )


def test_many_differences_are_cut_short(dataset: ArrayDataset) -> None:
    records = [_record(i, 0, [1, 0, 0], [0, 0, 0]) for i in range(8)]
    assert differences(records, dataset).endswith("... and 3 images more")


def test_mistakes_name_label_device_and_host(dataset: ArrayDataset) -> None:
    right, wrong = _record(0, 0, [9, 0, 0], [9, 0, 0]), _record(1, 1, [0, 0, 9], [0, 0, 9])
    assert mistakes([right, wrong], dataset) == "image 1: label dog, device ship, host ship"


def test_accuracy_difference_gives_both_counts() -> None:
    records = [_record(0, 0, [9, 0, 0], [9, 0, 0]), _record(1, 1, [9, 0, 0], [0, 9, 0])]
    summary = summarise([r.outcome for r in records])
    assert accuracy_difference(summary) == "the device gets 1 of 2 right, the host 2"


def test_self_test_with_too_few_images_is_said(dataset: ArrayDataset) -> None:
    line = "image 0: label cat, prediction dog, confidence 50.0%"
    assert selftest_labels([line], dataset) == "the self-test shows 1 images, the dataset has 10"


def test_self_test_with_another_label_is_said(dataset: ArrayDataset) -> None:
    names = ["cat", "dog", "cat", *(dataset.class_name(dataset.label(i)) for i in range(3, 10))]
    lines = [
        f"image {i}: label {name}, prediction dog, confidence 50.0%" for i, name in enumerate(names)
    ]
    assert selftest_labels(lines, dataset) == (
        "image 2: the firmware says label cat, the dataset ship"
    )
