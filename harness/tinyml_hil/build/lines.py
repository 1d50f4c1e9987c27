"""Lines: which source line each piece of an ELF's code comes from, by its DWARF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from tinyml_hil.build.symbols import Symbols
from tinyml_hil.errors import UsageError

_CODE = 0x2 | 0x4  # SHF_ALLOC, SHF_EXECINSTR


@dataclass(frozen=True)
class Line:
    """A piece of code, and where it comes from."""

    code: range
    """Its addresses."""
    file: str
    """As the compiler was given it; relative to the folder that it ran in, if that is not told."""
    number: int
    """From 1 on."""


def lines_of(elf: Path) -> list[Line]:
    """All code of which the debug information tells the line; what the linker dropped is left out.

    Raises:
        UsageError: there is no debug information, or it is damaged.
    """
    with _reading(elf) as lines:
        return list(lines)


def require_lines(elf: Path) -> None:
    """Finds out whether ``lines_of`` has any to tell, which takes less time.

    Raises:
        UsageError: as ``lines_of``.
    """
    with _reading(elf):
        pass


@contextmanager
def _reading(elf: Path) -> Iterator[Iterator[Line]]:
    try:
        with elf.open("rb") as file:
            lines = _lines(ELFFile(file), {s.address for s in Symbols(elf) if s.kind == "function"})
            first = next(lines, None)
            if first is None:
                raise UsageError(
                    f"{elf} has no debug information, so no line of its sources is known: compile "
                    "with -g, and give the ELF as it was linked, not stripped"
                )
            yield chain([first], lines)
    except OSError as error:
        raise UsageError(f"cannot read the firmware {elf}: {error.strerror}") from error
    except UsageError:
        raise
    except Exception as error:  # pyelftools raises whatever a damaged table leads it into
        raise UsageError(f"the debug information of {elf} is damaged: {error}") from error


def line_at(elf: ELFFile, address: int) -> str:
    """File and line of a code address; empty if they are not known."""
    if not elf.has_dwarf_info():
        return ""
    dwarf = elf.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        for start, end, state in chain.from_iterable(_sequences(program)):
            if start <= address < end:
                return f"{_file_name(unit, program, state.file)}:{state.line}"
    return ""


def _lines(elf: ELFFile, named: set[int]) -> Iterator[Line]:
    """Those of code that is in the program; ``named``: the addresses of its functions."""
    if not elf.has_dwarf_info(strict=True):
        return
    sections = [s for s in elf.iter_sections() if s["sh_flags"] & _CODE == _CODE]
    code = [range(s["sh_addr"], s["sh_addr"] + s["sh_size"]) for s in sections]
    dwarf = elf.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        names: dict[int, str] = {}
        for sequence in _sequences(program):
            start = sequence[0][0]
            # What a linker drops it puts at 0, where the vectors are, or at the end of all.
            if not any(start in part for part in code) or (start == 0 and 0 not in named):
                continue
            for first, end, state in sequence:
                if state.line and first < end:
                    if state.file not in names:
                        names[state.file] = _file_name(unit, program, state.file)
                    yield Line(range(first, end), names[state.file], state.line)


def _sequences(program: Any) -> Iterator[list[tuple[int, int, Any]]]:
    """Code that lies together: its address ranges, each with the line table's state of it."""
    found: list[tuple[int, int, Any]] = []
    previous = None
    for entry in program.get_entries() if program else []:
        state = entry.state
        if state is None:
            continue
        if previous is not None:
            found.append((previous.address, state.address, previous))
        previous = None if state.end_sequence else state
        if state.end_sequence and found:
            yield found
            found = []


def _file_name(unit: Any, program: Any, number: int) -> str:
    header = program.header
    # Files and folders count from 0 in DWARF 5; before, from 1 (DWARF 5, section 6.2.4).
    first = 0 if header["version"] >= 5 else 1
    entry = header["file_entry"][number - first]
    index = entry["dir_index"] - first
    folder = header["include_directory"][index] if index >= 0 else b""
    compiled_in = unit.get_top_DIE().attributes.get("DW_AT_comp_dir")
    base = compiled_in.value.decode() if compiled_in else ""
    return Path(base, folder.decode(), entry["name"].decode()).as_posix()
