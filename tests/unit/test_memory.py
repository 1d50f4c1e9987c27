"""What fits into a chip: the self-test gets what is left, and what does not fit is one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.changed_firmware import warm_project
from tinyml_hil import paths
from tinyml_hil.build import COMPILER, load_platform, memories_of, platform_names, shortages
from tinyml_hil.errors import UsageError
from tinyml_hil.session import Options, Session

MODEL = places.CASES / "own_224_int8.tflite"
RECORD = 4 + 224 * 224 * 3 + 8
"""Bytes of one image in the self-test."""
needs_compiler = pytest.mark.skipif(
    not shutil.which(COMPILER), reason=f"{COMPILER} is not installed"
)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("images") / "set.npz"
    pixels = np.random.default_rng(0).integers(0, 256, (10, 224, 224, 3), np.uint8)
    np.savez(file, images=pixels, labels=np.arange(10) % 5)
    return file


def _session(platform: str | Path, images: Path | None, cache: Path, target: str) -> Session:
    chosen = Options(target=target, platform=str(platform), model=MODEL, dataset=images)
    return Session(chosen, warm_project(cache))


def _board(folder: Path, flash: str) -> Path:
    """An MPS2 with less flash."""
    board = folder / "small-board"
    shutil.copytree(paths.PLATFORMS / "mps2-an500", board)
    script = board / "bsp" / "linker.ld"
    script.write_text(script.read_text().replace("LENGTH = 4M", f"LENGTH = {flash}", 1))
    return board


@pytest.mark.parametrize("name", platform_names(paths.PLATFORMS))
def test_memories_of_every_platform_are_known(name: str) -> None:
    memories = memories_of(load_platform(name))
    assert memories.keys() - {"BOOT"} == {"FLASH", "RAM", "HOT", "BULK"}
    assert all(memories[role].size >= 16 * 1024 for role in memories.keys() - {"BOOT"})


def test_size_and_unit_of_a_memory_are_read() -> None:
    memories = memories_of(load_platform("stm32h747i-disco"))
    assert (memories["FLASH"].size, memories["BULK"].name) == (1 << 20, "AXISRAM")
    assert (memories["BULK"].size, memories["HOT"].size) == (256 << 10, 63 << 10)


def test_what_is_missing_is_counted() -> None:
    platform = load_platform("stm32h747i-disco")
    assert shortages(platform, flash=1 << 20, bulk=256 << 10) == []
    assert shortages(platform, flash=(1 << 20) + 7, bulk=0) == [
        "stm32h747i-disco: firmware and model of 1,048,583 bytes, and FLASH has 1,048,576: "
        "7 are missing"
    ]


@needs_compiler
def test_self_test_gets_as_many_images_as_there_is_flash_for(images: Path, tmp_path: Path) -> None:
    board = _board(tmp_path, "1M")
    firmware = _session(board, images, tmp_path, "qemu").firmware
    sizes = firmware.sizes
    left = (1 << 20) - sizes.flash - sizes.model - sizes.selftest
    assert 0 < firmware.selftest_images < 10
    assert 0 <= left < 2 * RECORD
    built_at = firmware.elf.stat().st_mtime_ns
    assert _session(board, images, tmp_path, "qemu").firmware.elf == firmware.elf
    assert firmware.elf.stat().st_mtime_ns == built_at


@needs_compiler
def test_firmware_that_does_not_fit_is_said_with_what_is_missing(
    images: Path, tmp_path: Path
) -> None:
    said = (
        r"own_224_int8, without images for a self-test, does not fit into FLASH of small-board, "
        r"which has 20,480 bytes: [\d,]+ are missing; there is more room on --platform mps2"
    )
    with pytest.raises(UsageError, match=said):
        _ = _session(_board(tmp_path, "20K"), images, tmp_path, "qemu").firmware


@needs_compiler
def test_arena_that_does_not_fit_is_said_with_what_is_missing(images: Path, tmp_path: Path) -> None:
    """Also where the images of the self-test do not fit, either."""
    with pytest.raises(UsageError) as error:
        _ = _session("stm32h747i-disco", images, tmp_path, "renode").firmware
    assert str(error.value) == (
        "the arena of 152,960 bytes, beside 150,528 for an input, does not fit into AXISRAM of "
        "stm32h747i-disco, which has 262,144 bytes: 41,344 are missing; there is more room on "
        "--platform mps2-an386, mps2-an500, mps3-an547"
    )
