"""Tasks: labels and answers that are no classes, and the numbers that they come to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tasks import a_task
from tests.unit.conftest import Run
from tests.unit.engine.graph import Tensor
from tests.zoo import IMAGES, Network
from tinyml_hil.dataset import load_dataset
from tinyml_hil.dataset.truths import labels_of
from tinyml_hil.errors import UsageError
from tinyml_hil.model import TensorSpec, load_model, load_reference
from tinyml_hil.record import InputRecord, Task, load_record, load_results, save_results
from tinyml_hil.record.storage import record_from_plain, record_to_plain
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session
from tinyml_hil.target.qemu import EXECUTABLE

CLASSES = ("sky", "cat", "dog")
needs_qemu = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


def _spec(*shape: int) -> TensorSpec:
    return TensorSpec(shape, np.dtype(np.float32), 0.0, 0)


def _record(
    device: list[float], truth: list[float], host: list[float] | None = None, **more: Any
) -> InputRecord:
    return InputRecord(
        index=more.pop("index", 0),
        label=more.pop("label", 0),
        expected=np.array(device if host is None else host, np.float32),
        output=np.array(device, np.float32),
        ticks=100,
        truth=np.array(truth, np.float64),
        **more,
    )


def test_regression_comes_to_errors_on_both_sides() -> None:
    task = a_task((), _spec(1, 1), "regression")
    records = [_record([3], [1], [2]), _record([-1], [3], [3])]
    numbers = task.numbers(records)
    assert (numbers["mae_device"], numbers["mae_host"]) == (3, 0.5)
    assert numbers["rmse_device"] == pytest.approx(np.sqrt((4 + 16) / 2))
    assert task.disagreement(records) == "the device's mean absolute error is 3, the host's 0.5"
    assert (task.label(records[0]), task.answer(records[0], "device")) == ("1", "3")
    assert task.is_right(records[0], "device") is None


def test_value_that_is_no_number_is_an_error_and_one_that_was_not_printed_is_none() -> None:
    task = a_task((), _spec(1, 2), "regression")
    raw = [_record([float("nan"), 2], [1, 1], [1, 1])]
    assert np.isnan(task.numbers(raw)["mae_device"])
    assert task.numbers(raw)["mae_host"] == 0
    printed = [_record([float("nan"), 2], [1, 1], [1, 1], precision=0.1)]
    assert task.numbers(printed)["mae_device"] == 1


@pytest.mark.parametrize("odd", [float("inf"), float("nan")])
def test_anomaly_of_values_without_end_has_no_area(odd: float) -> None:
    task = a_task(("normal", "anomaly"), _spec(1, 1), "anomaly", None)
    records = [_record([odd], [0], [1], index=0), _record([3], [0], [3], index=1, label=1)]
    numbers = task.numbers(records)
    assert np.isnan(numbers["auc_device"])
    assert numbers["auc_host"] == 1


def test_multi_label_of_one_class_has_that_class_s_f1() -> None:
    task = a_task(("cat",), _spec(1, 1), "multi-label", threshold=0.5)
    records = [_record([0.9], [1]), _record([0.9], [0]), _record([0.1], [0])]
    assert task.numbers(records)["f1_device"] == pytest.approx(2 / 3)
    (cat,) = task.per_class(records)
    assert (cat.name, cat.support, cat.given, cat.precision) == ("cat", 1, 2, 0.5)


def test_equal_outputs_disagree_in_no_task() -> None:
    task = a_task(("normal", "odd"), _spec(1, 1), "anomaly", None)
    assert task.disagreement([_record([3], [1]), _record([4], [1])]) == ""  # the AUC is no number


def test_multi_label_has_each_class_that_is_above_the_threshold() -> None:
    task = a_task(CLASSES, _spec(1, 3), "multi-label", threshold=0.5)
    records = [_record([0.9, 0.5, 0.6], [1, 0, 1]), _record([0.1, 0.2, 0.3], [0, 1, 0])]
    assert [task.answer(record, "device") for record in records] == ["sky, dog", "none"]
    assert [task.is_right(record, "device") for record in records] == [True, False]
    numbers = task.numbers(records)
    assert (numbers["f1_device"], numbers["accuracy_device"]) == (2 * 2 / (2 + 3), 0.5)
    cat = task.per_class(records)[1]
    assert (cat.name, cat.support, cat.recall, cat.given) == ("cat", 1, 0, 0)


def test_anomaly_is_judged_by_how_far_recordings_are_from_their_inputs() -> None:
    task = a_task(("normal", "anomaly"), _spec(1, 2), "anomaly", None)
    records = [
        _record([0, 2], [0, 0], index=0, group=7),  # 2
        _record([0, 0], [0, 0], index=1, group=7),  # 0: the recording's mean is 1
        _record([1, 2], [0, 0], index=2, label=1),  # 2.5
        _record([0, 1], [0, 0], index=3, label=1),  # 0.5
    ]
    assert task.answer(records[0], "device") == "error 2"
    assert task.numbers(records)["auc_device"] == 0.5
    alone = [record if record.group is None else _alone(record) for record in records]
    assert task.numbers(alone)["auc_device"] == 0.75


def _alone(record: InputRecord) -> InputRecord:
    assert record.truth is not None
    return _record(record.output.tolist(), record.truth.tolist(), index=record.index)


def test_what_is_normal_is_known_by_its_name() -> None:
    task = a_task(("crack", "good"), _spec(1, 1), "anomaly", threshold=1.0)
    assert task.is_right(_record([5], [0], label=0), "device") is True
    assert task.is_right(_record([5], [0], label=1), "device") is False
    assert task.answer(_record([5], [0]), "device") == "error 25, anomalous"


def test_segmentation_counts_pixels_and_leaves_out_those_that_do_not_count() -> None:
    task = a_task(CLASSES, _spec(1, 2, 2, 3), "segmentation")
    one_hot = np.eye(3)
    device = one_hot[[0, 1, 1, 2]].ravel().tolist()
    record = _record(device, [0, 1, 2, 255])
    numbers = task.numbers([record])
    assert numbers["pixel_accuracy_device"] == pytest.approx(2 / 3)
    assert numbers["miou_device"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert numbers["f1_device"] == pytest.approx(2 * 1 / (2 + 2))
    confusion = task.confusion([record])
    assert confusion is not None
    assert confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert task.answer(record, "device") == "cat 50.0%, sky 25.0%, dog 25.0%"


def test_map_of_one_score_has_two_classes() -> None:
    task = a_task(("sky", "cat"), _spec(1, 1, 2, 1), "segmentation", threshold=0.5)
    assert task.numbers([_record([0.4, 0.6], [0, 1])])["miou_device"] == 1


@pytest.mark.parametrize(
    ("name", "shape", "truth", "complaint"),
    [
        ("regression", (1, 2), None, "has a class for a label, and regression takes numbers"),
        ("regression", (1, 2), [1.0], "has 1 values for a label, and the model gives 2"),
        ("multi-label", (1, 3), None, "and multi-label takes 0 or 1 for each class"),
        ("segmentation", (1, 1, 2, 3), [0, 3], "has the class 3 in its map, and there are 3"),
        ("classification", (1, 3), [0.5], "has a label that is no class"),
        ("anomaly", (1, 3), [0.5], "has a label that is no class"),
        ("anomaly", (1, 3), None, ""),
    ],
)
def test_label_of_another_kind_is_refused(
    name: str, shape: tuple[int, ...], truth: list[float] | None, complaint: str
) -> None:
    said = a_task((), _spec(*shape), name).misfit(None if truth is None else np.array(truth))
    assert bool(said) is bool(complaint)
    assert complaint in said


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        (np.array([1, 0, 2]), ""),
        (np.array([[1, 0], [0, 1]]), ""),
        (np.array([0.0, 1.0, 1.0]), ""),
        (np.array(["cat", "dog"]), ""),
        (np.array([0.5, 1.0]), "regression"),
        (np.array([[1.5, 2], [3, 4]]), "regression"),
        (np.array([[1, 1], [0, 1]]), "multi-label"),
        (np.zeros((2, 4, 4), np.uint8), "segmentation"),
        (np.zeros((2, 4, 4, 1), np.uint8), "segmentation"),
    ],
)
def test_labels_tell_what_they_are_for(labels: NDArray[Any], task: str) -> None:
    found = labels_of(Path("x"), labels, "")
    assert (found.task, found.truths is None) == (task, not task)


def test_one_hot_labels_are_classes() -> None:
    assert labels_of(Path("x"), np.array([[0, 1.0], [1, 0]]), "").numbers.tolist() == [1, 0]


def test_whole_numbers_are_values_where_the_task_says_so() -> None:
    truths = labels_of(Path("x"), np.array([-7, 300000]), "regression").truths
    assert truths is not None
    assert truths.tolist() == [[-7], [300000]]


@pytest.mark.parametrize(
    ("labels", "task", "complaint"),
    [
        (np.array([0, 1]), "segmentation", "segmentation takes a map of whole numbers"),
        (np.array([[0, 2]]), "multi-label", "multi-label takes a row of 0 and 1"),
        (np.array(["a"]), "regression", "regression takes numbers"),
        (np.array([1.0, np.nan]), "regression", "input 1 has a label that is not finite"),
        (np.array([0.5, 1.0]), "classification", "they have to be 2 whole numbers or names"),
    ],
)
def test_labels_that_a_task_does_not_take_are_refused(
    labels: NDArray[Any], task: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        labels_of(Path("x"), labels, task)


@pytest.mark.parametrize(
    ("text", "task", "truth"),
    [
        ("a,b,target\n1,2,0.5\n3,4,-1e3\n", "", [-1000]),
        ("a,b,label\n1,2,3\n3,4,5\n", "regression", [5]),
        ("a,label_x,label_y\n1,2.5,3\n3,4,5\n", "", [4, 5]),
        ("a,label_cat,label_dog\n1,1,1\n3,0,1\n", "multi-label", [0, 1]),
        ("a,b,label\n1,2,-1\n3,4,1\n", "", None),
    ],
)
def test_table_has_labels_that_are_numbers(
    tmp_path: Path, text: str, task: str, truth: list[float] | None
) -> None:
    (tmp_path / "t.csv").write_text(text)
    found = load_dataset(tmp_path / "t.csv", task=task).truth(1)
    assert (None if found is None else found.tolist()) == truth


def test_truth_and_recording_are_kept_with_a_record(tmp_path: Path) -> None:
    record = _record([1, 2], [0.1, 0.2], group=4)
    save_results(tmp_path / "results.npz", [record])
    (read,) = load_results(tmp_path / "results.npz")
    for kept in (read, record_from_plain(json.loads(json.dumps(record_to_plain(record))))):
        assert kept.truth is not None
        assert (kept.truth.tolist(), kept.group) == ([0.1, 0.2], 4)


def test_recordings_are_kept_though_one_has_the_number_of_its_window(tmp_path: Path) -> None:
    records = [_record([1], [0]), _record([1], [0], index=1, group=0), _record([1], [0], index=2)]
    save_results(tmp_path / "results.npz", records)
    assert [read.group for read in load_results(tmp_path / "results.npz")] == [0, 0, 2]


VECTOR = Tensor((1, 24), "int8", 0.03, 0)
IMAGE = Tensor((1, 16, 16, 3), "int8", 1 / 255, -128)


@dataclass(frozen=True)
class Kind:
    """A model of one task, and labels for it."""

    make: Callable[[], bytes]
    labels: NDArray[Any]
    measure: str
    toml: str = ""
    images: bool = False

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Model and dataset."""
        rng = np.random.default_rng(4)
        inputs: NDArray[Any] = rng.normal(0, 1, (IMAGES, 24)).astype(np.float32)
        if self.images:
            inputs = rng.integers(0, 256, (IMAGES, 16, 16, 3), np.uint8)
        (folder / "own.tflite").write_bytes(self.make())
        if self.toml:
            (folder / "own.toml").write_text(self.toml)
        np.savez(folder / "set.npz", inputs=inputs, labels=self.labels)
        return folder / "own.tflite", folder / "set.npz"


