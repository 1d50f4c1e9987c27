"""Doctor: what it looks for, and what it says of what is missing."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import pytest

from tests.unit.conftest import Run
from tinyml_hil.cli.doctor import Finding, browser_fix, examine, examine_target
from tinyml_hil.project import Project

GOOD, TROUBLE = 0, 3

HERE = Project(Path())


def _by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which there is nothing, and no browser of Playwright's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    return tmp_path


def test_each_thing_that_is_missing_has_the_command_that_fixes_it(empty_path: Path) -> None:
    found = _by_name(examine(HERE))
    assert {name: found[name].fix for name in ("Arm compiler", "newlib-nano", "make")} == {
        "Arm compiler": "apt-get install gcc-arm-none-eabi",
        "newlib-nano": "apt-get install libnewlib-arm-none-eabi",
        "make": "apt-get install make",
    }
    assert "apt-get install qemu-system-arm" in found["target qemu"].fix
    assert "apt-get install openocd" in found["--flash openocd"].fix
    assert all(finding.fix for finding in found.values() if not finding.found)


def test_nothing_is_found_on_an_empty_path_but_what_is_not_a_program(empty_path: Path) -> None:
    tools = ("Arm compiler", "make", "target qemu", "--flash openocd", "browser", "git")
    assert not any(_by_name(examine(HERE))[name].found for name in tools)


@pytest.mark.parametrize(
    ("release", "fix"),
    [
        ({"ID": "debian"}, "apt-get install chromium"),
        ({"ID": "ubuntu", "ID_LIKE": "debian"}, "playwright install --with-deps chromium"),
        ({"ID": "pop", "ID_LIKE": "ubuntu debian"}, "playwright install --with-deps chromium"),
    ],
    ids=lambda value: value["ID"] if isinstance(value, dict) else "",
)
def test_advice_for_a_browser_is_the_distribution_s(
    monkeypatch: pytest.MonkeyPatch, release: dict[str, str], fix: str
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    assert browser_fix() == fix


def test_browser_that_playwright_installed_is_found(empty_path: Path) -> None:
    own = empty_path / "chromium-1200" / "chrome-linux64" / "chrome"
    own.parent.mkdir(parents=True)
    own.write_text(f"#!{sys.executable}\nprint('Chromium 143')\n")
    own.chmod(0o755)
    assert _by_name(examine(HERE))["browser"].found == "Chromium 143"


def test_the_board_lists_each_way_to_program_it() -> None:
    names = _by_name(examine_target("board", HERE))
    ways = ("stm32cubeprogrammer", "openocd", "pyocd", "probe-rs", "mass-storage")
    assert {f"--flash {way}" for way in ways} <= names.keys()


def test_a_programmer_is_found_with_its_version(empty_path: Path) -> None:
    tool = empty_path / "pyocd"
    tool.write_text(f"#!{sys.executable}\nprint('0.99.1')\n")
    tool.chmod(0o755)
    assert _by_name(examine_target("board", HERE))["--flash pyocd"].found == "0.99.1"


def test_a_tool_that_speaks_on_stderr_is_found_by_that(empty_path: Path) -> None:
    tool = empty_path / "openocd"
    tool.write_text(f"#!{sys.executable}\nimport sys\nprint('OpenOCD 9', file=sys.stderr)\n")
    tool.chmod(0o755)
    assert _by_name(examine_target("board", HERE))["--flash openocd"].found == "OpenOCD 9"


def test_what_every_run_needs_and_is_missing_ends_with_3(run_cli: Run, tmp_path: Path) -> None:
    result = run_cli("doctor", env=os.environ | {"PATH": str(tmp_path)})
    assert result.returncode == TROUBLE
    assert "apt-get install gcc-arm-none-eabi" in " ".join(result.stdout.split())


def test_json_has_what_the_table_has(run_cli: Run) -> None:
    result = run_cli("doctor", "--target", "qemu", "--json")
    (finding,) = json.loads(result.stdout)
    assert finding["part"] == "qemu"
    assert "QEMU" in finding["found"]
    assert finding["needed"]
    assert result.returncode == GOOD


def test_ports_are_json_where_a_script_wants_it(run_cli: Run) -> None:
    ports = json.loads(run_cli("ports", "--json").stdout)
    assert all(port.keys() == {"port", "usb_id", "probe", "description"} for port in ports)


def test_target_of_the_user_s_own_that_cannot_be_loaded_is_listed_with_the_reason() -> None:
    project = Project(Path(), {"targets": {"mine": "no_such_module:Mine"}})
    assert "which cannot be loaded: No module" in _by_name(examine(project))["target mine"].fix
