"""The suite from outside: green for any model, red for what is broken, from any folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from elftools.elf.elffile import ELFFile

from fixtures import places
from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import PATIENCE
from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil import paths
from tinyml_hil.build import SELFTEST_IMAGES, Firmware
from tinyml_hil.session import Options, Session

PASSED, TESTS_FAILED = 0, 1
SIZE = 12
SELFTEST_HEADER = 24  # firmware/app/selftest.c: six 32-bit numbers, then the class names
RunSuite = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_suite(tmp_path: Path) -> RunSuite:
    """Runs the suite on QEMU from a folder that has nothing to do with the checkout."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(places.ROOT / "budgets.toml", folder)

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "--pyargs", "tinyml_hil.suite", "-rsf"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        environment["TINYML_HIL_CACHE"] = str(places.BUILD)
        return subprocess.run(
            [*command, "--target=qemu", *options],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    return run


def _failed(result: subprocess.CompletedProcess[str]) -> set[str]:
    return set(re.findall(r"^FAILED \S+::test_([^ ]+)", result.stdout, re.MULTILINE))


def _write_model(path: Path, kind: Tensor, scores: Tensor) -> None:
    """One convolution over the whole image, which gives a score a class."""
    graph = Graph()
    image = graph.input(kind)
    rng = np.random.default_rng(3)
    shape, bias = (scores.shape[-1], *kind.shape[1:]), np.zeros(scores.shape[-1], np.int32)
    if kind.dtype == "float32":
        weights = Tensor(shape, "float32", data=rng.normal(size=shape).astype(np.float32))
        biases = Tensor(bias.shape, "float32", data=bias.astype(np.float32))
    else:
        assert isinstance(kind.scale, float)
        weights = Tensor(shape, scale=0.01, data=rng.integers(-127, 128, shape, np.int8))
        biases = Tensor(bias.shape, "int32", scale=0.01 * kind.scale, data=bias)
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    inputs = [image, graph.add(weights), graph.add(biases)]
    graph.outputs = [graph.op(schema.BuiltinOperator.CONV_2D, inputs, scores, options)]
    path.write_bytes(graph.build())


@pytest.mark.parametrize(
    ("kind", "scores"),
    [
        (Tensor((1, SIZE, SIZE, 1), scale=1 / 255), Tensor((1, 1, 1, 2), scale=0.7, zero_point=9)),
        # A scale that is printed as another double; every score is negative.
        (
            Tensor((1, SIZE, SIZE, 3), scale=0.003921568859368563, zero_point=-128),
            Tensor((1, 1, 1, 12), scale=0.1, zero_point=127),
        ),
        (Tensor((1, SIZE, SIZE, 3), "float32"), Tensor((1, 1, 1, 3), "float32")),
    ],
    ids=["gray of two classes", "negative logits of twelve classes", "float32"],
)
def test_suite_passes_for_a_model_of_one_s_own(
    run_suite: RunSuite, tmp_path: Path, kind: Tensor, scores: Tensor
) -> None:
    _write_model(tmp_path / "own.tflite", kind, scores)
    images = np.random.default_rng(4).integers(0, 256, (12, *kind.shape[1:]), np.uint8)
    np.savez(tmp_path / "set.npz", images=images, labels=np.arange(12) % scores.shape[-1])
    result = run_suite(f"--model={tmp_path / 'own.tflite'}", f"--dataset={tmp_path / 'set.npz'}")
    assert result.returncode == PASSED, result.stdout + result.stderr
    assert re.search(r"^bit-exact +12/12$", result.stdout, re.MULTILINE)
    reasons = re.findall(r"^SKIPPED \[\d+\] \S+: (.+)", result.stdout, re.MULTILINE)
    assert [r for r in reasons if "baseline" not in r and "not cycles" not in r] == []


def test_a_sample_of_the_dataset_is_not_taken_for_the_self_test_s_images(
    run_suite: RunSuite, built: Firmware
) -> None:
    result = run_suite("--sample=1:4", f"--firmware={built.elf}")
    assert result.returncode == PASSED, result.stdout + result.stderr


def test_flipped_weight_bit_fails_images_layers_and_self_test(
    run_suite: RunSuite, built: Firmware, tmp_path: Path
) -> None:
    matters = flip_that_matters(Session(Options()), tmp_path, lambda changed: changed[0])
    assert matters is not None
    elf = copy_with_flipped_bit(built.elf, tmp_path / "broken.elf", ".model", matters)
    result = run_suite("--images=1", f"--firmware={elf}")
    assert result.returncode == TESTS_FAILED
    assert _failed(result) >= {
        "output_equals_the_host[0-cat]",
        "lane_gives_the_host_s_output[memory]",
        "lane_gives_the_host_s_output[uart]",
        "each_layer_gives_litert_s_bits",
        "exact_images",
        "self_test_passes_at_boot",
    }
    assert "the first layer that differs is op " in result.stdout
    assert re.search(
        r"^the device.s own self-test failed: \d/10 equal", result.stdout, re.MULTILINE
    )
    assert "object at 0x" not in result.stdout  # no fixtures, no code of the harness


def test_flipped_label_fails_the_self_test_s_labels_alone(
    run_suite: RunSuite, built: Firmware, tmp_path: Path
) -> None:
    dataset = Session(Options()).dataset
    names = sum(len(name) + 1 for name in dataset.classes)
    label = SELFTEST_HEADER + names + -names % 4
    elf = copy_with_flipped_bit(built.elf, tmp_path / "broken.elf", ".selftest", label, bit=0)
    result = run_suite("--images=1", f"--firmware={elf}")
    assert result.returncode == TESTS_FAILED
    assert _failed(result) == {"self_test_has_the_labels_of_the_dataset"}
    assert "image 0: the firmware says label bird, the dataset cat" in result.stdout


def test_labels_of_firmware_with_other_images_are_skipped(
    run_suite: RunSuite, built: Firmware, tmp_path: Path
) -> None:
    dataset = Session(Options()).dataset
    others = [dataset.image(i) for i in range(SELFTEST_IMAGES, len(dataset))]
    np.savez(tmp_path / "others.npz", images=np.stack(others), labels=np.arange(len(others)))
    result = run_suite(f"--dataset={tmp_path / 'others.npz'}", f"--firmware={built.elf}")
    skipped = re.findall(r"the self-test of this firmware has other images than", result.stdout)
    assert _failed(result) <= {"accuracy"}, result.stdout
    assert skipped


def test_elf_keeps_the_self_test_s_images(built: Firmware) -> None:
    session = Session(Options())
    first = session.model.input_of(session.dataset.image(0)).tobytes()
    assert first in built.selftest
    with built.elf.open("rb") as file:
        assert len(built.selftest) == ELFFile(file).get_section_by_name(".selftest")["sh_size"]


def test_elf_without_a_self_test_has_no_images(tmp_path: Path, built: Firmware) -> None:
    objcopy = ["arm-none-eabi-objcopy", "--remove-section=.selftest"]
    without = tmp_path / "without.elf"
    subprocess.run([*objcopy, str(built.elf), str(without)], check=True, capture_output=True)
    assert Firmware(without).selftest == b""


def test_suite_needs_nothing_of_the_checkout_s_tests() -> None:
    suite = Path(paths.__file__).parent / "suite"
    assert [f.name for f in suite.glob("*.py") if re.search(r"\btests\b\.", f.read_text())] == []
