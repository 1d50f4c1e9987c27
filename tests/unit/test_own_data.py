"""Models and data as people have them, on QEMU: one score for two classes, no dataset, names."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixtures import places
from tests.unit.conftest import Run, said_by_us
from tinyml_hil.record import load_record, load_results
from tinyml_hil.target.qemu import EXECUTABLE

pytestmark = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


def _evaluate(run_cli: Run, model: str, *options: str | Path) -> dict[str, Any]:
    command = ("evaluate", "--json", "--model", places.CASES / f"{model}.tflite", *options)
    result = run_cli(*command)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "arning" not in result.stderr
    return dict(json.loads(result.stdout))


@pytest.fixture(scope="module")
def ones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of which none is what the single score of ``sigmoid1_int8`` says."""
    file = tmp_path_factory.mktemp("ones") / "ones.npz"
    images = np.load(places.CASES / "d16_zero.npz")["images"]
    np.savez(file, images=images, labels=np.ones(len(images), np.int64))
    return file


@pytest.mark.nightly
def test_accuracy_of_a_single_score_can_be_wrong(run_cli: Run, ones: Path) -> None:
    numbers = _evaluate(run_cli, "sigmoid1_int8", "--dataset", ones)["numbers"]
    assert (numbers["exact"], numbers["accuracy_device"]) == (5, 0)
    zeros = places.CASES / "d16_zero.npz"
    numbers = _evaluate(run_cli, "sigmoid1_int8", "--dataset", zeros)["numbers"]
    assert (numbers["exact"], numbers["accuracy_device"]) == (5, 1)


def test_suite_holds_for_a_single_score_and_two_named_classes(run_pytest: Run, ones: Path) -> None:
    result = run_pytest(
        *("--target=qemu", f"--model={places.CASES / 'sigmoid1_int8.tflite'}", f"--dataset={ones}"),
        *(f"--labels={places.CASES / 'plain.txt'}", "harness/tinyml_hil/suite/test_boot.py"),
        "harness/tinyml_hil/suite/test_images.py",
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_threshold_of_one_s_own_counts_on_the_device_and_on_the_host(
    run_pytest: Run, ones: Path, tmp_path: Path
) -> None:
    model = tmp_path / "sigmoid.tflite"
    shutil.copy(places.CASES / "sigmoid1_int8.tflite", model)
    (tmp_path / "sigmoid.toml").write_text("threshold = 0.42")
    suite = "harness/tinyml_hil/suite"
    result = run_pytest(
        *("--target=qemu", f"--model={model}", f"--dataset={ones}"),
        *(f"{suite}/test_boot.py", f"{suite}/test_images.py"),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"correct on the device +3/5", result.stdout)


@pytest.mark.parametrize("labels", [(), ("--labels", places.CASES / "plain.txt")])
def test_folders_of_cats_and_dogs_are_the_two_classes_of_a_model(
    run_cli: Run, labels: tuple[str | Path, ...]
) -> None:
    options = ("--dataset", places.CASES / "cat_dog_folders", *labels)
    facts = _evaluate(run_cli, "two_class_int8", *options)
    folder = Path(facts["folder"])
    assert load_record(folder).dataset["classes"] == ["cat", "dog"]
    assert [record.label for record in load_results(folder / "results.npz")] == [0, 1, 0, 1]


@pytest.mark.nightly
def test_labels_give_the_order_of_the_classes(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes("\ufeffdog\r\ncat \r\n\r\n".encode())
    options = ("--dataset", places.CASES / "mac.zip", "--labels", tmp_path / "labels.txt")
    folder = Path(_evaluate(run_cli, "two_class_int8", *options)["folder"])
    assert [record.label for record in load_results(folder / "results.npz")] == [1, 0, 1, 0]


@pytest.mark.nightly
def test_thousand_classes_run_with_names_of_any_kind(run_pytest: Run, tmp_path: Path) -> None:
    names = [f"Bär, der {i}. - {'sehr ' * (i % 40)}lang \x1b[31m" for i in range(1152)]
    (tmp_path / "labels.txt").write_text("\n".join(names))
    result = run_pytest(
        *("--target=qemu", f"--model={places.CASES / 'own_1152_outputs_int8.tflite'}"),
        *(f"--dataset={places.CASES / 'd24x24x3_10.npz'}", f"--labels={tmp_path / 'labels.txt'}"),
        *(f"harness/tinyml_hil/suite/test_{name}.py" for name in ("boot", "images", "model")),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "\x1b" not in result.stdout


def test_run_and_classify_need_no_dataset(run_cli: Run) -> None:
    model = ("--model", places.CASES / "own_1152_outputs_int8.tflite")
    result = run_cli("run", *model)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "self-test: no images" in result.stdout


def test_classify_without_a_dataset_has_numbers_or_labels(run_cli: Run) -> None:
    model = ("--model", places.CASES / "two_class_int8.tflite")
    image = places.CASES / "cat_dog_folders" / "cat" / "0.jpg"
    plain = run_cli("classify", image, *model)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.splitlines()[-2].split()[-3] in ("0", "1")
    named = run_cli("classify", image, *model, "--labels", places.CASES / "plain.txt")
    assert named.stdout.splitlines()[-2].split()[-3] in ("cat", "dog")


def test_what_needs_a_dataset_says_so(run_cli: Run) -> None:
    result = run_cli("evaluate", "--model", places.CASES / "two_class_int8.tflite")
    assert result.returncode == 2
    assert said_by_us(result.stderr) == [
        "error: the default images are CIFAR-10's, and two_class_int8 takes 32 x 32 x 3 images of "
        "2 classes: give labelled ones with --dataset"
    ]
