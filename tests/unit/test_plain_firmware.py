"""Firmware that speaks the MLPerf Tiny protocol alone: ours, built without the extensions."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import Run
from tests.unit.simulated_board import SimulatedBoard, a_platform
from tests.zoo import IMAGES, ZOO
from tinyml_hil.build import INPUTS, Firmware, load_platform, make_firmware
from tinyml_hil.dataset import load_dataset
from tinyml_hil.device.plain import parse_results
from tinyml_hil.errors import DeviceError
from tinyml_hil.record import InputRecord, load_record
from tinyml_hil.session import Options, Session

PASSED, CHECKS_FAILED, USAGE = 0, 1, 2
ONE = ("--images", "1")
IMAGE = places.BUILD / "data" / "images" / "00-cat.png"
NEED_NO_EXTENSION = {
    *("output_equals_the_host", "accuracy_equals_the_host", "lane_gives_the_host_s_output"),
    *("boot_ends_as_mlperf_tiny_says", "reset_boots_again"),
    *("answer_after_a_reset_is_the_one_before", "the_same_image_gives_the_same_bits"),
    *("another_image_between_changes_nothing", "accuracy", "exact_images"),
}
"""Of the suite's tests."""


def _without_extensions(built: Path, folder: Path, *variables: str) -> Path:
    """Firmware from what another was built from, that has the benchmark's commands alone."""
    for name in INPUTS:
        shutil.copy(built.with_name(name), folder)
    make_firmware(load_platform("mps2-an500"), folder, ["EXTENSIONS=0", *variables], places.BUILD)
    return folder / "firmware.elf"


