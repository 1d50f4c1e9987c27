"""platform.toml: what is read, and what is said where it is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tinyml_hil import paths
from tinyml_hil.build import load_platform
from tinyml_hil.errors import UsageError

GOOD = 'description = "a board"\ntargets = ["qemu"]\narena = 1024\n'


def _write(folder: Path, content: str) -> Path:
    (folder / "board").mkdir()
    (folder / "board" / "platform.toml").write_text(content)
    return folder


def test_shipped_platform_is_valid() -> None:
    platform = load_platform("mps2-an500")
    assert platform.machine == "mps2-an500"
    assert platform.targets == ("qemu",)


SHIPPED = sorted(file.parent.name for file in paths.PLATFORMS.glob("*/platform.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_platform_has_what_its_targets_need(name: str) -> None:
    platform = load_platform(name)
    needs = {"bsp/bsp.mk", "bsp/linker.ld", "bsp/bsp.c"}
    if "qemu" in platform.targets:
        assert platform.machine
    if "renode" in platform.targets:
        assert platform.renode_uart
        needs |= {"renode.repl", "renode.resc", "reset.resc", "cycle_counter.repl"}
    if "board" in platform.targets:
        assert all([platform.usb_ids, platform.volumes, platform.flash_address])
        assert all([platform.pyocd_target, platform.probe_rs_chip])
        needs |= {"openocd.cfg"}
    assert [need for need in sorted(needs) if not (platform.folder / need).is_file()] == []


def test_optional_keys_have_defaults(tmp_path: Path) -> None:
    platform = load_platform("board", _write(tmp_path, GOOD))
    assert (platform.machine, platform.lane_size) == ("", 0)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", r"missing keys \['arena', 'description', 'targets'\]"),
        (GOOD + "colour = 1\n", r"unknown keys \['colour'\]"),
        (GOOD.replace("1024", '"big"'), r"Expected `int`, got `str` - at `\$.arena`"),
        (GOOD.replace('["qemu"]', '"qemu"'), r"Expected `array`, got `str` - at `\$.targets`"),
        ("not toml", "platform.toml is not TOML: "),
    ],
)
def test_wrong_file_is_named_with_what_is_wrong(
    tmp_path: Path, content: str, complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        load_platform("board", _write(tmp_path, content))


def test_a_platform_may_lie_in_any_folder(tmp_path: Path) -> None:
    folder = _write(tmp_path, GOOD) / "board"
    platform = load_platform(str(folder))
    assert (platform.name, platform.folder) == ("board", folder)


def test_a_folder_that_is_no_platform_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{tmp_path} is no platform: it has no platform.toml"):
        load_platform(f"{tmp_path}/")


def test_a_platform_s_name_goes_into_file_names_and_strings_of_c(tmp_path: Path) -> None:
    strange = (_write(tmp_path, GOOD) / "board").rename(tmp_path / 'my "board"')
    with pytest.raises(UsageError, match="the folder's name is the platform's, of letters"):
        load_platform(str(strange))


@pytest.mark.parametrize("key", ["name", "folder"])
def test_what_the_folder_says_is_not_said_in_the_file(tmp_path: Path, key: str) -> None:
    _write(tmp_path, GOOD + f'{key} = "x"\n')
    with pytest.raises(UsageError, match=rf"unknown keys \['{key}'\]"):
        load_platform("board", tmp_path)


def test_unknown_platform_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no platform 'x'; there are: board"):
        load_platform("x", _write(tmp_path, GOOD))


def test_platforms_in_renode_count_instructions_by_the_same_counter() -> None:
    # A folder is whole by itself, so that anybody can take it elsewhere: each has the file.
    counters = [file.read_text() for file in paths.PLATFORMS.glob("*/cycle_counter.repl")]
    assert len(counters) > 1
    assert len(set(counters)) == 1


def test_project_s_own_platform_comes_before_the_product_s(tmp_path: Path) -> None:
    shutil.copytree(paths.PLATFORMS / "mps2-an386", tmp_path / "mps2-an386")
    assert load_platform("mps2-an386", tmp_path).folder == tmp_path / "mps2-an386"
    assert load_platform("mps2-an500", tmp_path).folder == paths.PLATFORMS / "mps2-an500"
    assert load_platform("mps2-an500", tmp_path / "none").folder.name == "mps2-an500"
