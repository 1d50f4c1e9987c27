"""The page from WAV files to the report: its files and commands, as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures import places

pytestmark = pytest.mark.nightly
pytest.importorskip("tensorflow", reason="the page trains a model")

PAGE = (places.ROOT / "docs" / "keywords.md").read_text()
FILES = re.compile(r"<!-- runs as a test: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"<!-- runs as a test -->\n```sh\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of it is done."""
    folder = tmp_path_factory.mktemp("keywords")
    for name, content in FILES.findall(PAGE):
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, str]:
    """What each command says."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TINYML_HIL_CACHE": str(places.BUILD),
        "TINYML_HIL_REPORTS": str(folder / "hil-reports"),
        "TINYML_HIL_HISTORY": str(folder / "history.sqlite"),
    }
    said = {}
    for command in "".join(COMMANDS.findall(PAGE)).splitlines():
        done = subprocess.run(
            command.split(), cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
    return said


def test_every_recording_is_exact_and_most_are_right(folder: Path, said: dict[str, str]) -> None:
    runs = sorted((folder / "hil-reports").glob("*/run.json"))
    numbers = [json.loads(run.read_text())["numbers"] for run in runs]
    assert [each["exact"] for each in numbers] == [40, 40]
    assert all(each["accuracy_device"] > 0.8 for each in numbers)


def test_recordings_are_classified_by_their_files(said: dict[str, str]) -> None:
    table = said["tinyml-hil classify --target qemu data/test/rising/03.wav data/test/noise/01.wav"]
    assert re.search(r"data/test/rising/03\.wav +\w+ +[\d.]+% +yes", table)
    assert re.search(r"data/test/noise/01\.wav +\w+ +[\d.]+% +yes", table)


def test_each_recording_is_a_test_of_its_own(said: dict[str, str]) -> None:
    assert "40 passed" in said["pytest --target=qemu"]


def test_report_draws_spectrograms_and_names_the_files(folder: Path, said: dict[str, str]) -> None:
    newest = max((folder / "hil-reports").glob("*/report.html"))
    assert str(newest) in said["tinyml-hil report latest"]
    page = newest.read_text()
    assert "data:image/png;base64," in page
    assert re.search(r"(falling|noise|rising|steady)/0\d\.wav", page)
