"""Building firmware, and what is read from an ELF."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from fixtures import places
from tests.changed_firmware import build_changed, copy_sources
from tinyml_hil import paths
from tinyml_hil.build import (
    Firmware,
    firmware as firmware_module,
    judge,
    open_firmware,
    selftest_of,
)
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model import load_model
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session


def _elsewhere(folder: Path, platform: Path | None = None) -> Session:
    """A session that builds in another folder, for the default platform or one of the user's."""
    options = Options(dataset=places.DEFAULT_DATASET, platform=str(platform) if platform else None)
    return Session(options, Project(folder, {"cache": "build"}))


def test_second_build_does_nothing(built: Firmware) -> None:
    before = built.elf.stat().st_mtime_ns
    assert Session(Options()).firmware.elf == built.elf
    assert built.elf.stat().st_mtime_ns == before


def test_another_arena_is_another_build(built: Firmware) -> None:
    other = Session(Options(arena=60_000)).firmware
    assert other.sizes.arena == 60_000
    assert other.build_id != built.build_id


def test_equal_sources_give_equal_bits_wherever_they_are_built(
    built: Firmware, tmp_path: Path
) -> None:
    assert _elsewhere(tmp_path).firmware.build_id == built.build_id


@pytest.mark.nightly
def test_any_path_will_do_and_sources_are_only_read(
    built: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of sources, platform and build: also one that means something to make or to a shell."""
    strange = tmp_path / "mit Leerzeichen ü" / "$HOME 'a' \"b\" #1=100% x:y;"
    platform = strange / "my boards" / "mps2-an500"
    shutil.copytree(paths.FIRMWARE, strange / "firmware")
    shutil.copytree(paths.PLATFORMS / "mps2-an500", platform)
    sources = [strange / "firmware", platform]
    before = [path for source in sources for path in sorted(source.rglob("*"))]
    for path in [*before, *sources]:
        path.chmod(path.stat().st_mode & 0o555)
    monkeypatch.setattr(paths, "FIRMWARE", strange / "firmware")
    firmware = _elsewhere(strange, platform).firmware
    assert firmware.elf.is_relative_to(strange)
    assert firmware.build_id == built.build_id
    assert [path for source in sources for path in sorted(source.rglob("*"))] == before
    assert estimate_arena(strange) > 0


def estimate_arena(strange: Path) -> int:
    """Return what the engine, built for the host below ``strange``, says of the default model."""
    model = load_model(paths.DEFAULT_MODEL)
    arena = judge(model.content, model.graph, strange / "build").arena
    assert arena
    return arena


def test_other_sources_behind_the_same_build_are_built(built: Firmware, tmp_path: Path) -> None:
    """Also where they are older than the objects, as files of a package may be."""
    folder, original = tmp_path / "built", paths.FIRMWARE
    first = Firmware(build_changed(built.elf, original, folder)).build_id
    sources = copy_sources(tmp_path)  # with the times of the originals
    text = sources / "app" / "text.c"
    changed_at = text.stat().st_mtime
    text.write_text(text.read_text().replace('"\\r\\n"', '"\\n"'))
    os.utime(text, (changed_at, changed_at))
    assert Firmware(build_changed(built.elf, sources, folder)).build_id != first


def test_platform_without_board_support_builds_nothing(tmp_path: Path) -> None:
    board = tmp_path / "board"
    shutil.copytree(paths.PLATFORMS / "mps2-an500", board, ignore=shutil.ignore_patterns("bsp"))
    with pytest.raises(UsageError, match=r"has no folder bsp: .* --firmware"):
        _ = Session(Options(platform=str(board))).firmware


def test_sizes_are_apart_by_what_takes_them(built: Firmware) -> None:
    model = paths.DEFAULT_MODEL.stat().st_size
    assert model <= built.sizes.model < model + 16
    assert built.sizes.arena == 64_512
    assert 0 < built.sizes.flash < 100_000
    assert built.sizes.stack > 0


def test_bin_is_beside_the_elf(built: Firmware) -> None:
    assert built.elf.with_suffix(".bin").stat().st_size > built.sizes.model


def test_address_is_turned_into_function_file_and_line(built: Firmware) -> None:
    with built.elf.open("rb") as file:
        (symbol,) = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name("main")
    assert built.locate(symbol["st_value"]).startswith("main (firmware/app/main.c:")


def test_address_outside_the_code_is_said_to_be_unknown(built: Firmware) -> None:
    assert built.locate(0xFFFFFFF0) == "no known function"


def test_compiler_that_is_not_there_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(firmware_module, "COMPILER", "arm-none-eabi-missing")
    with pytest.raises(SetupError, match="apt-get install gcc-arm-none-eabi"):
        _ = Session(Options()).firmware


def test_compiler_s_error_is_shown(built: Firmware, tmp_path: Path) -> None:
    sources = copy_sources(tmp_path)
    (sources / "Makefile").write_text("all:\n\t@echo 'x.c:1: error: no'; false\n")
    with pytest.raises(UsageError, match=r"x\.c:1: error: no"):
        build_changed(built.elf, sources, tmp_path / "built")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not an ELF file"),
        (b"\x7fELF and then nothing", "is not an ELF file"),
        (Path("/bin/sh").read_bytes(), "is for EM_.*, not for Arm"),
    ],
)
def test_file_that_is_no_firmware_is_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    (tmp_path / "x.elf").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        open_firmware(tmp_path / "x.elf")


def test_firmware_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the firmware"):
        open_firmware(tmp_path / "none.elf")


def test_arena_with_ready_firmware_is_a_contradiction(built: Firmware) -> None:
    options = replace(Options(), firmware=built.elf, arena=1)
    with pytest.raises(UsageError, match="--firmware builds none"):
        _ = Session(options).firmware


def test_self_test_holds_ten_images_with_labels_and_the_host_s_outputs() -> None:
    session = Session(Options())
    selftest = selftest_of(session.model, session.dataset, lambda: session.reference)
    blob = selftest.content(10)
    names = sum(len(name) + 1 for name in session.dataset.classes)
    record = 4 + 3072 + 10 + 2
    assert len(blob) == 24 + names + -names % 4 + 10 * record
    expected = session.reference.predict(session.model.input_of(session.dataset.image(9)))
    assert blob[-12:-2] == expected.tobytes()
