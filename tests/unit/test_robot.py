"""The Robot Framework suites and the library under them: results, messages, nothing left behind."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from robot.api import ExecutionResult, ResultVisitor

from fixtures import places
from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import PATIENCE, comes_true, has_ended, processes_naming
from tinyml_hil.build import Firmware
from tinyml_hil.session import Options, Session
from tinyml_hil.target.qemu import EXECUTABLE

SUITES = places.ROOT / "robot_tests"
RENODE_SUITES = SUITES / "renode"
LIBRARY = "*** Settings ***\nLibrary    tinyml_hil.robot_library.HilLibrary\n*** Test Cases ***\n"
NO_TESTER = 77

needs_qemu = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


@dataclass(frozen=True)
class Result:
    """What a run of robot came to: status and message by test, and all that it wrote."""

    code: int
    statuses: dict[str, str]
    messages: dict[str, str]
    said: str


Robot = Callable[..., Result]


@pytest.fixture
def run_robot(tmp_path: Path) -> Robot:
    """Runs robot in a process of its own, in the checkout."""

    def run(*arguments: str | Path, **environment: str) -> Result:
        results = tmp_path / "results"
        finished = subprocess.run(
            [*_robot(results), *map(str, arguments)],
            cwd=places.ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        said = finished.stdout + finished.stderr
        output = results / "output.xml"
        assert output.is_file(), said
        statuses, messages = _read(output)
        return Result(
            finished.returncode, statuses, messages, said + html.unescape(output.read_text())
        )

    return run


def _robot(results: Path) -> list[str]:
    return [sys.executable, "-m", "robot", "--outputdir", str(results), "--xunit", "junit.xml"]


def _read(output: Path) -> tuple[dict[str, str], dict[str, str]]:
    statuses: dict[str, str] = {}
    messages: dict[str, str] = {}

    class Collect(ResultVisitor):  # type: ignore[misc]
        def visit_test(self, test: Any) -> None:
            statuses[test.full_name] = test.status
            messages[test.full_name] = test.message

    ExecutionResult(output).visit(Collect())
    return statuses, messages


def _write(folder: Path, body: str) -> Path:
    suite = folder / "own.robot"
    suite.write_text(LIBRARY + body)
    return suite


@needs_qemu
def test_suites_pass_on_qemu_and_those_for_renode_s_tester_are_skipped(
    built: Firmware, run_robot: Robot, tmp_path: Path
) -> None:
    result = run_robot("--variable", "TARGET:qemu", SUITES)
    own = {k: v for k, v in result.statuses.items() if ".Renode." not in k}
    others = {k: v for k, v in result.statuses.items() if ".Renode." in k}
    assert result.code == 0
    assert len([name for name in own if ".Images.Image " in name]) == 10
    assert set(own.values()) == {"PASS"}
    assert set(others.values()) == {"SKIP"}
    assert all("for renode-test only" in result.messages[name] for name in others)
    assert 'failures="0"' in (tmp_path / "results" / "junit.xml").read_text()


def test_device_that_cannot_be_reached_is_one_error(run_robot: Robot) -> None:
    result = run_robot("--variable", "TARGET:board", "--variable", "PORT:/dev/none", SUITES)
    assert set(result.statuses.values()) == {"FAIL"}
    assert set(result.messages.values()) == {"Test execution stopped due to a fatal error."}
    assert "there is no port /dev/none" in result.said


def test_suites_pass_on_renode(built_for_renode: Firmware, run_robot: Robot) -> None:
    suites = [SUITES / f"{name}.robot" for name in ("boot", "images", "faults", "reset")]
    result = run_robot("--variable", "TARGET:renode", *suites)
    assert result.code == 0
    skipped = [name for name, status in result.statuses.items() if status == "SKIP"]
    assert all("renode does not raise a fault" in result.messages[name] for name in skipped)
    assert len(skipped) <= 2


def test_suites_in_renode_s_keywords_pass_in_its_tester(
    built_for_renode: Firmware, tmp_path: Path
) -> None:
    result, statuses = _run_tester(built_for_renode.elf, tmp_path)
    assert result.returncode == 0, result.stdout
    assert len(statuses) == 9
    assert set(statuses.values()) == {"PASS"}


def test_suites_in_renode_s_keywords_fail_on_firmware_that_computes_something_else(
    built_for_renode: Firmware, tmp_path: Path
) -> None:
    broken = _with_flipped_weight(built_for_renode.elf, tmp_path)
    result, statuses = _run_tester(broken, tmp_path)
    assert result.returncode == 1
    assert statuses["boot.The Self-Test Passes"] == "FAIL"
    assert "SOME TESTS FAILED" in result.stdout


def test_nobody_else_reaches_renode_s_tester_or_that_is_said(tmp_path: Path) -> None:
    seen = tmp_path / "networks"
    for name, line in (("renode", "echo Renode"), ("renode-test", f"cat /proc/net/dev >{seen}")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
    result = subprocess.run(
        [RENODE_SUITES / "run", tmp_path / "firmware.elf", tmp_path / "results"],
        env=os.environ | {"RENODE": str(tmp_path / "renode")},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    networks = [line.partition(":")[0].strip() for line in seen.read_text().splitlines()[2:]]
    assert networks == ["lo"] or "listens on every address" in result.stderr


def _run_tester(elf: Path, folder: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    results = folder / "renode"
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    result = subprocess.run(
        [RENODE_SUITES / "run", elf, results],
        env=os.environ | {"PATH": tools},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if result.returncode == NO_TESTER:
        pytest.skip(result.stderr.strip())
    assert (results / "junit.xml").is_file(), result.stdout + result.stderr
    statuses, _ = _read(results / "robot_output.xml")
    return result, {name.partition(".")[2]: status for name, status in statuses.items()}


def _with_flipped_weight(elf: Path, folder: Path) -> Path:
    """Firmware that answers the first image in another way."""
    offset = flip_that_matters(Session(Options()), folder, lambda changed: changed[0])
    assert offset is not None
    return copy_with_flipped_bit(elf, folder / "broken.elf", ".model", offset)


@needs_qemu
def test_firmware_that_computes_something_else_fails_with_image_and_count(
    built: Firmware, run_robot: Robot, tmp_path: Path
) -> None:
    broken = _with_flipped_weight(built.elf, tmp_path)
    result = run_robot(
        "--variable", "TARGET:qemu", "--variable", f"FIRMWARE:{broken}", SUITES / "exactness.robot"
    )
    images = result.messages["Exactness.Every Image Of The Dataset Gives The Host's Bits"]
    layers = result.messages["Exactness.Every Layer Gives The Host's Bits"]
    assert result.code == 2
    assert re.search(
        r"image \d+ \(\w+\): \d+ of 10 output bytes differ from the host, by \d+ at most", images
    )
    assert re.search(r"first layer that differs is op \d+, CONV_2D .*: \d+ of \d+ values", layers)
    assert "Traceback" not in result.said


@needs_qemu
def test_fault_is_told_with_its_place_and_spoils_no_other_test(
    built: Firmware, run_robot: Robot, tmp_path: Path
) -> None:
    suite = _write(
        tmp_path,
        "Faults\n    Start Device    target=qemu\n    Send Command    fault bus\n"
        "Next\n    Classify Image    0\n    Output Should Equal The Host\n",
    )
    result = run_robot(suite)
    assert result.statuses == {"Own.Faults": "FAIL", "Own.Next": "PASS"}
    assert re.search(
        r"pc fault_unmapped_address \(\S*fault\.c:\d+\)", result.messages["Own.Faults"]
    )
    assert "> fault bus#%" in result.said
    assert "Traceback" not in result.said


@needs_qemu
@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("Start Device    target=board    lane=memory", "there is no memory lane to stm32h747i"),
        ("Start Device    target=x", "there is no target 'x'; there are: qemu, renode, board"),
        ("Start Device    nonsense=1", "no option nonsense; there are: target, device, share"),
        ("Start Device    images=many", "Argument 'images' got value 'many' that cannot be"),
        ("Start Device    model=none.tflite", "cannot read the model none.tflite"),
        ("Classify Image    0", "no device has been started yet: Start Device"),
        ("Reset Device", "no device is running: Start Device"),
        (
            "Start Device    images=2\n    Classify Image    2",
            "there is no image 2: the dataset has 2",
        ),
        (
            "Start Device\n    Output Should Equal The Host",
            "no image has been classified yet: Classify Image",
        ),
        (
            "Start Device\n    Boot Output Should Contain    nobody says this",
            "the boot output does not contain 'nobody says this':",
        ),
        (
            "Start Device\n    Fault Should Be Reported In    elsewhere    udf",
            "no fault was reported in elsewhere; the device said:",
        ),
    ],
)
def test_mistake_is_the_harness_s_own_message(
    built: Firmware, run_robot: Robot, tmp_path: Path, body: str, complaint: str
) -> None:
    result = run_robot(_write(tmp_path, f"Mistake\n    {body}\n"))
    assert result.messages["Own.Mistake"].startswith(complaint)
    assert "Traceback" not in result.said


def test_missing_target_is_a_skip_unless_it_was_asked_for(
    built: Firmware, run_robot: Robot, tmp_path: Path
) -> None:
    nothing = str(Path(sys.executable).parent)
    chosen = run_robot("--variable", "TARGET:qemu", SUITES / "reset.robot", PATH=nothing)
    default = run_robot(SUITES / "reset.robot", PATH=nothing)
    assert set(chosen.statuses.values()) == {"FAIL"}
    assert set(default.statuses.values()) == {"SKIP"}
    for result in (chosen, default):
        assert "qemu-system-arm is not installed: apt-get install qemu-system-arm" in result.said


@needs_qemu
@pytest.mark.parametrize(
    "signals",
    [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT], [signal.SIGKILL]],
    ids=["INT", "TERM", "INT-INT", "KILL"],
)
def test_interrupted_run_leaves_no_simulator(
    built: Firmware, tmp_path: Path, private_tmp: Path, signals: list[signal.Signals]
) -> None:
    suite = _write(
        tmp_path,
        "Long\n    Start Device    target=qemu\n"
        "    FOR    ${i}    IN RANGE    100000\n        Classify Image    0\n    END\n"
        # What a second signal interrupts.
        + ("    [Teardown]    Sleep    60s\n" if len(signals) > 1 else ""),
    )
    with subprocess.Popen(
        [*_robot(tmp_path / "results"), str(suite)],
        cwd=places.ROOT,
        env=os.environ | {"TMPDIR": str(private_tmp)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        assert comes_true(lambda: bool(processes_naming(private_tmp)), PATIENCE)
        for signum in signals:
            run.send_signal(signum)
            assert comes_true(partial(_has_taken, run.pid, signum), PATIENCE)
        run.wait(PATIENCE)
    assert comes_true(lambda: not processes_naming(private_tmp), PATIENCE), processes_naming(
        private_tmp
    )


def _has_taken(process: int, signum: signal.Signals) -> bool:
    """Whether a signal is no longer under way: two of one kind at once are one."""
    if has_ended(process):
        return True
    status = Path(f"/proc/{process}/status").read_text()  # ours, and so there until it is reaped
    pending = [int(mask, 16) for mask in re.findall(r"^(?:Sig|Shd)Pnd:\s*(\w+)", status, re.M)]
    return not any(mask >> (signum - 1) & 1 for mask in pending)


def test_every_keyword_is_documented(tmp_path: Path) -> None:
    path = tmp_path / "library.json"
    command = [
        sys.executable,
        "-m",
        "robot.libdoc",
        "tinyml_hil.robot_library.HilLibrary",
        str(path),
    ]
    subprocess.run(command, cwd=places.ROOT, check=True, capture_output=True)
    content = json.loads(path.read_text())
    assert len(content["keywords"]) >= 10
    assert [k["name"] for k in content["keywords"] if not k["doc"]] == []
