"""Ways to program a board: the calls that are made, and what is said when they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.conftest import PATIENCE, comes_true, has_ended
from tests.unit.plants.elf import write_elf
from tests.unit.simulated_board import platform
from tinyml_hil.errors import LinkError, SetupError, UsageError
from tinyml_hil.target import FLASHERS, CommandFlasher, Job
from tinyml_hil.target.flash import base, choose_flasher

TOOLS = {name: f for name, f in FLASHERS.items() if isinstance(f, CommandFlasher)}
Install = Callable[..., Path]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    chip = replace(
        platform(),
        flash_address=0x08000000,
        pyocd_target="stm32h747xihx",
        probe_rs_chip="STM32H747XIHx",
        volumes=("NOWHERE",),
    )
    return Job(tmp_path / "firmware.elf", chip, "PROBE1", None)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a tool on an otherwise empty PATH, which notes its calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name: str, says: str = "", code: int = 0) -> Path:
        tool, calls = folder / name, tmp_path / f"{name}.calls"
        tool.write_text(f'#!/bin/sh\necho "$@" >> {calls}\necho "{says}"\nexit {code}\n')
        tool.chmod(0o755)
        return calls

    return make


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "stm32cubeprogrammer",
            ["-c port=SWD mode=UR sn=PROBE1 -w {elf} -v -rst"],
        ),
        (
            "openocd",
            [
                "-f {cfg} -c gdb_port disabled; tcl_port disabled; telnet_port disabled "
                "-c adapter serial PROBE1 -c program {{{elf}}} verify reset exit"
            ],
        ),
        ("pyocd", ["load --target stm32h747xihx --uid PROBE1 {elf}"]),
        (
            "probe-rs",
            [
                "download --chip STM32H747XIHx --probe 0483:374e:PROBE1 --verify {elf}",
                "reset --chip STM32H747XIHx --probe 0483:374e:PROBE1",
            ],
        ),
    ],
)
def test_tool_is_called_to_program_verify_and_reset_the_chosen_probe(
    install: Install, job: Job, name: str, expected: list[str]
) -> None:
    calls = install(TOOLS[name].executable)
    TOOLS[name].program(job)
    config = job.platform.folder / "openocd.cfg"
    wanted = [e.format(elf=job.elf, cfg=config) for e in expected]
    assert calls.read_text().splitlines() == wanted


@pytest.mark.parametrize("name", TOOLS)
def test_tool_that_fails_is_quoted(install: Install, job: Job, name: str) -> None:
    install(TOOLS[name].executable, says="Error: No ST-LINK detected!", code=1)
    with pytest.raises(LinkError, match=r"ended with 1:\nError: No ST-LINK detected!\nThe call: "):
        TOOLS[name].program(job)


@pytest.mark.parametrize("name", TOOLS)
def test_tool_that_is_not_there_is_named_with_where_to_get_it(
    install: Install, job: Job, name: str
) -> None:
    with pytest.raises(SetupError, match=f"{TOOLS[name].executable} is not installed: "):
        choose_flasher(name, job)


def test_auto_takes_the_first_that_is_installed(install: Install, job: Job) -> None:
    install("pyocd")
    install("probe-rs")
    chosen = choose_flasher("auto", job)
    assert chosen is not None
    assert chosen.name == "pyocd"


def test_auto_without_any_lists_what_each_needs(install: Install, job: Job) -> None:
    with pytest.raises(SetupError) as error:
        choose_flasher("auto", job)
    assert all(f"  {name}: " in str(error.value) for name in FLASHERS)


def test_none_programs_nothing(job: Job) -> None:
    assert choose_flasher("none", job) is None


def test_unknown_way_lists_the_known_ones(job: Job) -> None:
    with pytest.raises(UsageError, match="no way to program called 'x'; there are: auto, "):
        choose_flasher("x", job)


def test_tool_that_hangs_is_ended_with_all_that_it_started(
    install: Install, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("openocd")
    child = tmp_path / "child"
    (tmp_path / "bin" / "openocd").write_text(
        f"#!/bin/sh\n/bin/sleep 300 &\necho $! >{child}\necho erasing\nwait\n"
    )
    monkeypatch.setattr(base, "TIMEOUT", 1.0)
    with pytest.raises(LinkError, match="did not end within 1 s:\nerasing\n"):
        FLASHERS["openocd"].program(job)
    assert comes_true(lambda: has_ended(int(child.read_text())), PATIENCE)


def test_volume_that_is_not_mounted_is_said(job: Job, tmp_path: Path) -> None:
    missing = replace(job, volume=tmp_path / "none")
    with pytest.raises(SetupError, match="is the board's volume mounted"):
        choose_flasher("mass-storage", missing)


def test_image_is_the_elf_s_whatever_lies_beside_it(job: Job) -> None:
    write_elf(job.elf, job.platform.flash_address, b"this firmware")
    job.elf.with_suffix(".bin").write_bytes(b"that firmware")
    assert job.image() == b"this firmware"


def test_elf_that_is_for_other_memory_has_no_image(job: Job) -> None:
    write_elf(job.elf, 0x24000000, b"in RAM")
    with pytest.raises(UsageError, match=r"loaded to 0x24000000-0x24000006, and an image begins"):
        job.image()


@pytest.mark.skipif(not shutil.which("openocd"), reason="apt-get install openocd")
def test_real_openocd_understands_the_call(job: Job, tmp_path: Path) -> None:
    config = tmp_path / "openocd.cfg"
    config.write_text("source [find interface/stlink.cfg]\nsource [find target/stm32h7x.cfg]\n")
    arguments = FLASHERS["openocd"]
    assert isinstance(arguments, CommandFlasher)
    (call,) = arguments.calls(replace(job, probe=None))
    call[call.index("-f") + 1] = str(config)
    result = os.popen(" ".join(["openocd", *(f"'{c}'" for c in call), "2>&1"])).read()
    assert "invalid command name" not in result
    assert "Error: open failed" in result or "No device found" in result or "libusb" in result