RNG = np.random.default_rng(8)
KINDS = {
    "regression": Kind(
        lambda: Network(VECTOR).dense(8).dense(2).build(), RNG.normal(0, 1, (IMAGES, 2)), "mae"
    ),
    "multi-label": Kind(
        lambda: Network(VECTOR).dense(4).sigmoid().build(),
        np.array([[1, 1, 0, 0], [0, 0, 0, 0]] * 3),
        "f1",
    ),
    "anomaly": Kind(
        lambda: Network(VECTOR).dense(4).dense(24).build(), np.arange(IMAGES) % 2, "auc"
    ),
    "segmentation": Kind(
        lambda: Network(IMAGE).conv(3).build(),
        RNG.integers(0, 3, (IMAGES, 8, 8)),
        "miou",
        'task = "segmentation"',
        images=True,
    ),
    "none": Kind(
        lambda: Network(VECTOR).dense(4).dense(24).build(),
        np.zeros(IMAGES, np.int64),
        "",
        'task = "none"',
    ),
}


ON_A_PUSH = {"regression", "anomaly", "multi-label"}


def _on_the_host(model: Path, dataset: Path) -> tuple[Task, list[InputRecord]]:
    """What the reference gives, as if it were a device."""
    session = Session(Options(model=model, dataset=dataset))
    loaded, task = load_model(model), session.task
    reference, records = load_reference("litert", loaded), []
    for index in range(len(session.dataset)):
        given = session.dataset.image(index)
        output = reference.predict(loaded.input_of(given))
        truth = task.truth(session.dataset.truth(index), lambda given=given: given, loaded)  # type: ignore[misc]
        label = session.dataset.label(index)
        records.append(InputRecord(index, label, output, output, 0, truth=truth))
    return task, records


