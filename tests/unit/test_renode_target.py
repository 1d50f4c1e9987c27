"""The Renode target: what it says when Renode, or what runs in it, fails."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from harness import paths
from harness.errors import LinkError, SetupError
from harness.firmware import Firmware
from harness.link import Transcript
from harness.platform import load_platform
from harness.session import Options, Session
from harness.targets.base import TargetOptions
from harness.targets.renode import RenodeTarget
from harness.targets.renode_monitor import RenodeMonitor
from tests.unit.conftest import processes_naming


@pytest.fixture(scope="session")
def renode(built_for_renode: Firmware) -> Path:
    """Renode's executable; skips the test where there is none."""
    found = shutil.which(os.environ.get("RENODE", "renode"))
    assert found
    return Path(found)


def test_missing_renode_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("RENODE", raising=False)
    monkeypatch.setattr("harness.targets.renode.INSTALLED", Path("/nowhere/renode"))
    with pytest.raises(SetupError, match="make renode"):
        RenodeTarget.check(TargetOptions())


def test_program_that_is_no_renode_is_quoted(tmp_path: Path) -> None:
    program = tmp_path / "renode"
    program.write_text("#!/bin/sh\necho cannot find mono >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(SetupError, match="does not run: cannot find mono"):
        RenodeTarget.check(TargetOptions(renode=program))


def test_renode_that_dies_at_start_is_quoted(tmp_path: Path) -> None:
    program = tmp_path / "renode"
    program.write_text("#!/bin/sh\necho no room for me\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(LinkError, match=r"(?s)Renode ended with 3; its last words:.*no room"):
        RenodeMonitor(program, tmp_path)


def test_failing_command_is_refused_in_renode_s_words(renode: Path, tmp_path: Path) -> None:
    monitor = RenodeMonitor(renode, tmp_path)
    try:
        with pytest.raises(LinkError, match=r"(?s)refused .nonsense.*No such command or device"):
            monitor.execute("nonsense")
        with pytest.raises(LinkError, match=r"(?s)refused .include .*/none\.resc"):
            monitor.execute(f"include @{tmp_path}/none.resc")
        assert "Renode, version 1." in monitor.execute("version")
    finally:
        monitor.close()


def test_broken_platform_description_is_refused_in_renode_s_words(
    renode: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.repl").write_text("cpu: CPU.NoSuchCore @ sysbus\n")
    monitor = RenodeMonitor(renode, tmp_path)
    try:
        monitor.execute('mach create "x"')
        with pytest.raises(LinkError, match="NoSuchCore"):
            monitor.execute(f"machine LoadPlatformDescription @{tmp_path}/x.repl")
    finally:
        monitor.close()


def test_firmware_of_another_board_is_one_clear_message(
    renode: Path, built: Firmware, tmp_path: Path
) -> None:
    options = Options(target="renode", firmware=built.elf, timeout=5)
    with pytest.raises(LinkError) as error, Session(options).device(tmp_path / "uart.log"):
        pass
    assert str(error.value)


def test_renode_that_dies_in_the_middle_is_said_to_have_ended(
    renode: Path,
    built_for_renode: Firmware,
    tmp_path: Path,
    private_tmp: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    options = Options(target="renode", firmware=built_for_renode.elf)
    with Session(options).device(tmp_path / "uart.log") as device:
        for process in processes_naming(private_tmp):
            os.kill(process, signal.SIGKILL)
        with pytest.raises(LinkError, match="Renode ended"):
            device.console.request("name")


def test_platform_without_a_machine_in_renode_is_said(tmp_path: Path) -> None:
    platform = replace(load_platform("mps2-an500"), name="x")
    transcript = Transcript(tmp_path / "uart.log")
    with pytest.raises(Exception, match="Renode has no machine for the platform x"):
        RenodeTarget(platform, transcript, TargetOptions())


def test_the_script_for_people_is_what_the_harness_runs() -> None:
    folder = paths.PLATFORMS / "stm32h747i-disco"
    assert (folder / "stm32h747i-disco.resc").is_file()
    assert (folder / "stm32h747i-disco.repl").is_file()
