"""Parity: what is equal on several targets is said to be, and what cannot be compared is named."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import Run
from tinyml_hil.build import Firmware
from tinyml_hil.cli.app import app
from tinyml_hil.errors import SetupError
from tinyml_hil.session import Options, Session
from tinyml_hil.target import TargetOptions
from tinyml_hil.target.qemu import EXECUTABLE
from tinyml_hil.target.renode import RenodeTarget

GOOD, CHECKS_FAILED, USAGE, TROUBLE = 0, 1, 2, 3
IMAGES = 20
needs_qemu = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


def _need_renode() -> None:
    try:
        RenodeTarget.check(TargetOptions())
    except SetupError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("targets", "complaint"),
    [
        ("qemu", "parity compares several targets, such as: --targets qemu,renode"),
        ("qemu,qemu", "qemu is given twice"),
    ],
)
def test_two_different_targets_are_needed(run_cli: Run, targets: str, complaint: str) -> None:
    result = run_cli("parity", "--targets", targets)
    assert result.returncode == USAGE
    assert complaint in result.stderr


@needs_qemu
def test_qemu_and_renode_give_the_same_bytes(run_cli: Run) -> None:
    _need_renode()
    result = run_cli("parity", "--targets", "qemu,renode", "--images", "3")
    assert result.returncode == GOOD, result.stderr
    assert "the same bytes on all devices: 3/3" in result.stdout


@pytest.mark.nightly
@needs_qemu
def test_one_of_three_devices_with_a_flipped_weight_is_the_one_that_disagrees(
    run_cli: Run, built: Firmware, tmp_path: Path
) -> None:
    _need_renode()
    offset = flip_that_matters(Session(Options()), tmp_path, any)
    assert offset is not None
    broken = copy_with_flipped_bit(built.elf, tmp_path / "broken.elf", ".model", offset)
    words = ("qemu", "renode", f"qemu,firmware={broken}")
    devices = [part for word in words for part in ("--device", word)]
    environment = os.environ | {"TINYML_HIL_REPORTS": str(tmp_path / "reports")}
    result = run_cli("evaluate", *devices, "--json", env=environment)
    assert result.returncode == CHECKS_FAILED, result.stderr
    told = json.loads(result.stdout)
    exact = {name: run["numbers"]["exact"] for name, run in told["devices"].items()}
    assert (exact.pop("qemu"), exact.pop("renode")) == (IMAGES, IMAGES)
    (said,) = told["disagreements"]
    assert said.startswith("qemu,firmware=broken.elf disagrees with qemu and renode on ")
    assert "; the first layer that differs is op 1, CONV_2D" in said


@pytest.mark.parametrize(
    ("inputs", "equal", "code"),
    [(3, 3, GOOD), (3, 2, CHECKS_FAILED), (0, 0, CHECKS_FAILED)],
    ids=["equal", "one differs", "none could be compared"],
)
def test_only_equal_bytes_of_all_inputs_are_parity_whatever_the_host_gives(
    monkeypatch: pytest.MonkeyPatch, inputs: int, equal: int, code: int
) -> None:
    record = SimpleNamespace(inputs=inputs, equal=equal, status="failed")
    begun: list[Options] = []

    def begin(options: Options, *_: object) -> SimpleNamespace:
        begun.append(options)
        return SimpleNamespace(record=record)

    monkeypatch.setattr("tinyml_hil.cli.evaluating.begin_jointly", begin)
    monkeypatch.setattr("tinyml_hil.cli.evaluating.evaluate_jointly", lambda *_: None)
    assert app(["parity", "--targets", "qemu:mps2-an386,renode"], standalone_mode=False) == (
        code or None
    )
    assert begun[0].device == ("qemu:mps2-an386", "renode")


@needs_qemu
def test_missing_second_target_is_one_message(run_cli: Run) -> None:
    result = run_cli("parity", "--targets", "qemu,renode", "--renode", "/none")
    assert result.returncode == TROUBLE
    assert "/none is no program" in result.stderr
    assert "Traceback" not in result.stderr


@needs_qemu
def test_suite_skips_what_is_not_there_and_fails_what_was_asked_for(run_pytest: Run) -> None:
    skipped = run_pytest("tests/parity", "-k", "board")
    assert skipped.returncode == GOOD
    assert "1 skipped" in skipped.stdout
    failed = run_pytest("tests/parity", "-k", "renode", "--target=renode", "--renode=/none")
    assert failed.returncode != GOOD
    assert "/none is no program" in failed.stdout + failed.stderr
