"""The plugin beside other plugins, and where nobody uses it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.conftest import PATIENCE

HEAVY = (
    *("numpy", "PIL", "elftools", "serial", "sqlalchemy", "sklearn", "matplotlib", "typer"),
    *("rich", "jinja2", "ai_edge_litert", "tinyml_hil.device.base", "tinyml_hil.target.base"),
)
OWNER = """
def pytest_addoption(parser):
    parser.addoption("--target", help="somebody else's")
    parser.addoption("--images", action="store_true")
"""


def _pytest(
    folder: Path, *arguments: str, code: str = "def test_it():\n    pass\n"
) -> subprocess.CompletedProcess[str]:
    """A run of pytest in a folder of its own, in this environment."""
    (folder / "test_it.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)


def test_run_that_tests_no_firmware_loads_next_to_nothing(tmp_path: Path) -> None:
    code = (
        "import sys\n\n"
        f"HEAVY = {HEAVY}\n\n"
        "def test_it():\n"
        "    assert 'tinyml_hil.plugin.hooks' in sys.modules\n"
        "    assert [name for name in HEAVY if name in sys.modules] == []\n"
    )
    result = _pytest(tmp_path, "-p", "no:labgrid", code=code)  # it loads pyserial
    assert result.returncode == 0, result.stdout


def test_nothing_is_written_where_nobody_asked(tmp_path: Path) -> None:
    _pytest(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"test_it.py", "__pycache__"}


@pytest.mark.parametrize("where", ["conftest", "plugin"])
def test_option_of_somebody_else_keeps_its_name_and_ours_says_its_own(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / f"{where}.py").write_text(OWNER)
    (tmp_path / "conftest.py").touch()
    arguments = ["-p", "plugin"] if where == "plugin" else []
    result = _pytest(tmp_path, *arguments, "--target=theirs", "--images", "--model=x.tflite")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "--target is somebody else's option here; ours is --hil-target" in result.stdout
    assert "--images is somebody else's option here; ours is --hil-images" in result.stdout


def test_option_under_our_own_prefix_is_ours(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(OWNER)
    result = _pytest(tmp_path, "--hil-target=nowhere")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "there is no target 'nowhere'" in result.stdout + result.stderr


def test_flag_of_somebody_else_does_not_take_the_test_behind_it(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(OWNER)
    result = _pytest(tmp_path, "-p", "plugin", "--images", "test_it.py")
    assert "1 passed" in result.stdout, result.stdout + result.stderr


@pytest.mark.parametrize("given", ["as arguments", "by the environment", "in a file"])
def test_values_behind_spaces_are_no_tests_and_change_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    for folder in (project, outside):
        folder.mkdir()
        (folder / "pytest.ini").write_text("[pytest]\n")
    (outside / "test_other.py").write_text("def test_other():\n    assert False\n")
    arguments = ["--dataset", str(outside), "--model", str(outside), "--images", "2"]
    if given == "by the environment":
        monkeypatch.setenv("PYTEST_ADDOPTS", shlex.join(arguments))
        arguments = []
    elif given == "in a file":
        (tmp_path / "arguments").write_text("\n".join(arguments))
        arguments = [f"@{tmp_path / 'arguments'}"]
    result = _pytest(project, *arguments)
    assert f"rootdir: {project}" in result.stdout
    assert "1 passed" in result.stdout


def test_setting_that_does_not_exist_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.tinyml-hil]\nmodle = 'x'\n")
    result = _pytest(tmp_path)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "pyproject.toml: [tool.tinyml-hil] modle: there is no such setting" in result.stderr
