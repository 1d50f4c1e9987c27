"""Symbols: the functions and variables of an ELF, found by their names in C or C++."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import demangle
from elftools.elf.elffile import ELFFile

from tinyml_hil.errors import UsageError
from tinyml_hil.words import shortened, shown

Kind = Literal["function", "object", "label"]
"""A label is what assembler code or a linker script names, without a type."""
_KINDS: dict[str, Kind] = {"STT_FUNC": "function", "STT_OBJECT": "object", "STT_NOTYPE": "label"}
_COPY = re.compile(r"\.(constprop|isra|part|cold|lto_priv|localalias)\b.*")
"""What GCC appends to a name: ``lto_priv`` and ``localalias`` are the function itself, ``part`` and
``cold`` are pieces of it, and the others are copies of it with other parameters."""
_SAME, _PIECE = ("lto_priv", "localalias"), ("part", "cold")
_EXECUTABLE = 0x4  # SHF_EXECINSTR
_ANONYMOUS = "(anonymous namespace)::"
_NEAR = 5
_LONGEST = 100
"""Characters of a name in a message."""


@dataclass(frozen=True)
class Symbol:
    """A name, and what lies there."""

    linkage: str
    """The name in the symbol table: C++'s are mangled."""
    address: int
    """Without bit 0 for a function, where it marks Thumb code."""
    size: int
    """Bytes; 0 if the symbol table does not say."""
    kind: Kind

    @cached_property
    def name(self) -> str:
        """The name as it is written in C or C++, with the parameters in C++."""
        copied = _COPY.search(self.linkage)
        end = copied.start() if copied else len(self.linkage)
        return demangle.demangle(self.linkage[:end])

    @cached_property
    def plain_name(self) -> str:
        """The name without parameters and unnamed namespaces."""
        return _key(self.name)[0]

    @property
    def is_changed_copy(self) -> bool:
        """Whether the compiler made it from a function and may have changed its parameters."""
        copied = _COPY.search(self.linkage)
        return copied is not None and copied[1] not in _SAME

    @property
    def is_piece(self) -> bool:
        """Whether it is only a part of a function, which the compiler has set apart."""
        copied = _COPY.search(self.linkage)
        return copied is not None and copied[1] in _PIECE


class Symbols:
    """The symbol table of an ELF; it is empty if the ELF was stripped."""

    def __init__(self, elf: Path) -> None:
        """Reads the table.

        Raises:
            UsageError: the ELF cannot be read, or is damaged.
        """
        self.elf = elf
        try:
            with elf.open("rb") as file:
                self._all = list(_symbols_of(ELFFile(file)))
        except OSError as error:
            raise UsageError(f"cannot read the firmware {elf}: {error.strerror}") from error
        except Exception as error:  # pyelftools raises whatever a damaged table leads it into
            raise UsageError(f"the symbol table of {elf} is damaged: {error}") from error

    def __iter__(self) -> Iterator[Symbol]:
        """All of them, in the order of the table."""
        return iter(self._all)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def function(self, name: str) -> Symbol:
        """The function of this name.

        Args:
            name: as in C or C++, with or without namespaces that have no name and the parameters;
                or mangled.

        Raises:
            UsageError: there is none, or several; the message has those that are near.
        """
        return self._one(name, ("function", "label"), "function")

    def has_function(self, name: str) -> bool:
        """Whether there is a function of this name, or several."""
        return bool(_matching([symbol for symbol in self._all if symbol.kind == "function"], name))

    def variable(self, name: str) -> Symbol:
        """The variable of this name; the same holds as for ``function``."""
        return self._one(name, ("object", "label"), "variable")

    def functions(self, pattern: str) -> list[Symbol]:
        """The functions whose names without parameters match, such as ``ai_*_run``; no copies.

        In the order of their addresses; one with several names is there once.
        """
        by_address = {
            symbol.address: symbol
            for symbol in self._all
            if symbol.kind == "function"
            and not symbol.is_changed_copy
            and fnmatch.fnmatchcase(symbol.plain_name, pattern)
        }
        return [by_address[address] for address in sorted(by_address)]

    def covering(self, address: int) -> Symbol | None:
        """What a byte at this address belongs to, of all that has a size."""
        for symbol in self._all:
            if symbol.address <= address < symbol.address + symbol.size:
                return symbol
        return None

    def _one(self, name: str, kinds: Sequence[Kind], what: str) -> Symbol:
        if not self._all:
            raise UsageError(
                f"{self.elf} has no symbols, so '{shown(name)}' cannot be found in it: give the "
                "ELF as it was linked, not stripped; or addresses instead of names"
            )
        of_kind = [symbol for symbol in self._all if symbol.kind in kinds]
        found = {symbol.address: symbol for symbol in _matching(of_kind, name)}
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            which = "; ".join(f"{s.linkage} at {s.address:#x}" for s in found.values())
            raise UsageError(
                f"{self.elf} has several: {which}: give one of these names, or its address, "
                f"instead of '{shown(name)}'"
            )
        near = self._near(of_kind, name)
        hint = f"; near it are: {', '.join(near)}" if near else ""
        raise UsageError(f"{self.elf} has no {what} '{shown(name)}'{hint}")

    def _near(self, symbols: Sequence[Symbol], name: str) -> list[str]:
        """Names that may have been meant: of the same last word, else spelt alike."""
        wanted = _key(name)[0]
        word = wanted.rpartition("::")[2].lower()
        names = {symbol.plain_name: symbol.name for symbol in symbols}
        same = [plain for plain in names if word and plain.rpartition("::")[2].lower() == word]
        alike = difflib.get_close_matches(wanted, names, _NEAR, cutoff=0.6)
        found = dict.fromkeys([*same, *alike])
        return [shown(shortened(names[plain], _LONGEST)) for plain in found][:_NEAR]


