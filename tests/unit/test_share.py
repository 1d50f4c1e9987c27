"""Shared inputs: boards of one kind that divide them, and who ran what on record."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import Run, a_test
from tests.unit.simulated_board import SimulatedBoard, the_mps2_as_a_board
from tinyml_hil.build import Firmware
from tinyml_hil.record import (
    InputRecord,
    Journal,
    find_run,
    load_record,
    load_results,
    save_results,
    share_sentences,
    shares_of,
)
from tinyml_hil.session import Options, Session
from tinyml_hil.target.qemu import EXECUTABLE

IMAGES = 8
USAGE, FAILED = 2, 1
needs_qemu = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


@dataclass(frozen=True)
class Boards:
    """Two that are alike, but that one has a flipped weight."""

    good: str
    broken: str
    options: tuple[str, ...]


@pytest.fixture(scope="module")
def boards(built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    folder = tmp_path_factory.mktemp("boards")
    session = Session(Options(images=IMAGES))
    offset = flip_that_matters(session, folder, lambda changed: all(changed))
    assert offset is not None
    broken = copy_with_flipped_bit(built.elf, folder / "broken.elf", ".model", offset)
    with ExitStack() as stack:
        ports = []
        for elf in (built.elf, broken):
            (own := folder / elf.stem).mkdir()
            ports.append(stack.enter_context(SimulatedBoard(own, elf)).port)
        good, bad = (f"board:{port}" for port in ports)
        common = (f"--platform={the_mps2_as_a_board(folder)}", f"--firmware={built.elf}")
        options = (*common, "--flash=none", f"--images={IMAGES}", "--share")
        yield Boards(good, bad, (f"--device={good}", f"--device={bad}", *options))


@needs_qemu
def test_boards_divide_the_inputs_and_the_broken_one_is_told_from_the_good_one(
    run_pytest: Run, boards: Boards, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    environment = os.environ | {"TINYML_HIL_REPORTS": str(reports)}
    test = a_test(
        tmp_path,
        "def test_it(evaluation, image_index, record_result):\n"
        "    record = evaluation.record(image_index)\n"
        "    record_result(record)\n"
        "    assert record.exact\n",
    )
    result = run_pytest(*boards.options, "-n2", test, env=environment)
    assert result.returncode == FAILED, result.stdout + result.stderr
    folder = find_run("latest", reports)
    records = load_results(folder / "results.npz")
    assert [record.index for record in records] == list(range(IMAGES))
    assert {record.ran_on for record in records} == {boards.good, boards.broken}
    assert all(record.exact == (record.ran_on == boards.good) for record in records)
    wrong = sum(not record.exact for record in records)
    said = f"{boards.broken} ran {wrong} images; {wrong} differ from the host"
    assert re.search(f"^{said}$", result.stdout, re.MULTILINE)
    assert said in (folder / "report.html").read_text()


@needs_qemu
def test_evaluate_has_each_input_once_wherever_it_ran(
    run_cli: Run, boards: Boards, tmp_path: Path
) -> None:
    environment = os.environ | {"TINYML_HIL_REPORTS": str(tmp_path)}
    result = run_cli("evaluate", *boards.options, env=environment)
    folder = find_run("latest", tmp_path)
    record, records = load_record(folder), load_results(folder / "results.npz")
    assert [each.index for each in records] == list(range(IMAGES)), result.stderr
    assert sum(share["inputs"] for share in record.shares) == IMAGES
    assert {share["device"] for share in record.shares} == {boards.good, boards.broken}
    assert all(each.exact == (each.ran_on == boards.good) for each in records)


@pytest.mark.parametrize("count", ["", "-n3"])
def test_tests_are_divided_among_as_many_workers_as_devices(
    run_pytest: Run, count: str, tmp_path: Path
) -> None:
    words = ("--device=board:/dev/none-1", "--device=board:/dev/none-2")
    result = run_pytest(*words, "--share", *filter(None, [count]), "--pyargs", "tinyml_hil.suite")
    assert "by pytest-xdist, a worker each: give -n 2" in result.stdout + result.stderr


def test_workers_are_not_asked_for_besides(run_cli: Run) -> None:
    words = ("--device=board:/dev/none-1", "--device=board:/dev/none-2")
    result = run_cli("evaluate", *words, "--share", "--workers=2")
    assert result.returncode == USAGE
    assert "leave --workers out" in result.stderr


def test_who_ran_what_is_kept_in_journal_and_results(tmp_path: Path) -> None:
    answer = np.array([1, 2], np.int8)
    records = [InputRecord(i, 0, answer, answer, 5, ran_on=word) for i, word in enumerate("aab")]
    journal = Journal(tmp_path / "journal")
    journal.append(records)
    journal.close()
    save_results(tmp_path / "results.npz", records)
    for kept in (Journal(tmp_path / "journal").records, load_results(tmp_path / "results.npz")):
        assert [record.ran_on for record in kept] == ["a", "a", "b"]


def test_device_that_came_too_late_for_any_input_is_said_too() -> None:
    answer = np.array([1, 2], np.int8)
    records = [InputRecord(0, 0, answer, answer, 5, ran_on="a", unstable=1)]
    shares = shares_of(records, {"b": {"damaged": 2}, "a": {}})
    assert share_sentences(shares, "input") == [
        "a ran 1 input; 1 unstable",
        "b ran 0 inputs; the link: 2 times bytes were damaged or lost, and asked for again",
    ]


def test_run_of_one_device_has_no_shares() -> None:
    answer = np.array([1, 2], np.int8)
    assert shares_of([InputRecord(0, 0, answer, answer, 5)], {}) == []
