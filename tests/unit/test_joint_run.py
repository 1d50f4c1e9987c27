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
from tests.unit.conftest import Run
from tinyml_hil.build import Firmware
from tinyml_hil.errors import HilError, LinkError, UsageError
from tinyml_hil.history import open_history
from tinyml_hil.project import Project
from tinyml_hil.record import JUNIT, RESULTS, load_joint, load_record, run_folders
from tinyml_hil.report import PAGE, SUMMARY
from tinyml_hil.run import JointRun, Workers, results_of_all
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
def evaluated(built: Firmware, run_cli: Run, tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    folder = tmp_path_factory.mktemp("joint")
    session = Session(Options(images=IMAGES))
    offset = flip_that_matters(session, folder, lambda changed: any(changed[:IMAGES]))
    assert offset is not None
    broken = copy_with_flipped_bit(built.elf, folder / "broken.elf", ".model", offset)
    reports = folder / "reports"
    environment = os.environ | {
        "TINYML_HIL_REPORTS": str(reports),
        "TINYML_HIL_HISTORY": f"sqlite:///{folder}/history.sqlite",
    }
    devices = ("--device", "qemu", "--device", f"qemu,firmware={broken}")
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


def test_device_that_was_interrupted_goes_on_alone_and_the_rest_stays(
    evaluated: Evaluated, run_cli: Run, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    shutil.copytree(evaluated.reports, reports)
    folder = reports / evaluated.folder.name
    joint = load_joint(folder)
    whole, cut = (reports / device["run"] for device in joint.devices)
    results = (cut / RESULTS).read_bytes()
    (cut / RESULTS).unlink()
    for place, record in ((folder, joint), (cut, load_record(cut))):
        record.status, record.ended = "interrupted", ""
        record.save(place)
    before = (whole / RESULTS).stat().st_mtime_ns
    environment = evaluated.environment | {"TINYML_HIL_REPORTS": str(reports)}
    result = run_cli("evaluate", "--resume", folder.name, "--json", env=environment)
    assert result.returncode == CHECKS_FAILED, result.stderr
    assert json.loads(result.stdout)["disagreements"] == evaluated.told["disagreements"]
    assert (cut / RESULTS).read_bytes() == results
    assert (whole / RESULTS).stat().st_mtime_ns == before
    with pytest.raises(UsageError, match="has failed: there is nothing to resume"):
        JointRun.resume(folder, Options(), Project(tmp_path), devices=1)


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
