"""The sentences that say how a device differs from the host."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.tasks import a_task
from tinyml_hil import paths
from tinyml_hil.dataset import ArrayDataset, load_dataset
from tinyml_hil.device.answers import DeviceTensor
from tinyml_hil.model import TensorSpec, load_model
from tinyml_hil.record import UNSAID, InputRecord
from tinyml_hil.session import (
    difference,
    differences,
    selftest_images,
    selftest_labels,
    selftest_predictions,
    tensor_mismatch,
)
from tinyml_hil.session.checks import doubt_by_name, mistakes

TASK = a_task(("cat", "dog", "ship"))


@pytest.fixture
def dataset() -> ArrayDataset:
    images = np.zeros((12, 2, 2, 3), np.uint8)
    return ArrayDataset("test", ("cat", "dog", "ship"), images, np.arange(12) % 3)


def _record(index: int, label: int, device: list[int], host: list[int]) -> InputRecord:
    return InputRecord(index, label, np.array(host, np.int8), np.array(device, np.int8), 100)


def test_equal_outputs_are_no_difference(dataset: ArrayDataset) -> None:
    assert difference(_record(0, 0, [1, 2, 3], [1, 2, 3]), dataset, TASK) == ""


def test_difference_names_image_count_size_and_both_classes(dataset: ArrayDataset) -> None:
    text = difference(_record(7, 1, [127, -128, 0], [-128, -128, 1]), dataset, TASK)
    assert text.splitlines()[0] == (
        "image 7 (dog): 2 of 3 output bytes differ from the host, by 255 at most; "
        "the device says cat, the host ship"
    )


def test_of_many_values_the_first_that_differ_are_shown(dataset: ArrayDataset) -> None:
    host = [0] * 1000
    text = difference(_record(0, 0, [*host[:998], 7, 9], host), dataset, TASK)
    assert text.splitlines()[1:] == ["  at     [998, 999]", "  device [7, 9]", "  host   [0, 0]"]


def test_difference_names_the_file_of_an_image() -> None:
    dataset = load_dataset(places.CASES / "cat_dog_folders", classes=2)
    assert difference(_record(1, 1, [1, 0], [0, 0]), dataset, TASK).startswith(
        "image 1, dog/0.jpg (dog): 1 of 2 output bytes differ"
    )


def test_many_differences_are_cut_short(dataset: ArrayDataset) -> None:
    records = [_record(i, 0, [1, 0, 0], [0, 0, 0]) for i in range(8)]
    assert differences(records, dataset, TASK).endswith("... and 3 images more")


def test_mistakes_name_label_device_and_host(dataset: ArrayDataset) -> None:
    right, wrong = _record(0, 0, [9, 0, 0], [9, 0, 0]), _record(1, 1, [0, 0, 9], [0, 0, 9])
    assert mistakes([right, wrong], dataset, TASK) == "image 1: label dog, device ship, host ship"


def test_accuracy_difference_gives_both_counts() -> None:
    records = [_record(0, 0, [9, 0, 0], [9, 0, 0]), _record(1, 1, [9, 0, 0], [0, 9, 0])]
    assert TASK.disagreement(records) == "the device gets 1 of 2 right, the host 2"


def test_self_test_without_images_is_said(dataset: ArrayDataset) -> None:
    assert selftest_labels(["10/10 equal to the host"], dataset) == "the self-test shows no image"


@pytest.mark.parametrize("shown", [1, 9])
def test_self_test_may_show_fewer_images_than_the_dataset_has(
    dataset: ArrayDataset, shown: int
) -> None:
    names = [dataset.class_name(dataset.label(i)) for i in range(shown)]
    lines = [f"image {i}: label {n}, prediction x, score 1" for i, n in enumerate(names)]
    assert selftest_images(lines) == shown
    assert selftest_labels(lines, dataset) == ""


def test_self_test_with_another_label_is_said(dataset: ArrayDataset) -> None:
    names = ["cat", "dog", "cat", *(dataset.class_name(dataset.label(i)) for i in range(3, 10))]
    lines = [
        f"image {i}: label {name}, prediction dog, confidence 50.0%" for i, name in enumerate(names)
    ]
    assert selftest_labels(lines, dataset) == (
        "image 2: the firmware says label cat, the dataset ship"
    )


@pytest.mark.parametrize("score", ["confidence 99.6%", "confidence -1948.4%", "score -19.484"])
def test_self_test_with_another_prediction_is_said_whatever_a_score_is(score: str) -> None:
    line = f"image 0: label sea, blue, prediction sea, green, {score}"
    assert selftest_predictions([line], ["sea, green"]) == ""
    assert selftest_predictions([line], ["cat"]) == (
        "image 0: the firmware says prediction sea, green, the host cat"
    )


SPEC = TensorSpec((1, 10), np.dtype(np.int8), 0.003921568859368563, -128)


def test_scale_is_compared_as_the_float32_that_was_printed() -> None:
    assert tensor_mismatch(DeviceTensor((1, 10), "int8", 0.00392156886, -128, 10), SPEC) == ""


def test_next_float32_is_another_scale() -> None:
    other = float(np.nextafter(np.float32(SPEC.scale), np.float32(1)))
    assert tensor_mismatch(DeviceTensor((1, 10), "int8", other, -128, 10), SPEC) == (
        "scale is 0.00392156932502985, the model has 0.003921568859368563"
    )


def test_each_difference_of_a_tensor_is_named() -> None:
    assert tensor_mismatch(DeviceTensor((10,), "uint8", SPEC.scale, 0, 20), SPEC) == (
        "shape is (10,), the model has (1, 10); type is uint8, the model has int8; "
        "zero_point is 0, the model has -128; bytes is 20, the model has 10"
    )


def _printed(
    device: list[float], host: list[float], said_class: int = UNSAID, said_label: int = UNSAID
) -> InputRecord:
    values = (np.array(host, np.float64), np.array(device, np.float64))
    return InputRecord(0, 0, *values, 0, 0.005, 0.0, said_class, said_label)


NO = float("nan")


def test_of_printed_values_those_that_are_not_known_are_not_compared(
    dataset: ArrayDataset,
) -> None:
    record = _printed([0.98, NO, NO], [0.982, 0.01, 0.008], said_class=0)
    assert record.exact
    assert record.largest_difference == pytest.approx(0.002)
    assert difference(record, dataset, TASK) == ""


def test_a_printed_value_that_is_off_is_shown_with_its_place(dataset: ArrayDataset) -> None:
    record = _printed([NO, 0.98, NO], [0.01, 0.97, 0.02], said_class=1)
    assert difference(record, dataset, TASK).splitlines() == [
        "image 0 (cat): 1 of 1 printed values differ from the host, by 0.01 at most; "
        "the device says dog, the host dog",
        "  at     [1]",
        "  device [0.98]",
        "  host   [0.97]",
    ]


def test_of_firmware_that_prints_a_class_alone_classes_are_compared(dataset: ArrayDataset) -> None:
    assert _printed([NO, NO, NO], [0.9, 0.1, 0.0], said_class=0).exact
    record = _printed([NO, NO, NO], [0.9, 0.1, 0.0], said_class=2)
    assert (record.device_class, record.largest_difference) == (2, 0)
    assert difference(record, dataset, TASK) == "image 0 (cat): the device says ship, the host cat"


def test_a_class_that_belies_its_own_scores_differs() -> None:
    assert not _printed([0.9, 0.1, 0.0], [0.9, 0.1, 0.0], said_class=1).exact


def test_another_label_than_the_dataset_s_differs(dataset: ArrayDataset) -> None:
    record = _printed([0.9, 0.1, 0.0], [0.9, 0.1, 0.0], said_class=0, said_label=1)
    assert difference(record, dataset, TASK) == (
        "image 0 (cat): the firmware has the label dog for it: is test what it has built in, "
        "in this order?"
    )


@pytest.mark.parametrize(
    ("claimed", "file", "doubt"),
    [
        ("", "kws01.tflite", ""),
        ("ic01", "pretrainedResnet_quant.tflite", ""),
        ("IC01", "my-ic01.tflite", ""),
        ("gestures", "model_int8.tflite", ""),
        ("kws01", "model.tflite", "takes 3,072 values and gives 10? MLPerf Tiny's takes 490 and"),
        ("ic01", "kws01_int8.tflite", "which by its name is kws01?"),
    ],
)
def test_firmware_s_name_for_its_model_is_doubted_where_it_disagrees(
    claimed: str, file: str, doubt: str
) -> None:
    model = replace(load_model(paths.DEFAULT_MODEL), path=Path(file))
    said = doubt_by_name(claimed, model)
    assert bool(said) is bool(doubt)
    assert doubt in said
