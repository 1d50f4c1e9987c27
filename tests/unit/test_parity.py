"""Parity: equal outputs are equal, one byte that is not is found, and what cannot be is said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.conftest import Run
from tinyml_hil.build import Firmware
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.record import InputRecord
from tinyml_hil.session import Options, Parity, Session, describe_row, parity_rows
from tinyml_hil.session.parity import Row
from tinyml_hil.target import TargetOptions
from tinyml_hil.target.qemu import EXECUTABLE
from tinyml_hil.target.renode import RenodeTarget

GOOD, USAGE, TROUBLE = 0, 2, 3
needs_qemu = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


def _need_renode() -> None:
    try:
        RenodeTarget.check(TargetOptions())
    except SetupError as error:
        pytest.skip(str(error))


def _row(**outputs: list[int]) -> Row:
    return _of({name: np.array(values, np.int8) for name, values in outputs.items()})


def _of(outputs: dict[str, NDArray[Any]]) -> Row:
    return Row({name: InputRecord(3, 0, given, given, 100) for name, given in outputs.items()})


def test_equal_outputs_are_equal() -> None:
    row = _row(qemu=[1, -2, 3], renode=[1, -2, 3])
    assert row.equal
    assert row.different == {"renode": 0}


def test_one_byte_of_one_of_three_targets_is_found_and_named() -> None:
    row = _row(qemu=[1, 9, 3], renode=[1, 9, 3], board=[1, 9, 10])
    assert not row.equal
    assert describe_row(row, Session(Options()).task) == (
        "     3  airplane    automobile  board: 1 of 3 bytes differ from qemu, class bird"
    )


def test_floats_are_compared_by_their_bytes() -> None:
    zeros = {"qemu": np.array([0.0], np.float32), "renode": np.array([-0.0], np.float32)}
    assert _of(zeros).different == {"renode": 1}


@pytest.mark.parametrize("targets", [["qemu"], ["qemu", "qemu"], [""]])
def test_two_different_targets_are_needed(targets: list[str]) -> None:
    with pytest.raises(UsageError, match="compares different targets"):
        Parity(Options(), targets)


@needs_qemu
def test_a_device_that_computes_something_else_is_found(built: Firmware, tmp_path: Path) -> None:
    broken = tmp_path / "broken.elf"
    content = bytearray(built.elf.read_bytes())
    model = content.index(Session(Options()).model.content)
    content[model + len(Session(Options()).model.content) * 4 // 10] ^= 1 << 6
    broken.write_bytes(content)
    good = Session(Options(firmware=built.elf, images=10))
    bad = Session(Options(firmware=broken, images=10))
    with good.device(tmp_path / "a.log") as first, bad.device(tmp_path / "b.log") as second:
        found = list(
            parity_rows({"good": first, "bad": second}, good.model, good.dataset, good.task)
        )
    assert [row.records["good"].index for row in found] == list(range(10))
    assert any(row.different["bad"] for row in found)


@needs_qemu
def test_qemu_and_renode_give_the_same_bytes(run_cli: Run) -> None:
    _need_renode()
    result = run_cli("parity", "--targets", "qemu,renode", "--images", "3")
    assert result.returncode == GOOD, result.stderr
    assert len(re.findall(r"^ +[012] .* equal$", result.stdout, re.MULTILINE)) == 3
    assert "equal: 3/3" in result.stdout


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
