"""The numbers of a run, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tasks import a_task
from tinyml_hil.model import TensorSpec
from tinyml_hil.record import InputRecord, Metrics
from tinyml_hil.record.metrics import compare
from tinyml_hil.record.tasks.classification import calibration_error, top_k_accuracy

SPEC = TensorSpec((1, 3), np.dtype(np.int8), 1 / 128, 0)
TASK = a_task(("cat", "dog", "ship"), SPEC)


def _record(label: int, output: list[int], expected: list[int], ticks: int = 100) -> InputRecord:
    return InputRecord(0, label, np.array(expected, np.int8), np.array(output, np.int8), ticks)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(
        [
            _record(0, [127, 0, 0], [127, 0, 0], ticks=90),
            _record(0, [0, 127, 0], [0, 127, 0], ticks=110),
            _record(1, [0, 64, 0], [0, 64, 0]),
            _record(2, [64, 0, 0], [0, 0, 64]),
        ],
        TASK,
    )


def test_accuracy_is_counted_on_both_sides(metrics: Metrics) -> None:
    numbers = metrics.numbers()
    assert numbers["accuracy_device"] == 2 / 4
    assert numbers["accuracy_host"] == 3 / 4


def test_exactness_is_counted_by_image_and_by_byte(metrics: Metrics) -> None:
    numbers = metrics.numbers()
    assert (numbers["images"], numbers["exact"]) == (4, 3)
    assert (numbers["bytes"], numbers["exact_bytes"]) == (12, 10)
    assert numbers["max_difference"] == 64


def test_ticks_have_a_mean_and_bounds(metrics: Metrics) -> None:
    numbers = metrics.numbers()
    assert (numbers["ticks_min"], numbers["ticks_mean"], numbers["ticks_max"]) == (90, 100, 110)


def test_numbers_do_not_depend_on_the_order_in_which_images_came() -> None:
    rng = np.random.default_rng(3)
    outputs = rng.integers(-128, 128, (2, 50, 3))
    records = [
        InputRecord(i, i % 3, expected.astype(np.int8), output.astype(np.int8), 100)
        for i, (expected, output) in enumerate(zip(*outputs, strict=True))
    ]
    numbers = Metrics(records, TASK).numbers()
    for _ in range(20):
        shuffled = [records[i] for i in rng.permutation(len(records))]
        assert Metrics(shuffled, TASK).numbers() == numbers


def test_confusion_has_labels_in_rows_and_the_device_s_classes_in_columns(metrics: Metrics) -> None:
    assert metrics.confusion is not None
    assert metrics.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_each_class_has_precision_recall_and_f1(metrics: Metrics) -> None:
    cat, dog, ship = metrics.per_class
    assert (cat.precision, cat.recall, cat.f1, cat.support) == (0.5, 0.5, 0.5, 2)
    assert (dog.precision, dog.recall, dog.support) == (0.5, 1.0, 1)
    assert (ship.name, ship.precision, ship.recall, ship.f1) == ("ship", 0, 0, 0)


def test_class_without_images_or_answers_counts_as_0_not_as_an_error() -> None:
    metrics = Metrics([_record(0, [9, 0, 0], [9, 0, 0])], TASK)
    assert metrics.per_class[2].f1 == 0
    assert metrics.numbers()["accuracy_device"] == 1


def test_columns_of_st_edge_ai_for_equal_values() -> None:
    values = np.array([[0.1, 0.9], [0.7, 0.3]])
    assert compare(values, values) == pytest.approx(
        {"rmse": 0, "mae": 0, "l2r": 0, "mean": 0, "std": 0, "nse": 1, "cos": 1}
    )


def test_columns_of_st_edge_ai_for_values_that_differ() -> None:
    host = np.array([[0.0, 3.0], [4.0, 0.0]])
    device = np.array([[1.0, 2.0], [4.0, 0.0]])
    # e = 1, -1, 0, 0; ||host|| = 5; sum((host - 1.75)^2) = 12.75; device . host = 22.
    assert compare(device, host) == pytest.approx(
        {
            "rmse": np.sqrt(2 / 4),
            "mae": 2 / 4,
            "l2r": np.sqrt(2) / 5,
            "mean": 0,
            "std": np.sqrt(2 / 4),
            "nse": 1 - 2 / 12.75,
            "cos": 22 / (np.sqrt(21) * 5),
        }
    )


def test_mean_error_is_above_0_where_the_device_is_above_the_host() -> None:
    assert compare(np.array([[2.0, 1.0]]), np.array([[1.0, 1.0]]))["mean"] == 0.5


def test_top_k_looks_at_the_k_greatest() -> None:
    labels = np.array([0, 1])
    scores = np.array([[0.3, 0.5, 0.2], [0.5, 0.1, 0.4]])
    assert top_k_accuracy(labels, scores, 2) == 0.5


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    labels = np.array([0, 0, 0, 1])
    sure = np.array([[1.0, 0.0]] * 4)
    assert calibration_error(labels, sure) == pytest.approx(0.25)
    assert calibration_error(labels[:3], sure[:3]) == 0


def test_calibration_error_weighs_bins_by_their_images() -> None:
    # Three at 0.9, two of them right; one at 0.6, right: 3/4 * |2/3 - 0.9| + 1/4 * |1 - 0.6|.
    labels = np.array([0, 0, 1, 0])
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.6, 0.4]])
    assert calibration_error(labels, scores) == pytest.approx(0.75 * (0.9 - 2 / 3) + 0.25 * 0.4)


def test_outputs_that_are_no_probabilities_have_no_calibration() -> None:
    metrics = Metrics([_record(0, [100, -100, 0], [100, -100, 0])], TASK)
    assert "ece_device" not in metrics.numbers()


def _single(label: int, output: int, expected: int) -> InputRecord:
    return InputRecord(
        *(0, label, np.array([expected], np.int8), np.array([output], np.int8), 100), threshold=0.0
    )


ONE = TensorSpec((1, 1), np.dtype(np.int8), 1 / 256, -128)  # a sigmoid's: 0 is 0.5
TWO = a_task(("cat", "dog"), ONE, threshold=0.5)


@pytest.mark.filterwarnings("error")
def test_single_score_is_two_classes_with_a_threshold() -> None:
    records = [_single(0, 0, 0), _single(1, 1, 1), _single(0, 127, -128), _single(1, -1, -1)]
    metrics = Metrics(records, TWO)
    assert metrics.confusion is not None
    assert metrics.confusion.tolist() == [[1, 1], [1, 1]]
    numbers = metrics.numbers()
    assert (numbers["accuracy_device"], numbers["accuracy_host"]) == (0.5, 0.75)
    assert numbers["diff_acc"] == 0.75
    assert "ece_device" in numbers


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("output", "efficiency"), [(5, 1.0), (6, 0.0)])
def test_single_value_of_a_single_image_has_numbers_and_no_warning(
    output: int, efficiency: float
) -> None:
    numbers = Metrics([_single(1, output, 5)], TWO).numbers()
    assert numbers["diff_nse"] == efficiency


def test_means_over_classes_leave_out_those_of_which_there_is_no_image() -> None:
    records = [_record(0, [9, 0, 0], [9, 0, 0]), _record(1, [0, 9, 0], [0, 9, 0])]
    numbers = Metrics(records, TASK).numbers()
    assert (numbers["f1_macro"], numbers["recall_macro"]) == (1, 1)