@pytest.fixture(scope="module")
def plain(built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default model's firmware, from what the ordinary one was built from."""
    return _without_extensions(built.elf, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def wrong(plain: Path) -> Path:
    """The same with one bit of a weight flipped, which matters to the first image."""
    offset = flip_that_matters(Session(Options()), plain.parent, lambda changed: changed[0])
    assert offset is not None
    return copy_with_flipped_bit(plain, plain.with_name("wrong.elf"), ".model", offset)


def test_suite_passes_and_names_the_commands_that_are_skipped(run_pytest: Run, plain: Path) -> None:
    result = run_pytest("-rsp", "--target=qemu", f"--firmware={plain}", "--images=2")
    assert result.returncode == PASSED, result.stdout
    lacking = set(re.findall(r"this firmware lacks the command '(.+)'", result.stdout))
    assert lacking == {"info", "memory", "layers", "selftest"}
    passed = set(re.findall(r"^PASSED \S+::test_(\w+)", result.stdout, re.MULTILINE))
    assert passed == NEED_NO_EXTENSION
    assert re.search(r"equal as printed +2/2", result.stdout)
    assert re.search(r"microseconds an inference +[\d,]+", result.stdout)


def test_what_mlperf_tiny_says_of_commands_holds_without_extensions(
    run_pytest: Run, plain: Path
) -> None:
    result = run_pytest(
        *("-rs", "--target=qemu", f"--firmware={plain}", *ONE, "tests/device/test_protocol.py")
    )
    assert result.returncode == PASSED, result.stdout
    lacking = set(re.findall(r"this firmware lacks the command '(.+)'", result.stdout))
    assert lacking == {"info", "db bin"}


def test_wrong_answers_fail_the_suite(run_pytest: Run, wrong: Path) -> None:
    result = run_pytest("--target=qemu", f"--firmware={wrong}", *ONE)
    assert result.returncode == CHECKS_FAILED, result.stdout
    assert "of 10 printed values differ from the host, by 0." in result.stdout


def test_evaluate_compares_what_is_printed(run_cli: Run, plain: Path) -> None:
    result = run_cli("evaluate", "--firmware", plain, *ONE)
    assert result.returncode == PASSED, result.stderr
    assert re.search(r"equal as printed +1/1", result.stdout)
    assert "is not checked" in result.stderr
    assert "Traceback" not in result.stderr
    record = load_record(Path(result.stdout.split("run: ")[1].splitlines()[0]))
    assert (record.unit, record.memory, record.numbers["exact"]) == ("microseconds", {}, 1)


@pytest.mark.parametrize(
    ("kind", "flag"), [("float", "FLOAT"), pytest.param("16x8", "INT16", marks=pytest.mark.nightly)]
)
def test_inputs_of_more_than_8_bits_go_as_their_bytes(
    run_cli: Run, tmp_path: Path, kind: str, flag: str
) -> None:
    model, dataset = ZOO[kind].write(tmp_path)
    options = Options(target="qemu", model=model, dataset=dataset)
    folder = tmp_path / "plain"
    folder.mkdir()
    elf = _without_extensions(Session(options).firmware.elf, folder, f"NN_WITH_{flag}=1")
    brought = ["--model", model, "--dataset", dataset, "--firmware", elf]
    result = run_cli("evaluate", *brought)
    assert result.returncode == PASSED, result.stderr
    assert re.search(rf"equal as printed +{IMAGES}/{IMAGES}", result.stdout)


@pytest.mark.parametrize("name", ["kws01", pytest.param("own", marks=pytest.mark.nightly)])
def test_int8_values_go_as_they_are_to_mlperf_tiny_s_kws01_alone(
    tmp_path: Path, name: str, run_cli: Run
) -> None:
    own, dataset = ZOO["spectrogram"].write(tmp_path)
    model = own.rename(tmp_path / f"{name}.tflite")
    options = Options(target="qemu", model=model, dataset=dataset)
    (tmp_path / "plain").mkdir()
    elf = _without_extensions(Session(options).firmware.elf, tmp_path / "plain")
    brought = ["--model", model, "--dataset", dataset, "--firmware", elf]
    result = run_cli("evaluate", *brought)
    assert result.returncode == PASSED, result.stderr
    assert re.search(rf"equal as printed +{IMAGES}/{IMAGES}", result.stdout)
    raw = Session(options).model.input_of(load_dataset(dataset).image(0)).tobytes()
    sent = raw[:8] if name == "kws01" else bytes(byte ^ 0x80 for byte in raw[:8])
    assert f"db {sent.hex()}" in _transcript(result.stdout)


def _transcript(printed: str) -> str:
    (log,) = (Path(printed.split("run: ")[1].splitlines()[0]) / "transcripts").glob("*.log")
    return log.read_text()


def test_evaluate_fails_on_wrong_answers(run_cli: Run, wrong: Path) -> None:
    result = run_cli("evaluate", "--json", "--firmware", wrong, *ONE)
    assert result.returncode == CHECKS_FAILED
    failure, *_ = json.loads(result.stdout)["failures"]
    assert "printed values differ from the host" in failure


def test_classify_compares_what_is_printed(run_cli: Run, plain: Path, wrong: Path) -> None:
    assert run_cli("classify", "--firmware", plain, IMAGE).returncode == PASSED
    assert run_cli("classify", "--firmware", wrong, IMAGE).returncode == CHECKS_FAILED


def test_a_command_that_the_firmware_lacks_is_named(run_cli: Run, plain: Path) -> None:
    result = run_cli("layers", "--firmware", plain)
    assert result.returncode == USAGE
    assert "this firmware lacks the command '" in result.stderr
    assert "Traceback" not in result.stderr


def test_firmware_that_cannot_say_what_it_is_runs_on_a_board_that_is_not_programmed(
    run_cli: Run, plain: Path, tmp_path: Path
) -> None:
    """What is programmed must declare its supply, but nothing is programmed here."""
    platform = a_platform(tmp_path / "careful", 'declares = "supply=direct-smps"')
    with SimulatedBoard(tmp_path, plain) as board:
        result = run_cli(
            *("classify", "--target=board", f"--port={board.port}", "--flash=none"),
            *("--platform", platform, "--firmware", plain, IMAGE),
        )
    assert result.returncode == PASSED, result.stderr
    assert "is not checked" in result.stderr


@pytest.mark.parametrize(
    ("printed", "precision"),
    [
        *(("0.996,0.004", 0.0005), ("0.5,0.250000", 0.05), ("1,0", 0.5)),
        # As %g and C++'s streams print: powers of ten, and no zeros at the end.
        *(("0.292969,0.707031,1e-06", 5e-7), ("0.707,0.293,0", 0.0005)),
        ("7.07e-01,2.93e-01,0.00e+00", 0.0005),
    ],
)
def test_precision_is_half_of_the_last_decimal_that_all_values_have(
    printed: str, precision: float
) -> None:
    result = parse_results(["m-lap-us-7", f"m-results-[{printed}]"])
    assert result.precision == pytest.approx(precision)


def test_precision_of_what_is_cut_is_its_whole_last_decimal() -> None:
    result = parse_results(["m-results-[0.011,0.988]"], are_cut=True)
    host = np.array([0.01171875, 0.98828125])
    assert InputRecord(0, 0, host, result.output, 0, result.precision).exact
    host[0] = 0.0121
    assert not InputRecord(0, 0, host, result.output, 0, result.precision).exact


def test_a_printed_nan_differs_and_leaves_the_others_their_precision() -> None:
    result = parse_results(["m-results-[nan,0.004]"])
    assert result.precision == pytest.approx(0.0005)
    host = np.array([0.996, 0.004])
    assert InputRecord(0, 0, host, result.output, 0, result.precision).different == 1


@pytest.mark.parametrize(
    ("laps", "microseconds"),
    [([], 0), ([7], 0), ([1_000, 13_345], 12_345), ([(1 << 32) - 1, 99], 100)],
    ids=["none", "one", "two", "after 71 minutes"],
)
def test_an_inference_takes_what_is_between_the_times_around_it(
    laps: list[int], microseconds: int
) -> None:
    lines = [f"m-lap-us-{lap}" for lap in laps]
    assert parse_results([*lines, "m-results-[0.5,0.5]"]).ticks == microseconds


@pytest.mark.parametrize("line", ["m-infer-done", "m-results-[]", "m-results-[0.5,much]"])
def test_results_that_are_none_are_an_error(line: str) -> None:
    with pytest.raises(DeviceError, match="inferred without m-results"):
        parse_results([line])


@pytest.mark.parametrize(
    ("printed", "exact"), [(0.3995, True), (0.4005, True), (0.4011, False), (np.inf, False)]
)
def test_a_printed_value_is_equal_within_half_of_its_last_decimal(
    printed: float, exact: bool
) -> None:
    expected, output = np.array([0.4, 0.0]), np.array([printed, 0.0])
    assert InputRecord(0, 0, expected, output, ticks=0, precision=0.0005).exact is exact


def test_scores_that_are_printed_alike_are_the_host_s_class() -> None:
    expected, printed = np.array([0.33314, 0.33343, 0.33343]), np.array([0.333, 0.333, 0.333])
    assert InputRecord(0, 1, expected, printed, ticks=0, precision=0.0005).device_class == 1


def test_bits_of_equal_scores_are_the_first_class() -> None:
    expected, output = np.array([1, 2], np.int8), np.array([2, 2], np.int8)
    assert InputRecord(0, 1, expected, output, ticks=0).device_class == 0