def _symbols_of(elf: ELFFile) -> Iterator[Symbol]:
    table = elf.get_section_by_name(".symtab")
    is_code = [bool(section["sh_flags"] & _EXECUTABLE) for section in elf.iter_sections()]
    for symbol in table.iter_symbols() if table else ():
        kind, section = _KINDS.get(symbol["st_info"]["type"]), symbol["st_shndx"]
        if kind is None or section == "SHN_UNDEF" or not symbol.name:
            continue
        # "$t" and the like mark code and data for disassemblers.
        if symbol.name.startswith("$"):
            continue
        # Without optimization GCC gives static variables a size and no type.
        if kind == "label" and symbol["st_size"] and isinstance(section, int):
            kind = "label" if is_code[section] else "object"
        thumb = 1 if kind == "function" else 0
        yield Symbol(symbol.name, symbol["st_value"] & ~thumb, symbol["st_size"], kind)


def _matching(symbols: Sequence[Symbol], name: str) -> list[Symbol]:
    """The symbols of a name: the thing itself, else copies that the compiler made of it."""
    exact = [symbol for symbol in symbols if symbol.linkage == name]
    if exact:
        return exact
    wanted, parameters = _key(name)
    # Only what has the last word in it is demangled: there may be thousands. Operators and the
    # arguments of templates have other names there.
    words = [] if "operator" in wanted else re.findall(r"\w+", wanted.partition("<")[0])
    named = [s for s in symbols if (not words or words[-1] in s.linkage) and not s.is_piece]
    found = [s for s in named if _matches(s, wanted, parameters)]
    return [s for s in found if not s.is_changed_copy] or found


def _matches(symbol: Symbol, wanted: str, parameters: str | None) -> bool:
    plain, own = _key(symbol.name)
    # GCC numbers the static variables in functions of C.
    is_it = plain == wanted or re.sub(r"\.\d+$", "", plain) == wanted
    return is_it and parameters in (None, own)


def _key(name: str) -> tuple[str, str | None]:
    """A name without what may be left out, and its parameters if it ends in them."""
    name = re.sub(r"\s+", " ", name.replace(_ANONYMOUS, "").strip())
    name = re.sub(r" ?([^\w ]) ?", r"\1", re.sub(r"\[abi:\w+\]", "", name))
    name = re.sub(r"\)(const|volatile|&)*$", ")", name).replace("operator()", "operator\0")
    plain, parameters, depth, start = "", None, 0, 0
    for position, character in enumerate(name):
        if character == "(":
            start = start if depth else position
            depth += 1
        elif character == ")" and depth:
            depth -= 1
            parameters = name[start : position + 1]
        elif not depth:
            plain += character
    if not name.endswith(")"):
        parameters = None
    if parameters == "(void)":
        parameters = "()"
    plain = _without_result(plain).replace("\0", "()")
    return plain, parameters


def _without_result(name: str) -> str:
    """The name of a template's instance without the type that it returns, which stands before."""
    if "operator" in name:
        return name
    depth = 0
    for position in reversed(range(len(name))):
        depth += {">": 1, "<": -1}.get(name[position], 0)
        if name[position] == " " and not depth:
            return name[position + 1 :]
    return name
