"""The pytest plugin from outside: exit codes, messages, skips and the closing table."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from fixtures import places
from tests.unit.conftest import Run, a_test
from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil import paths
from tinyml_hil.build import Firmware, build_firmware, selftest_of
from tinyml_hil.session import Options, Session

USAGE_ERROR = 4
IMAGES = "harness/tinyml_hil/suite/test_images.py"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--target=x"], "there is no target 'x'; there are: qemu, renode, board"),
        (["--target=renode", "--renode=none"], "none is no program; give Renode's with --renode"),
        (["--target=qemu", "--reply-timeout=nan"], "--reply-timeout is nan; it is above 0"),
        (["--target=qemu", "--platform=x"], "no platform 'x'; there are: mps2-an386, mps2-an500"),
        (["--target=qemu", "--model=README.md"], "README.md is not a .tflite model"),
        (["--target=qemu", "--dataset=firmware"], "firmware is no dataset"),
        (["--target=qemu", "--firmware=README.md"], "README.md is not an ELF file"),
        (["--target=qemu", "--arena=20000"], "cifar10.tflite takes an arena of 24,384 bytes"),
        (["--target=qemu", "--history=foo"], "the history 'foo' is neither sqlite:///FILE nor"),
        (["--target=board", "--probe=none"], "no stm32h747i-disco with the probe none is attached"),
        (["--target=board", "--lane=memory"], "no memory lane to stm32h747i-disco on board; use"),
        (["--target=board", "--probe=none", "-n2"], "is one device, which takes one thing after"),
        (["--target=board", "--probe=none", "-n1"], "with the probe none is attached"),
        (["--target=board", "--port=/dev/none"], "there is no port /dev/none"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_4(
    run_pytest: Run, reports: Path, arguments: list[str], complaint: str
) -> None:
    before = set(reports.iterdir())
    result = run_pytest(*arguments)
    said = result.stdout + result.stderr
    assert result.returncode == USAGE_ERROR
    assert complaint in said
    assert "Traceback" not in said
    assert said.count(complaint) == 1
    assert set(reports.iterdir()) == before, "a run's folder was left"


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "workers"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--labels", "none.txt"], "cannot read the labels none.txt: No such file or directory"),
        (["--labels", "pytest.ini"], " classes, but cifar10 has 10"),
        (["--dataset", "none"], "no dataset at none"),
        (["--model", "none.tflite"], "cannot read the model none.tflite"),
    ],
)
def test_data_that_cannot_be_used_are_one_line_and_exit_4_where_no_target_is_named_too(
    run_pytest: Run, arguments: list[str], complaint: str, workers: list[str]
) -> None:
    result = run_pytest(*arguments, *workers, IMAGES)
    said = result.stdout + result.stderr
    assert result.returncode == USAGE_ERROR
    assert said.count(complaint) == 1
    assert "Traceback" not in said


def test_data_of_the_environment_that_cannot_be_used_end_the_collection_with_4(
    run_pytest: Run,
) -> None:
    result = run_pytest(IMAGES, env=os.environ | {"TINYML_HIL_LABELS": "none.txt"})
    said = result.stdout + result.stderr
    assert result.returncode == USAGE_ERROR
    assert said.count("cannot read the labels none.txt") == 1
    assert "Traceback" not in said


def _model_beyond_the_engine(path: Path, size: int) -> Path:
    """A classifier of ten classes whose last op the engine lacks."""
    graph = Graph()
    image = graph.input(Tensor((1, size, size, 3), scale=1.0, zero_point=-128))
    weights = graph.add(
        Tensor((10, size, size, 3), scale=0.1, data=np.ones((10, size, size, 3), np.int8))
    )
    bias = graph.add(Tensor((10,), "int32", scale=0.1, data=np.zeros(10, np.int32)))
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    scores = Tensor((1, 1, 1, 10), scale=1.0)
    convolved = graph.op(schema.BuiltinOperator.CONV_2D, [image, weights, bias], scores, options)
    activated = Tensor((1, 1, 1, 10), scale=1 / 128)
    graph.outputs = [graph.op(schema.BuiltinOperator.RELU_0_TO_1, [convolved], activated)]
    path.write_bytes(graph.build())
    return path


def test_op_that_the_engine_lacks_is_named(run_pytest: Run, tmp_path: Path) -> None:
    model = _model_beyond_the_engine(tmp_path / "beyond.tflite", 32)
    result = run_pytest("--target=qemu", f"--model={model}")
    assert result.returncode == USAGE_ERROR
    assert "op 1 is RELU_0_TO_1, which is not in the engine" in result.stdout + result.stderr


def test_model_that_the_default_images_do_not_fit_needs_others(
    run_pytest: Run, tmp_path: Path
) -> None:
    model = _model_beyond_the_engine(tmp_path / "small.tflite", 28)
    result = run_pytest("--target=qemu", f"--model={model}")
    assert result.returncode == USAGE_ERROR
    said = result.stdout + result.stderr
    assert (
        "the default images are CIFAR-10's, and small takes 28 x 28 x 3 images of 10 classes"
        in said
    )


def test_damaged_model_is_one_line_and_exit_4(run_pytest: Run, tmp_path: Path) -> None:
    content = bytearray(paths.DEFAULT_MODEL.read_bytes())
    content[30:3000] = bytes(2970)
    (tmp_path / "damaged.tflite").write_bytes(content)
    result = run_pytest("--target=qemu", f"--model={tmp_path / 'damaged.tflite'}")
    assert result.returncode == USAGE_ERROR
    assert "damaged.tflite" in result.stdout + result.stderr


@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "with workers"])
def test_firmware_that_cannot_run_its_model_is_one_line_and_exit_4(
    run_pytest: Run, built: Firmware, tmp_path: Path, workers: list[str]
) -> None:
    session = Session(Options())
    nothing = selftest_of(session.model, None, lambda: session.reference)
    small = build_firmware(session.platform, session.model, nothing, places.BUILD, arena=20_000)
    result = run_pytest("--target=qemu", f"--firmware={small.elf}", *workers)
    assert result.returncode == USAGE_ERROR
    assert "arena too small: 20000 bytes, " in result.stdout + result.stderr


def test_missing_qemu_is_an_error_where_it_was_asked_for(run_pytest: Run) -> None:
    environment = os.environ | {"PATH": str(Path(sys.executable).parent)}
    result = run_pytest("--target=qemu", env=environment)
    assert result.returncode == USAGE_ERROR
    assert "apt-get install qemu-system-arm" in result.stdout + result.stderr


def test_missing_qemu_is_a_skip_where_it_was_not(run_pytest: Run) -> None:
    environment = os.environ | {"PATH": str(Path(sys.executable).parent)}
    result = run_pytest(IMAGES, env=environment)
    assert result.returncode == 0
    assert "apt-get install qemu-system-arm" in result.stdout
    assert " passed" not in result.stdout


def test_missing_compiler_is_one_line_and_exit_4(run_pytest: Run, tmp_path: Path) -> None:
    qemu = tmp_path / "qemu-system-arm"
    qemu.write_text("#!/bin/sh\necho QEMU emulator\n")
    qemu.chmod(0o755)
    result = run_pytest("--target=qemu", env=os.environ | {"PATH": f"{tmp_path}:/bin-none"})
    assert result.returncode == USAGE_ERROR
    assert "apt-get install gcc-arm-none-eabi" in result.stdout + result.stderr


def test_closing_table_counts_the_images(run_pytest: Run, built: Firmware) -> None:
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", "--images=3", IMAGES)
    assert result.returncode == 0, result.stdout
    assert re.search(r"^images +3$", result.stdout, re.MULTILINE)
    assert re.search(r"^bit-exact +3/3$", result.stdout, re.MULTILINE)
    assert re.search(r"^instructions an inference +[\d,]+$", result.stdout, re.MULTILINE)


def test_dataset_after_a_space_does_not_lose_the_suite(run_pytest: Run, tmp_path: Path) -> None:
    result = run_pytest("--target=qemu", "--dataset", tmp_path, "--collect-only")
    assert "is no dataset" in result.stdout + result.stderr


def test_failing_test_shows_its_transcript_and_where_all_of_it_is(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(
        tmp_path,
        "def test_it(device):\n    assert device.console.request('name') == ['something else']\n",
    )
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", test)
    assert result.returncode == 1
    assert "> name#%" in result.stdout
    assert "< m-name-dut-[" in result.stdout
    path = re.search(r"UART; all of it: (\S+)", result.stdout)
    assert path
    assert "> name#%" in Path(path[1]).read_text()
    assert "> name#%" in (Path(path[1]).parent / "test_it-test_it.log").read_text()


def test_image_without_an_answer_is_counted(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(
        tmp_path,
        "def test_image(evaluation, image_index, record_result, device):\n"
        "    if image_index == 1:\n"
        "        device.console.request('fault udf')\n"
        "    record_result(evaluation.record(image_index))\n",
    )
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", "--images=3", test)
    assert "1 failed, 2 passed" in result.stdout
    assert re.search(r"^without an answer +1$", result.stdout, re.MULTILINE)


def test_fault_that_a_test_expects_does_not_cost_the_next_test(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(
        tmp_path,
        "import pytest\n\n\ndef test_fault(device):\n    with pytest.raises(Exception):\n"
        "        device.console.request('fault udf')\n\n\n"
        "def test_next(device):\n    assert device.console.request('name')\n",
    )
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", test)
    assert "2 passed" in result.stdout


def test_fault_in_a_test_is_told_as_function_file_and_line(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(
        tmp_path,
        "def test_fault(device):\n    device.console.request('fault bus')\n\n"
        "def test_next(device):\n    assert device.console.request('name')\n",
    )
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", test)
    assert "1 failed, 1 passed" in result.stdout
    assert re.search(r"pc fault_unmapped_address \(\S*fault\.c:\d+\)", result.stdout)
    assert "Traceback" not in result.stdout


DYING = """
def test_image(evaluation, image_index, record_result, device):
    if image_index in {dies}:
        device._running.target._process.kill()
    record_result(evaluation.record(image_index))
