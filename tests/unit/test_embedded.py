"""Sizes of firmware that others have built: the model's bytes, the arena and the stack in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures import places
from tinyml_hil.build import COMPILER, Firmware, open_firmware
from tinyml_hil.model import load_model
from tinyml_hil.session.checks import unchecked

pytestmark = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"{COMPILER} is not installed")
MODEL = places.CASES / "act_elu_int8.tflite"
OTHER = places.CASES / "cropping_int8.tflite"
SOURCE = """
#define ARENA 2048
static unsigned char {arena}[ARENA] __attribute__((aligned(16)));
__asm__(".section .rodata\\n.balign 16\\ng_model: .incbin \\"model.tflite\\"\\n"
        "g_model_end: {size}\\n.text");
extern const unsigned char g_model[];
const char *identifier = "\\0\\0\\0\\0TFL3";
int start(void) {{ {arena}[1] = g_model[0]; return {arena}[2] + *identifier; }}
"""
SIZED = ".size g_model, g_model_end - g_model"
ST = """
SECTIONS {
  _Min_Stack_Size = 0x400;
  .text 0x8000 : { *(.text* .rodata*) }
  .data 0x20000000 : { *(.data*) }
  .bss : { *(.bss*) }
  ._user_heap_stack : { . = . + 0x200; . = . + _Min_Stack_Size; }
}
"""
CMSIS = """
SECTIONS {
  .text 0x8000 : { *(.text* .rodata*) }
  .data 0x20000000 : { *(.data*) }
  .bss : { *(.bss*) }
  __StackTop = 0x20010000; __StackLimit = __StackTop - 0x600;
}
"""
Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Links firmware of somebody's with a model in it; no two of a test."""

    def linked(
        content: bytes, size: str = SIZED, script: str = ST, arena: str = "tensor_arena"
    ) -> Path:
        (tmp_path / "model.tflite").write_bytes(content)
        (tmp_path / "it.c").write_text(SOURCE.format(size=size, arena=arena))
        (tmp_path / "it.ld").write_text(script)
        flags = ("-mcpu=cortex-m4", "-mthumb", "-O0", "-nostdlib", "-Wl,-e,start", "-T", "it.ld")
        subprocess.run([COMPILER, *flags, "it.c", "-o", "it.elf"], cwd=tmp_path, check=True)
        return tmp_path / "it.elf"

    return linked


def _found(elf: Path) -> tuple[int, int]:
    """Size of the model in it, and how many bytes differ from the one that is looked for."""
    found = open_firmware(elf, MODEL.read_bytes()).embedded_model
    assert found
    return found.size, found.differing


def test_model_is_not_counted_as_code(build: Build) -> None:
    elf, content = build(MODEL.read_bytes()), MODEL.read_bytes()
    sizes, without = open_firmware(elf, content).sizes, Firmware(elf).sizes
    assert (sizes.model, without.model) == (len(content), 0)
    assert sizes.flash + sizes.model == without.flash


@pytest.mark.parametrize("size", [SIZED, ""])
def test_model_with_a_changed_byte_is_told_with_how_many_differ(build: Build, size: str) -> None:
    content = bytearray(MODEL.read_bytes())
    content[-40] ^= 1
    assert _found(build(bytes(content), size)) == (len(content), 1)


def test_another_model_has_the_size_of_its_symbol(build: Build) -> None:
    size, differing = _found(build(OTHER.read_bytes()))
    assert size == OTHER.stat().st_size
    assert differing > 100


def test_firmware_without_a_model_has_none(build: Build) -> None:
    """The word that marks one is in the code that looks for it, too."""
    assert open_firmware(build(b"none at all"), MODEL.read_bytes()).embedded_model is None


@pytest.mark.parametrize("arena", ["tensor_arena", "g_tensor_arena", "kTensorArena", "tensorArena"])
def test_arena_is_found_by_its_name(build: Build, arena: str) -> None:
    sizes = open_firmware(build(b"", arena=arena)).sizes
    assert sizes.arena == 2048
    assert sizes.ram < 2048


def test_array_of_another_name_is_no_arena(build: Build) -> None:
    sizes = open_firmware(build(b"", arena="arena_of_lions")).sizes
    assert sizes.arena == 0
    assert sizes.ram > 2048


def test_stack_in_a_section_is_not_counted_twice(build: Build) -> None:
    """The section has the heap's 512 bytes, too."""
    sizes = open_firmware(build(b"", script=ST)).sizes
    assert sizes.stack == 0x400
    assert 0x200 <= sizes.ram < 0x400


def test_stack_beside_the_sections_is_no_part_of_them(build: Build) -> None:
    sizes = open_firmware(build(b"", script=CMSIS)).sizes
    assert sizes.stack == 0x600
    assert 0 < sizes.ram < 0x40


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MODEL, "act_elu_int8 is in its ELF"),
        (OTHER, "at 0x8[0-9a-f]+, is not act_elu_int8: bytes that differ: [0-9,]+"),
        (None, "its model are those that were given is not checked"),
    ],
)
def test_what_the_elf_says_of_its_model_is_told(
    build: Build, given: Path | None, said: str
) -> None:
    model = load_model(MODEL)
    firmware = open_firmware(build(given.read_bytes() if given else b""), model.content)
    assert re.search(said, unchecked(firmware, model))
