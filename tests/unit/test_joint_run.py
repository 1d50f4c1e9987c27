"""Joint runs: the same inputs on several devices, which of them disagrees, and what is left."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import pytest

from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import Run, a_test
from tinyml_hil.build import Firmware
from tinyml_hil.errors import HilError, LinkError, UsageError
from tinyml_hil.history import open_history
from tinyml_hil.record import (
    JOINT,
    JUNIT,
    RESULTS,
    find_joint,
    find_run,
    load_joint,
    load_record,
    run_folders,
)
from tinyml_hil.report import PAGE, SUMMARY, write_joint_report
from tinyml_hil.run import Inference, JointRun, Workers, results_of_all
from tinyml_hil.session import Options, Session

CHECKS_FAILED = 1
IMAGES = 4
BROKEN = "qemu,firmware=broken.elf"


@dataclass(frozen=True)
class Evaluated:
    """An evaluation on two devices, one of which has a flipped weight."""

    result: subprocess.CompletedProcess[str]
    reports: Path
    environment: dict[str, str]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.result.stdout)
        return found

    @property
    def folder(self) -> Path:
        return Path(self.told["folder"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joint")


@pytest.fixture(scope="module")
def devices(built: Firmware, folder: Path) -> tuple[str, ...]:
    """Options for two devices; image 0 is right on both, image 1 on the first."""
    session = Session(Options(images=IMAGES))
    offset = flip_that_matters(session, folder, lambda changed: changed[:2] == [False, True])
    assert offset is not None
    broken = copy_with_flipped_bit(built.elf, folder / "broken.elf", ".model", offset)
    return ("--device", "qemu", "--device", f"qemu,firmware={broken}")


@pytest.fixture(scope="module")
def evaluated(devices: tuple[str, ...], run_cli: Run, folder: Path) -> Evaluated:
    reports = folder / "reports"
    environment = os.environ | {
        "TINYML_HIL_REPORTS": str(reports),
        "TINYML_HIL_HISTORY": f"sqlite:///{folder}/history.sqlite",
    }
    result = run_cli("evaluate", *devices, "--images", str(IMAGES), "--json", env=environment)
    return Evaluated(result, reports, environment)


def test_device_with_a_flipped_weight_is_named_with_its_first_layer(evaluated: Evaluated) -> None:
    assert evaluated.result.returncode == CHECKS_FAILED, evaluated.result.stderr
    (said,) = evaluated.told["disagreements"]
    assert re.fullmatch(
        rf"{BROKEN} disagrees with qemu on [1-{IMAGES}] of {IMAGES} images, most on image \d: "
        r"\d+ of 10 values differs?, by \d+ at most; the first layer that differs is op 1, CONV_2D "
        r"\(int8 1x32x32x16\): \d+ of 16384 values differ from the host, by \d+ at most",
        said,
    )
    joint = load_joint(evaluated.folder)
    assert (joint.status, joint.inputs, joint.disagreements) == ("failed", IMAGES, [said])
    assert joint.equal < IMAGES


def test_each_device_has_a_run_and_a_row_in_the_history(evaluated: Evaluated) -> None:
    devices = evaluated.told["devices"]
    assert {name: run["status"] for name, run in devices.items()} == {
        "qemu": "passed",
        BROKEN: "failed",
    }
    runs = [folder.name for folder in run_folders(evaluated.reports)]
    assert sorted(run["id"] for run in devices.values()) == sorted(runs)
    with open_history(evaluated.environment["TINYML_HIL_HISTORY"]) as history:
        assert history.ids() == set(runs)


def test_one_report_has_a_matrix_of_inputs_by_devices(evaluated: Evaluated) -> None:
    page = (evaluated.folder / PAGE).read_text()
    runs = [run["id"] for run in evaluated.told["devices"].values()]
    assert all(f'href="../{run}/{PAGE}"' in page for run in runs)
    joint = load_joint(evaluated.folder)
    matrix = page.partition('id="matrix"')[2]
    assert matrix.count("<strong") == joint.inputs - joint.equal
    assert matrix.count("<strong") + matrix.count("✓") == 2 * IMAGES
    assert joint.disagreements[0] in (evaluated.folder / SUMMARY).read_text()


def test_one_junit_has_a_suite_a_device_and_one_for_their_agreement(evaluated: Evaluated) -> None:
    suites = ElementTree.parse(evaluated.folder / JUNIT).getroot()
    failures = {suite.get("name"): suite.get("failures") for suite in suites}
    assert failures == {"tinyml-hil.qemu": "0", f"tinyml-hil.{BROKEN}": "1", "tinyml-hil": "1"}
    assert (suites.get("tests"), suites.get("failures")) == ("3", "2")


@pytest.fixture
def cut(evaluated: Evaluated, tmp_path: Path) -> Path:
    """The folder of a copy of the run, whose second device was interrupted."""
    reports = tmp_path / "reports"
    shutil.copytree(evaluated.reports, reports)
    folder = reports / evaluated.folder.name
    joint = load_joint(folder)
    run = reports / joint.devices[1]["run"]
    for name in (RESULTS, PAGE):
        (run / name).unlink()
    for place, record in ((folder, joint), (run, load_record(run))):
        record.status, record.ended = "interrupted", ""
        record.save(place)
    return folder


def test_run_goes_on_with_the_device_that_was_interrupted(
    evaluated: Evaluated, cut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYML_HIL_REPORTS", str(cut.parent))
    project = Session(Options()).project
    whole, left = JointRun.resume(cut, Options(), project, devices=1).runs.values()
    assert (whole.ongoing, len(whole.records)) == (None, IMAGES)
    assert left.ongoing is not None
    work = Inference.of_what_is_left(left.session, left.records)
    assert list(work.items) == list(range(IMAGES))
    with pytest.raises(UsageError, match="was not started with --images=3"):
        JointRun.resume(cut, Options(images=3), project, devices=1)
    with pytest.raises(UsageError, match="has failed: there is nothing to resume"):
        JointRun.resume(evaluated.folder, Options(), project, devices=1)


def test_page_of_a_run_that_was_interrupted_says_what_was_not_run(cut: Path) -> None:
    page = write_joint_report(cut).read_text()
    whole, left = (device["run"] for device in load_joint(cut).devices)
    assert f'href="../{whole}/{PAGE}"' in page
    assert f'href="../{left}' not in page
    assert page.count("not run") == IMAGES


def test_latest_is_what_joins_the_runs_that_started_last(evaluated: Evaluated) -> None:
    assert find_joint("latest", evaluated.reports) == evaluated.folder
    assert find_joint(run_folders(evaluated.reports)[-1].name, evaluated.reports) is None
    with pytest.raises(UsageError, match="is a joint run, and this takes a run"):
        find_run(evaluated.folder.name, evaluated.reports)


@pytest.mark.nightly
def test_run_that_was_resumed_comes_to_the_same(
    evaluated: Evaluated, cut: Path, run_cli: Run
) -> None:
    environment = evaluated.environment | {"TINYML_HIL_REPORTS": str(cut.parent)}
    result = run_cli("evaluate", "--resume", cut.name, "--json", env=environment)
    assert result.returncode == CHECKS_FAILED, result.stderr
    assert json.loads(result.stdout)["disagreements"] == evaluated.told["disagreements"]


def _pytest(run_pytest: Run, folder: Path, *given: str) -> subprocess.CompletedProcess[str]:
    test = a_test(
        folder,
        "def test_image(evaluation, image_index, record_result):\n"
        "    record = evaluation.record(image_index)\n"
        "    record_result(record)\n"
        "    assert record.exact\n\n\n"
        "def test_host(dataset):\n"
        "    assert len(dataset) == 2\n",
    )
    environment = os.environ | {"TINYML_HIL_REPORTS": str(folder / "reports")}
    return run_pytest(test, *given, "--images=2", "--tb=no", "-rA", env=environment)


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="one process"),
        pytest.param(("-n", "2"), id="workers", marks=pytest.mark.nightly),
    ],
)
def test_test_of_pytest_says_the_device_on_which_it_failed(
    devices: tuple[str, ...], workers: tuple[str, ...], run_pytest: Run, tmp_path: Path
) -> None:
    result = _pytest(run_pytest, tmp_path, *devices, *workers)
    assert result.returncode == CHECKS_FAILED, result.stderr
    passed = set(re.findall(r"^PASSED \S*::(\S+)$", result.stdout, re.MULTILINE))
    failed = set(re.findall(r"^FAILED \S*::(\S+)", result.stdout, re.MULTILINE))
    images = {f"test_image[{name}-{i}]" for name in ("qemu", BROKEN) for i in ("0-cat", "1-ship")}
    assert failed == {f"test_image[{BROKEN}-1-ship]"}
    assert passed == images - failed | {f"test_host[{name}]" for name in ("qemu", BROKEN)}
    assert f"{BROKEN} disagrees with qemu on 1 of 2 images, most on image 1: " in result.stdout
    (folder,) = (tmp_path / "reports").glob(f"*/{JOINT}")
    joint = load_joint(folder.parent)
    statuses = {d["name"]: load_record(folder.parents[1] / d["run"]).status for d in joint.devices}
    assert (joint.status, statuses) == ("failed", {"qemu": "passed", BROKEN: "failed"})
    assert len(list(ElementTree.parse(folder.with_name(JUNIT)).iter("testcase"))) == 6


class _Crew:
    """Workers of one kind, which give what they are told to."""

    def __init__(self, *given: list[str] | HilError) -> None:
        self._given = list(given)
        self.connections: list[Connection] = []
        for _ in given:
            ours, theirs = Pipe(duplex=False)
            theirs.close()  # ready at once
            self.connections.append(ours)

    def receive(self, ready: object) -> list[str]:
        if not self.connections:
            return []
        self.connections.pop()
        found = self._given.pop(0)
        if isinstance(found, HilError):
            raise found
        return found

    def stop(self) -> None:
        self.connections.clear()


def test_device_that_goes_away_does_not_end_the_others() -> None:
    gone = LinkError("the cable was pulled")
    crews = {"a": _Crew(["1"], gone, ["never"]), "b": _Crew(["1"], ["2"], ["3"])}
    found = list(results_of_all(cast(dict[str, Workers[str]], crews)))
    assert found == [("a", ["1"]), ("b", ["1"]), ("a", gone), ("b", ["2"]), ("b", ["3"])]
