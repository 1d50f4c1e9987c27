"""Memory: which source file owns how many bytes of flash and RAM, from the ELF and its map."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

from tinyml_hil.build import is_loaded, is_writable
from tinyml_hil.record import Count

PADDING = "padding"
_OWN_SECTIONS = {
    ".model": "the model",
    ".selftest": "the self-test's images",
    ".arena": "the tensor arena",
    ".stack": "the stack",
}
# What comes before was discarded; what comes after is not in memory, as debug information.
_MAP = re.compile(r"^Linker script and memory map$(.*?)^OUTPUT\(", re.MULTILINE | re.DOTALL)
# A name, which may stand on a line of its own, an address, a size, and the object that it is from.
_PIECE = re.compile(r"^ \S+\s+0x([0-9a-f]{8,16})\s+0x([0-9a-f]+) (\S.*)$", re.MULTILINE)
_MEMBER = re.compile(r"([^/]+\.a)\(.*\)$")


@dataclass(frozen=True)
class Memory:
    """Bytes by owner, the largest first."""

    flash: dict[str, Count]
    """What is programmed; initialised data counts here and in ``ram``."""
    ram: dict[str, Count]

    @property
    def flash_owners(self) -> list[tuple[str, int]]:
        """Who owns code and constants, the largest first."""
        return _unnamed(self.flash)

    @property
    def ram_owners(self) -> list[tuple[str, int]]:
        """Who owns RAM besides arena and stack, the largest first."""
        return _unnamed(self.ram)

    def to_json(self) -> str:
        """A size table that reads well."""
        return json.dumps(asdict(self), indent=2) + "\n"


def _unnamed(owners: dict[str, int]) -> list[tuple[str, int]]:
    """Without what has a section of its own, whose size is known from the section."""
    return [item for item in owners.items() if item[0] not in _OWN_SECTIONS.values()]


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    owner: str


def read_memory(elf: Path, linker_map: Path | None) -> Memory:
    """Bytes of flash and RAM by owner.

    Args:
        linker_map: GNU ld's; without one the owners are the ELF's sections.

    Raises:
        OSError: a file cannot be read.
        ELFError: ``elf`` is none.
    """
    pieces = list(_pieces(linker_map.read_text(errors="replace"))) if linker_map else []
    flash: Counter[str] = Counter()
    ram: Counter[str] = Counter()
    with elf.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            owners = _owners(section, pieces)
            if is_loaded(section):
                flash.update(owners)
            if is_writable(section):
                ram.update(owners)
    return Memory(flash=dict(flash.most_common()), ram=dict(ram.most_common()))


def _owners(section: Any, pieces: list[_Piece]) -> Counter[str]:
    size = int(section["sh_size"])
    if section.name in _OWN_SECTIONS or not pieces:
        return Counter({_OWN_SECTIONS.get(section.name, section.name): size} if size else {})
    start = int(section["sh_addr"])
    owners = _within(pieces, start, start + size)
    owners[PADDING] = size - owners.total()
    return +owners


def _within(pieces: list[_Piece], start: int, end: int) -> Counter[str]:
    """Bytes by owner; where pieces overlap, as merged strings do, a byte counts once."""
    owners: Counter[str] = Counter()
    for piece in pieces:
        first, last = max(piece.start, start), min(piece.end, end)
        if first < last:
            owners[piece.owner] += last - first
            start = last
    return owners


def _pieces(text: str) -> Iterator[_Piece]:
    """The input sections that the linker placed, by address."""
    placed = _MAP.search(text)
    found = _matches(_PIECE.finditer(placed[1] if placed else ""))
    return iter(sorted(found, key=lambda piece: (piece.start, piece.end)))


def _matches(found: Iterable[re.Match[str]]) -> Iterator[_Piece]:
    for match in found:
        start, size = int(match[1], 16), int(match[2], 16)
        yield _Piece(start, start + size, _owner(match[3]))


def _owner(path: str) -> str:
    """``app/console`` for an object of the firmware, ``libm.a`` for an archive's member."""
    if member := _MEMBER.search(path):
        return member[1]
    return path.removeprefix("common/").removeprefix("obj/").removesuffix(".o")
