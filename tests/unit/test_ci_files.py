"""The CI files: valid by their schemas, locked where a board is used, and the night's exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fixtures import places

WORKFLOWS = places.ROOT / ".github" / "workflows"


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        *(("vendor.github-workflows", file) for file in sorted(WORKFLOWS.glob("*.yml"))),
        ("vendor.gitlab-ci", places.ROOT / "ci" / "gitlab-ci.yml"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_file_is_valid(schema: str, file: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_two_jobs_never_share_a_board() -> None:
    github = YAML(typ="safe").load(WORKFLOWS / "nightly.yml")["jobs"]["board"]["concurrency"]
    gitlab = YAML(typ="safe").load(places.ROOT / "ci" / "gitlab-ci.yml")["board"]
    assert github == {"group": "board-stm32h747i-disco", "cancel-in-progress": False}
    assert gitlab["resource_group"] == "board-stm32h747i-disco"


@pytest.mark.parametrize(
    ("pytest_code", "evaluate_code", "code"), [(0, 0, 0), (1, 0, 1), (0, 3, 3)]
)
def test_night_runs_every_step_and_ends_with_the_first_failure(
    tmp_path: Path, pytest_code: int, evaluate_code: int, code: int
) -> None:
    (tmp_path / "ci").mkdir()
    shutil.copy(places.ROOT / "ci" / "nightly", tmp_path / "ci")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name, script in {
        "pytest": f"exit {pytest_code}",
        "python": "exit 0",
        "tinyml-hil": f'[ "$1" != doctor ] || exit 3; [ "$1" != evaluate ] || exit {evaluate_code}',
    }.items():
        program = tmp_path / ".venv" / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    environment = os.environ | {"DATASET": "images", "TARGET": "qemu"}
    result = subprocess.run([tmp_path / "ci" / "nightly"], env=environment, capture_output=True)
    summary = (tmp_path / "build" / "nightly" / "summary.md").read_text()
    assert result.returncode == code
    assert summary.startswith(f"# The night on qemu {'failed' if code else 'passed'}\n")
    assert ("suite: failed" in summary, "dataset: failed" in summary) == (
        pytest_code != 0,
        evaluate_code != 0,
    )
    assert "- parity: not run, it needs QEMU and Renode" in summary
    assert "- references: passed" in summary
    assert "- trend: passed" in summary
