"""A simulator of each kind and a board that labgrid lends, in one run: who disagrees, and where."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.flipped import copy_with_flipped_bit, flip_that_matters
from tests.unit.conftest import Run
from tests.unit.simulated_board import the_mps2_as_a_board
from tinyml_hil.build import Firmware
from tinyml_hil.record import load_joint
from tinyml_hil.report import PAGE
from tinyml_hil.session import Options, Session
from tinyml_hil.target.qemu import EXECUTABLE

pytest.importorskip("labgrid", reason="pip install 'tinyml-hil[labgrid]'")
pytestmark = [
    pytest.mark.skipif(not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"),
    pytest.mark.nightly,
    pytest.mark.usefixtures("built_for_renode"),
]
from tests.unit.lab import PLACE, board_in_a_lab  # noqa: E402

GOOD, CHECKS_FAILED = 0, 1
IMAGES = 20


def _evaluated(run_cli: Run, folder: Path, elf: Path, code: int) -> Path:
    """The folder of a run on all three; the board at the place has ``elf``."""
    with board_in_a_lab(folder, elf) as lab:
        board = f"board,place={PLACE},platform={the_mps2_as_a_board(folder)},firmware={elf}"
        devices = [f"--device={word}" for word in ("qemu", "renode", board)]
        options = (f"--coordinator={lab.coordinator}", f"--images={IMAGES}", "--json")
        result = run_cli("evaluate", *devices, *options)
        assert result.returncode == code, result.stderr
        assert lab.is_free
    return Path(json.loads(result.stdout)["folder"])


def test_all_three_are_exact_in_one_report(run_cli: Run, built: Firmware, tmp_path: Path) -> None:
    folder = _evaluated(run_cli, tmp_path, built.elf, GOOD)
    joint = load_joint(folder)
    assert [device["name"] for device in joint.devices] == ["qemu", "renode", "board"]
    assert (joint.status, joint.equal, joint.inputs) == ("passed", IMAGES, IMAGES)
    matrix = (folder / PAGE).read_text().partition('id="matrix"')[2]
    assert matrix.count("✓") == 3 * IMAGES


def test_board_with_a_flipped_weight_is_named_with_its_first_layer(
    run_cli: Run, built: Firmware, tmp_path: Path
) -> None:
    session = Session(Options(images=IMAGES))
    offset = flip_that_matters(session, tmp_path, any)
    assert offset is not None
    broken = copy_with_flipped_bit(built.elf, tmp_path / "broken.elf", ".model", offset)
    joint = load_joint(_evaluated(run_cli, tmp_path, broken, CHECKS_FAILED))
    (said,) = joint.disagreements
    assert re.match(rf"board disagrees with qemu and renode on \d+ of {IMAGES} images, most ", said)
    assert "; the first layer that differs is op 1, CONV_2D " in said
