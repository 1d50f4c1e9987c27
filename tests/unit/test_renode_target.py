"""The Renode target: what it says when Renode, or what runs in it, fails."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, comes_true, kill_those_naming, linked_at, processes_naming
from tinyml_hil import paths
from tinyml_hil.build import Firmware, load_platform
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session
from tinyml_hil.target import TargetOptions, Transcript
from tinyml_hil.target.renode import RenodeTarget
from tinyml_hil.target.renode_driver import RenodeDriver
from tinyml_hil.target.renode_monitor import RenodeMonitor
from tinyml_hil.target.renode_pyrenode import SOURCE, PyrenodeDriver


@pytest.fixture
def running(driver: type[RenodeDriver], renode: Path, tmp_path: Path) -> Iterator[RenodeDriver]:
    """A Renode without a machine."""
    running = driver(renode, tmp_path)
    yield running
    running.close()


def _program(folder: Path, *lines: str) -> Path:
    """A program that stands where Renode's is looked for."""
    program = folder / "renode"
    program.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    program.chmod(0o755)
    return program


def test_missing_renode_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("RENODE", raising=False)
    with pytest.raises(SetupError, match="tinyml-hil install-renode"):
        RenodeTarget.check(TargetOptions(cache=Path("/nowhere")))


def test_program_that_is_no_renode_is_quoted(tmp_path: Path) -> None:
    program = _program(tmp_path, "echo cannot find mono >&2", "exit 3")
    with pytest.raises(SetupError, match="does not run: cannot find mono"):
        RenodeTarget.check(TargetOptions(renode=program))


def test_this_renode_is_supported(renode: Path) -> None:
    assert RenodeTarget.check(TargetOptions(renode=renode)).startswith("Renode")


@pytest.mark.parametrize(
    "version",
    ["Renode v1.15.3.20342", "Renode v1.17.0.1 (abc)", "Renode, version 1.16.1 (d66b0c2a)"],
)
def test_supported_version_is_accepted(tmp_path: Path, version: str) -> None:
    program = _program(tmp_path, f"echo '{version}'")
    assert RenodeTarget.check(TargetOptions(renode=program)) == version


@pytest.mark.parametrize(
    "version", ["Renode v1.14.0.6270", "Renode v1.18.0.1", "Renode v2.16.0.1", "Renode of mine"]
)
def test_unsupported_version_says_what_is_supported_and_how_to_get_it(
    tmp_path: Path, version: str
) -> None:
    options = TargetOptions(renode=_program(tmp_path, f"echo '{version}'"))
    transcript = Transcript(tmp_path / "uart.log")
    target = RenodeTarget(load_platform("stm32h747i-disco"), transcript, options)
    for ask in (RenodeTarget.check, lambda _: target.start(tmp_path / "firmware.elf")):
        with pytest.raises(
            SetupError, match=f"is '{version}'; .* 1.15 to 1.17: tinyml-hil install-renode .*"
        ):
            ask(options)


def test_unknown_driver_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no driver 'x'; there are: monitor, pyrenode"):
        RenodeTarget.check(TargetOptions(renode_driver="x"))


def test_missing_pyrenode3_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _program(tmp_path, "echo Renode v1.16.1.1")
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(sys.modules, "pyrenode3", raising=False)
    with pytest.raises(SetupError, match=r"pyrenode3 is not installed: .* -m pip install 'git\+"):
        RenodeTarget.check(TargetOptions(renode=program, renode_driver="pyrenode"))


