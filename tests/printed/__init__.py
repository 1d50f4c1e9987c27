"""Firmware that prints its results in its own words: what it says is the host's own answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
_COMPILER = (
    *("arm-none-eabi-gcc", "-std=c11", "-mcpu=cortex-m7", "-mthumb", "-O2", "-g"),
    *("-ffreestanding", "-nostdlib", "-Wall", "-Wextra", "-Wconversion", "-Werror"),
)


def build_that_prints(folder: Path, text: str) -> Path:
    """Firmware that prints a text at boot, and no more. Returns its ELF."""
    return _build(folder, f"#define ALL {_literal(text)}\n")


def build_that_answers(folder: Path, prompt: str, answers: Mapping[bytes, str]) -> Path:
    """Firmware that prints a prompt, and for each line that it is sent its answer.

    ``answers``: by the lines, without their ends. Returns its ELF.
    """
    rows = "".join(f"{{{_hash(line)}u, {_literal(text)}}},\n" for line, text in answers.items())
    return _build(
        folder,
        f"#define PROMPT {_literal(prompt)}\n"
        "static const struct { uint32_t hash; const char *text; } answers[] = {\n"
        f"{rows}}};\n",
        "-DSENT",
    )


def _build(folder: Path, words: str, *macros: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "words.h").write_text(words)
    elf = folder / "printed.elf"
    command = [*_COMPILER, *macros, f"-I{folder}", f"-Wl,-T,{HERE / 'printed.ld'}"]
    subprocess.run([*command, HERE / "printed.c", "-o", elf], check=True)
    return elf


def _literal(text: str) -> str:
    # Text in ASCII without control characters but \n and \t is escaped alike in JSON and C.
    return json.dumps(text)


def _hash(line: bytes) -> int:
    value = 2166136261
    for byte in line:
        value = (value ^ byte) * 16777619 % 2**32
    return value
