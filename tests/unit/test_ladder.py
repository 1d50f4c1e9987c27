"""The ladder: the same inputs from this machine up to boards, and the first rung that differs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.changed_firmware import copy_sources, replace_once, warm_project
from tests.unit.conftest import Run
from tinyml_hil import paths
from tinyml_hil.session import Ladder, Options, Session
from tinyml_hil.target.qemu import EXECUTABLE

GOOD, USAGE, TROUBLE = 0, 2, 3
needs_qemu = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)


@needs_qemu
def test_equal_rungs_pass_in_the_order_of_what_they_cost(run_cli: Run) -> None:
    result = run_cli("ladder", "--images=2", "--to=qemu", "--json")
    assert result.returncode == GOOD, result.stderr
    rungs = json.loads(result.stdout)
    assert [rung["name"] for rung in rungs] == [
        *("litert", "tensorflow", "tflite-micro", "engine on this machine", "qemu")
    ]
    exact = {rung["name"]: (rung["exact"], rung["inputs"]) for rung in rungs}
    assert exact["litert"] == exact["engine on this machine"] == exact["qemu"] == (2, 2)


@needs_qemu
def test_first_rung_that_differs_is_the_device_where_only_its_firmware_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = copy_sources(tmp_path / "sources")
    replace_once(
        sources / "app" / "classifier.c",
        "    ticks = stopwatch_stop();\n    uint32_t used",
        "    ticks = stopwatch_stop();\n"
        "    ((uint8_t *)engine_output(0).data)[1] ^= 1u;\n"
        "    uint32_t used",
    )
    monkeypatch.setattr(paths, "FIRMWARE", sources)
    session = Session(Options(images=2), warm_project(tmp_path))
    found = {rung.name: rung for rung in Ladder(session, tmp_path / "logs").rungs("qemu")}
    assert [name for name, rung in found.items() if rung.differs] == ["qemu"]
    assert (found["qemu"].exact, found["qemu"].inputs, found["qemu"].first) == (0, 2, 0)
    assert "1 of 10 output bytes differ from the host, by 1 at most" in found["qemu"].why


def test_unknown_rung_is_refused_with_those_that_there_are(run_cli: Run) -> None:
    result = run_cli("ladder", "--to=qmu")
    assert result.returncode == USAGE
    assert "there is no rung 'qmu'; there are: litert, tensorflow," in result.stderr


def test_last_rung_that_is_not_there_is_said_before_anything_runs(run_cli: Run) -> None:
    result = run_cli("ladder", "--to=board", "--port=/dev/none")
    assert result.returncode == TROUBLE
    assert result.stdout == ""
    assert "/dev/none" in result.stderr