@needs_qemu
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in ON_A_PUSH else pytest.mark.nightly) for name in KINDS],
)
def test_each_task_runs_exactly_and_comes_to_its_own_number(
    run_cli: Run, tmp_path: Path, name: str
) -> None:
    model, dataset = KINDS[name].write(tmp_path)
    result = run_cli("evaluate", "--json", "--model", model, "--dataset", dataset)
    assert result.returncode == 0, result.stdout + result.stderr
    facts = json.loads(result.stdout)
    folder, numbers = Path(facts["folder"]), facts["numbers"]
    assert numbers["exact"] == IMAGES
    assert load_record(folder).model["task"]["name"] == name
    task, records = _on_the_host(model, dataset)
    for measure in task.measures:
        assert numbers[f"{measure}_device"] == pytest.approx(
            task.numbers(records)[f"{measure}_host"]
        )
    page = (folder / PAGE).read_text()
    assert KINDS[name].measure in page
    assert f"nothing differs in the run's {IMAGES} inputs" in run_cli("explain", folder).stdout


@needs_qemu
def test_suite_holds_for_a_model_whose_answers_are_no_classes(
    run_pytest: Run, tmp_path: Path
) -> None:
    model, dataset = KINDS["regression"].write(tmp_path)
    result = run_pytest(
        *("--target=qemu", f"--model={model}", f"--dataset={dataset}", "harness/tinyml_hil/suite")
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "mean absolute error, device" in result.stdout


@needs_qemu
def test_suite_has_the_budgets_of_the_model_s_own_task(run_pytest: Run, tmp_path: Path) -> None:
    model, dataset = KINDS["regression"].write(tmp_path)
    result = run_pytest(
        *("--target=qemu", f"--model={model}", f"--dataset={dataset}", "--co"),
        "harness/tinyml_hil/suite/test_budgets.py",
    )
    assert "test_mean_absolute_error" in result.stdout
    assert "test_accuracy" not in result.stdout
