"""Firmware for another platform is told before it is started, wherever it says what it is for."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.conftest import linked_at
from tinyml_hil import paths
from tinyml_hil.build import COMPILER, Firmware, Platform, load_platform, require_fit
from tinyml_hil.errors import UsageError
from tinyml_hil.session import Options, Session

pytestmark = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"needs {COMPILER}")
NO_FOLDER = Path("none")


def _named(folder: Path, name: str, address: int = 0) -> Firmware:
    said = f"m-name-dut-[tinyml-hil {name}]"
    keep = f'__attribute__((used, section(".text"))) const char said[] = "{said}";'
    return linked_at(folder, address, keep)


@pytest.mark.parametrize(
    ("address", "platform", "other"),
    [
        (0x08000000, "mps2-an500", "stm32f746g-disco"),
        (0x08000000, "mps3-an547", "stm32f746g-disco"),
        (0, "stm32f746g-disco", "mps2-an386"),
        (0, "stm32h747i-disco", "mps2-an386"),
    ],
)
def test_elf_where_another_board_starts_is_not_for_this_one(
    tmp_path: Path, address: int, platform: str, other: str
) -> None:
    firmware = linked_at(tmp_path, address)
    said = rf"not for {platform} but for another board, such as {other}: it is loaded to 0x.*--plat"
    with pytest.raises(UsageError, match=said) as caught:
        require_fit(firmware, load_platform(platform), NO_FOLDER)
    assert "\n" not in str(caught.value)


def test_elf_for_a_board_of_the_same_memories_is_told_by_what_it_calls_itself(
    tmp_path: Path,
) -> None:
    firmware = _named(tmp_path, "mps2-an386")
    with pytest.raises(UsageError, match=r"such as mps2-an386: that is what it calls itself"):
        require_fit(firmware, load_platform("mps2-an500"), NO_FOLDER)


def test_elf_that_declares_another_board_is_told_by_that(tmp_path: Path) -> None:
    declared = '__attribute__((used, section(".board"))) const char board[] = "supply=direct-smps";'
    firmware = linked_at(tmp_path, 0x08000000, declared)
    with pytest.raises(UsageError, match=r"such as stm32h747i-disco: its section \.board has 'sup"):
        require_fit(firmware, load_platform("stm32f746g-disco"), NO_FOLDER)


@pytest.mark.parametrize("address", [0, 0x28000000, 0x10000000])
def test_elf_that_may_be_for_the_platform_is_taken(tmp_path: Path, address: int) -> None:
    """Also one that lies where no platform that we know starts."""
    require_fit(linked_at(tmp_path, address), load_platform("mps3-an547"), NO_FOLDER)


def _without_support(folder: Path) -> Platform:
    return replace(load_platform("mps2-an500"), name="mine", folder=folder, machine="")


def test_copy_of_a_platform_takes_the_original_s_firmware(tmp_path: Path) -> None:
    require_fit(_named(tmp_path, "mps2-an500"), _without_support(tmp_path), NO_FOLDER)


def test_elf_for_a_platform_of_the_user_s_is_not_for_another(tmp_path: Path) -> None:
    own = tmp_path / "platforms"
    shutil.copytree(paths.PLATFORMS / "mps2-an386", own / "mine")
    firmware = _named(tmp_path, "mine")
    with pytest.raises(UsageError, match=r"such as mine: that is what it calls itself"):
        require_fit(firmware, load_platform("mps2-an500"), own)


@pytest.mark.parametrize("target", ["qemu", "board"])
def test_firmware_of_another_board_is_refused_before_anything_starts(
    tmp_path: Path, target: str
) -> None:
    firmware = linked_at(tmp_path, 0x08000000 if target == "qemu" else 0)
    session = Session(Options(target=target, firmware=firmware.elf))
    with pytest.raises(UsageError, match=r"but for another board, such as"):
        _ = session.firmware


def test_our_own_firmware_says_what_it_is_for(built: Firmware) -> None:
    assert built.platform == "mps2-an500"
    require_fit(built, load_platform("mps2-an500"), NO_FOLDER)