"""
STARTED_AGAIN = "the device went away and was started again: QEMU ended: killed by SIGKILL"


def test_device_that_dies_is_started_again_once_and_that_is_said(
    run_pytest: Run, built: Firmware, tmp_path: Path
) -> None:
    test = a_test(tmp_path, DYING.format(dies=[1]))
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", "--images=4", test)
    assert "4 passed" in result.stdout
    assert result.stdout.count(STARTED_AGAIN) == 1


@pytest.mark.parametrize(
    ("workers", "most_failures"), [pytest.param("-n0", 1, marks=pytest.mark.nightly), ("-n2", 2)]
)
def test_device_that_dies_again_is_one_error_and_the_rest_is_skipped(
    run_pytest: Run, built: Firmware, tmp_path: Path, workers: str, most_failures: int
) -> None:
    test = a_test(tmp_path, DYING.format(dies=range(20)))
    result = run_pytest("--target=qemu", f"--firmware={built.elf}", workers, test)
    counts = {
        what: int(n) for n, what in re.findall(r"(\d+) (failed|passed|skipped)", result.stdout)
    }
    assert 1 <= counts["failed"] <= most_failures, result.stdout
    assert counts["skipped"] > 0
    assert sum(counts.values()) == 20
    assert "the device went away again: QEMU ended" in result.stdout
