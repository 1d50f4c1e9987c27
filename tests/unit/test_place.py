"""Boards that labgrid lends: reserved, used over the network, and given back whatever happens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, Run, a_test, comes_true
from tests.unit.simulated_board import the_mps2_as_a_board
from tinyml_hil.build import Firmware
from tinyml_hil.errors import UsageError
from tinyml_hil.target.place import Place, PlaceWish
from tinyml_hil.target.qemu import EXECUTABLE

pytest.importorskip("labgrid", reason="pip install 'tinyml-hil[labgrid]'")
pytestmark = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)
from tests.unit.lab import (  # noqa: E402
    PLACE,
    Lab,
    board_in_a_lab,
    free_port,
)

GOOD, USAGE, TROUBLE = 0, 2, 3


@pytest.fixture(scope="module", params=["rfc2217", pytest.param("raw", marks=pytest.mark.nightly)])
def lab(
    request: pytest.FixtureRequest, built: Firmware, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A place with a board that runs the default firmware."""
    with board_in_a_lab(tmp_path_factory.mktemp("lab"), built.elf, request.param) as lab:
        yield lab


@pytest.fixture(scope="module")
def options(lab: Lab, built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Those of a run on the place; the board is one that QEMU plays."""
    platform = the_mps2_as_a_board(tmp_path_factory.mktemp("platform"))
    return [
        *("--target=board", f"--platform={platform}", f"--firmware={built.elf}"),
        *(f"--place={PLACE}", f"--coordinator={lab.coordinator}"),
    ]


def test_run_on_a_place_is_exact_and_gives_it_back(
    run_cli: Run, lab: Lab, options: list[str]
) -> None:
    lab.switch.asked.clear()
    result = run_cli("evaluate", *options, "--images=3")
    assert result.returncode == GOOD, result.stderr
    assert re.search(r"bit-exact +3/3", result.stdout)
    assert lab.is_free
    assert lab.switch.asked == ["0", "1"]


@pytest.mark.nightly
def test_suite_is_green_on_a_place_that_is_chosen_by_its_tags(
    run_pytest: Run, lab: Lab, options: list[str]
) -> None:
    by_tags = [o.replace(f"--place={PLACE}", "--place=board=simulated") for o in options]
    result = run_pytest(*by_tags, "--images=2", "--pyargs", "tinyml_hil.suite")
    assert result.returncode == GOOD, result.stdout[-4000:]
    assert lab.is_free


@pytest.mark.nightly
def test_two_runs_share_a_place_one_after_the_other(lab: Lab, options: list[str]) -> None:
    command = [sys.executable, "-m", "tinyml_hil", "evaluate", *options, "--images=2"]
    runs = [
        subprocess.Popen(command, cwd=places.ROOT, stdout=-1, stderr=-1, text=True) for _ in "ab"
    ]
    said = [run.communicate(timeout=PATIENCE) for run in runs]
    assert [run.returncode for run in runs] == [GOOD, GOOD], said
    assert any(f"waiting for {PLACE}: {PLACE} by " in stderr for _, stderr in said)
    assert lab.is_free


def test_place_that_others_keep_is_said_with_who_and_since_when(
    run_cli: Run, lab: Lab, options: list[str]
) -> None:
    lab.client("-p", PLACE, "acquire")
    result = run_cli("evaluate", *options, "--images=2", "--place-wait=1")
    lab.client("-p", PLACE, "release")
    assert result.returncode == TROUBLE
    assert re.search(
        rf"{PLACE} was not free within 1 s: {PLACE} by \S+ since \d{{4}}-", result.stderr
    )


def test_run_that_is_killed_outright_leaves_the_place_free(lab: Lab, options: list[str]) -> None:
    command = [sys.executable, "-m", "tinyml_hil", "run", *options]
    with subprocess.Popen(command, cwd=places.ROOT, stdout=-1, stderr=-1) as run:
        assert comes_true(lambda: not lab.is_free, PATIENCE)
        run.kill()
    assert comes_true(lambda: lab.is_free, PATIENCE)


def test_unknown_place_is_refused_with_those_that_there_are(
    run_cli: Run, options: list[str]
) -> None:
    result = run_cli("evaluate", *options, "--place=shelf-9")
    assert result.returncode == USAGE
    assert f"no place is shelf-9; there are: {PLACE}" in result.stderr


def test_environment_file_without_a_place_is_refused(tmp_path: Path) -> None:
    environment = tmp_path / "lab.yaml"
    environment.write_text("targets: {main: {resources: {}}}\n")
    with pytest.raises(UsageError, match="describes no target with a RemotePlace"):
        Place.look_for(PlaceWish(str(environment), None, 1.0))


def test_coordinator_that_does_not_answer_is_said_with_what_to_do(
    run_cli: Run, options: list[str]
) -> None:
    result = run_cli("evaluate", *options, f"--coordinator=127.0.0.1:{free_port()}")
    assert result.returncode == TROUBLE
    assert "no coordinator of labgrid's answers at 127.0.0.1:" in result.stderr


@pytest.mark.skipif(not shutil.which("ss"), reason="apt-get install iproute2")
def test_nothing_of_labgrid_listens_beyond_this_machine(lab: Lab) -> None:
    listening = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True).stdout
    ours = [
        line.split()[3].replace("[::ffff:127.0.0.1]", "127.0.0.1")
        for line in listening.splitlines()
        if any(f"pid={process.pid}," in line for process in lab.processes)
    ]
    assert ours == [lab.coordinator]


@pytest.mark.nightly
def test_one_environment_file_is_labgrid_s_and_ours(
    run_pytest: Run, lab: Lab, options: list[str], tmp_path: Path
) -> None:
    environment = tmp_path / "lab.yaml"
    environment.write_text(
        f"options: {{coordinator_address: '{lab.coordinator}'}}\n"
        f"targets: {{main: {{resources: {{RemotePlace: {{name: {PLACE}}}}}}}}}\n"
    )
    test = a_test(
        tmp_path,
        "def test_it(device, request):\n"
        "    assert device.info.platform\n"
        "    target = request.getfixturevalue('target')\n"
        "    assert type(target).__module__ == 'labgrid.target'\n"
        "    assert target.get_resource('NetworkPowerPort')\n",
    )
    plugin = ("-p", "labgrid.pytestplugin", f"--lg-env={environment}")
    result = run_pytest(*plugin, *options[:-2], f"--place={environment}", "--images=2", test)
    assert "1 passed" in result.stdout, result.stdout[-3000:]