def test_extra_installs_the_pyrenode3_that_the_message_names() -> None:
    project = tomllib.loads((places.ROOT / "pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["pyrenode"] == [f"pyrenode3 @ {SOURCE}"]


def test_renode_that_dies_at_start_is_quoted(tmp_path: Path) -> None:
    program = _program(tmp_path, "echo no room for me", "exit 3")
    with pytest.raises(LinkError, match=r"(?s)Renode ended with 3; its last words:.*no room"):
        RenodeMonitor(program, tmp_path)


def test_renode_that_died_is_quoted_without_stack_traces(tmp_path: Path) -> None:
    trace = (
        "  at Antmicro.Renode.UserInterface.Monitor.Parse (System.String cmd) [0x001a4] in <1>:0"
    )
    program = _program(tmp_path, "echo the cause", *[f"echo '{trace}'"] * 40, "exit 3")
    with pytest.raises(LinkError, match=r"(?s)its last words:\nthe cause$"):
        RenodeMonitor(program, tmp_path)


@pytest.mark.parametrize("words", ["Disk full. Path /tmp/x", "No space left on device : '/tmp/x'"])
def test_full_disk_is_said_with_what_to_do(tmp_path: Path, words: str) -> None:
    folder = tmp_path / "tinyml-hil-1"
    folder.mkdir()
    with pytest.raises(LinkError, match=f"no room is left in {tmp_path}; .* with TMPDIR$"):
        RenodeMonitor(_program(folder, f'echo "{words}"', "exit 1"), folder)


def test_end_of_renode_awaits_what_still_writes(tmp_path: Path) -> None:
    program = _program(tmp_path, "setsid sh -c 'sleep 2; echo late > late' & exit 3")
    with pytest.raises(LinkError, match="Renode ended with 3"):
        RenodeMonitor(program, tmp_path)
    assert (tmp_path / "late").exists()


def test_renode_that_pyrenode3_cannot_load_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"(?s)Renode ended with 1; its last words:.*Error: "):
        PyrenodeDriver(_program(tmp_path, "exit 3"), tmp_path)


def test_failing_command_is_refused_in_renode_s_words(
    running: RenodeDriver, tmp_path: Path
) -> None:
    with pytest.raises(LinkError, match=r"(?s)refused .nonsense.*No such command or device"):
        running.execute("nonsense")
    with pytest.raises(LinkError, match=r"(?s)refused .include .*/none\.resc"):
        running.execute(f"include @{tmp_path}/none.resc")
    assert "it still takes commands" in running.execute('echo "it still takes commands"')


def test_broken_platform_description_is_refused_in_renode_s_words(
    running: RenodeDriver, tmp_path: Path
) -> None:
    (tmp_path / "x.repl").write_text("cpu: CPU.NoSuchCore @ sysbus\n")
    running.execute('mach create "x"')
    with pytest.raises(LinkError, match="NoSuchCore"):
        running.execute(f"machine LoadPlatformDescription @{tmp_path}/x.repl")


def test_command_without_an_answer_is_given_up_and_not_taken_for_the_next(
    running: RenodeDriver, tmp_path: Path
) -> None:
    may_end = tmp_path / "it may end"
    wait = f"[Thread.Sleep(50) for _ in iter(lambda: File.Exists('{may_end}'), True)]"
    use = "from System.IO import File; from System.Threading import Thread"
    sleep = f"python \"{use}; {wait}; print('late')\""
    with pytest.raises(LinkError, match=r"did not answer .* within 0\.5 s; Renode runs"):
        running.execute(sleep, timeout=0.5)
    may_end.touch()
    assert "late" not in running.execute('echo "next"')


def test_firmware_of_an_unknown_board_is_one_clear_message(
    driver: type[RenodeDriver], renode: Path, tmp_path: Path
) -> None:
    other = linked_at(tmp_path, 0x10000000)
    options = Options(target="renode", renode_driver=driver.name, firmware=other.elf)
    with (
        pytest.raises(LinkError, match=r"CPU was halted.*: is it for another board than this"),
        Session(options).device(tmp_path / "uart.log"),
    ):
        pass


def test_firmware_is_found_from_where_the_user_is(
    renode: Path, built_for_renode: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(built_for_renode.elf.parent)
    options = Options(target="renode", firmware=Path(built_for_renode.elf.name))
    with Session(options).device(tmp_path / "uart.log") as device:
        assert device.info.build_id == built_for_renode.build_id


def test_paths_may_have_spaces_and_umlauts(
    driver: type[RenodeDriver],
    renode: Path,
    built_for_renode: Firmware,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "a b \u00fc'"
    shutil.copytree(paths.PLATFORMS / "stm32h747i-disco", folder / "platform")
    shutil.copy(built_for_renode.elf, folder / "my firmware.elf")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("LC_ALL", "C")
    options = Options(
        target="renode",
        renode_driver=driver.name,
        platform=str(folder / "platform"),
        firmware=folder / "my firmware.elf",
    )
    session = Session(options, Project(folder, {"cache": "."}))
    for _ in ("a boot", "a snapshot"):
        with session.device(folder / "uart.log") as device:
            assert device.info.build_id == built_for_renode.build_id
            device.reset()


def test_renode_that_ends_as_it_saves_boots_again_without(
    renode: Path, built_for_renode: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = RenodeMonitor.execute

    def without_room(self: RenodeMonitor, command: str, timeout: float = 120.0) -> str:
        if command.startswith("Save"):
            self.close()
        return execute(self, command, timeout)

    monkeypatch.setattr(RenodeMonitor, "execute", without_room)
    options = Options(target="renode", firmware=built_for_renode.elf)
    log = tmp_path / "uart.log"
    with Session(options, Project(tmp_path, {"cache": "."})).device(log) as device:
        assert device.info.build_id == built_for_renode.build_id
    assert "no snapshot is kept, so that starts take longer: " in log.read_text()


@pytest.fixture
def session(
    driver: type[RenodeDriver],
    renode: Path,
    built_for_renode: Firmware,
    tmp_path: Path,
    private_tmp: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Session:
    """Of a Renode whose processes name ``private_tmp``; ``tmp_path`` lies elsewhere."""
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    return Session(
        Options(target="renode", renode_driver=driver.name, firmware=built_for_renode.elf)
    )


def test_renode_that_dies_in_the_middle_is_said_to_have_ended(
    session: Session, private_tmp: Path, tmp_path: Path
) -> None:
    with session.device(tmp_path / "uart.log") as device:
        kill_those_naming(private_tmp)
        with pytest.raises(LinkError, match="Renode ended"):
            device.console.request("name")


def test_time_of_a_machine_that_awaits_a_byte_passes_no_faster_than_the_host_s(
    session: Session, tmp_path: Path
) -> None:
    with session.device(tmp_path / "uart.log") as device:
        device.console.request("name")
        renode = device._running.target._monitor  # type: ignore[attr-defined]
        started, before = time.monotonic(), _virtual_seconds(renode)
        assert comes_true(lambda: _virtual_seconds(renode) > before, PATIENCE)
        passed = _virtual_seconds(renode) - before
        assert passed < time.monotonic() - started


def _virtual_seconds(renode: RenodeDriver) -> float:
    said = renode.execute("emulation GetTimeSourceInfo")
    found = re.search(r"Elapsed Virtual Time: (\d+):(\d+):([\d.]+)", said)
    assert found
    return (int(found[1]) * 60 + int(found[2])) * 60 + float(found[3])


def test_nothing_is_written_for_a_batch_without_images(session: Session, tmp_path: Path) -> None:
    tensor = session.model.input_of(session.dataset.image(0))
    with session.device(tmp_path / "uart.log") as device:
        device.classify(tensor, "memory")
    assert "points outside the file" not in (tmp_path / "uart.renode.log").read_text()


def test_simulation_that_hangs_is_given_up_with_renode_s_last_words(
    session: Session, private_tmp: Path, tmp_path: Path
) -> None:
    with session.device(tmp_path / "uart.log") as device:
        for process in processes_naming(private_tmp):
            os.kill(process, signal.SIGSTOP)
        device.console.timeout = 2
        with pytest.raises(LinkError, match=r"(?s)no answer within 2 s.*Renode runs; its last wor"):
            device.console.request("name")
    assert "Machine resumed" in (tmp_path / "uart.renode.log").read_text()


CORE_ALONE = """
nvic: IRQControllers.NVIC @ sysbus 0xE000E000
    -> cpu@0

cpu: CPU.CortexM @ sysbus
    cpuType: "cortex-m7"
    nvic: nvic
    init:
        PC 0x90000000
"""


def test_core_that_runs_where_nothing_is_is_told_in_renode_s_words(
    running: RenodeDriver, tmp_path: Path
) -> None:
    (tmp_path / "x.repl").write_text(CORE_ALONE)
    running.execute('mach create "x"')
    running.execute(f"machine LoadPlatformDescription @{tmp_path}/x.repl")
    assert running.trouble() == ""
    running.execute("start")
    assert comes_true(lambda: bool(running.trouble()), PATIENCE)
    assert re.search(r"the core stopped: .*CPU abort", running.trouble())


def test_platform_without_a_machine_in_renode_is_said(tmp_path: Path) -> None:
    platform = replace(load_platform("mps2-an500"), name="x", folder=paths.PLATFORMS / "x")
    transcript = Transcript(tmp_path / "uart.log")
    with pytest.raises(Exception, match="Renode has no machine for the platform x"):
        RenodeTarget(platform, transcript, TargetOptions())


def test_the_script_for_people_is_what_the_harness_runs() -> None:
    folder = paths.PLATFORMS / "stm32h747i-disco"
    assert (folder / "renode.resc").is_file()
    assert (folder / "renode.repl").is_file()
