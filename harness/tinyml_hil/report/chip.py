"""Chip: how much flash and RAM there is for a firmware, as its linker was told: from the map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_REGIONS = re.compile(r"^Memory Configuration\s+Name .*\n((?:\S.*\n)+)", re.MULTILINE)
_REGION = re.compile(r"^(\w+) +0x([0-9a-f]+) +0x([0-9a-f]+) *(\w*)$", re.MULTILINE)
# What comes after is not in memory, as debug information.
_PLACED = re.compile(r"^Linker script and memory map$(.*?)^OUTPUT\(", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^(\.\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)", re.MULTILINE)
_CODE = ".text"


@dataclass(frozen=True)
class Region:
    """One memory of the linker script's."""

    name: str
    size: int
    """Bytes."""
    used: int
    """Bytes of the sections that lie in it."""


@dataclass(frozen=True)
class Chip:
    """The memories that a firmware uses; others of the chip's are left out."""

    flash: int
    """Bytes of the memory that code and constants are in."""
    ram: list[Region]

    @property
    def ram_size(self) -> int:
        """Bytes of all RAM that has something in it."""
        return sum(region.size for region in self.ram)


@dataclass(frozen=True)
class _Span:
    name: str
    start: int
    size: int
    attributes: str = "rw"

    def holds(self, other: _Span) -> bool:
        return self.start <= other.start < self.start + self.size


def read_chip(linker_map: Path) -> Chip | None:
    """The memories in a map of GNU ld's; None if it does not tell.

    Raises:
        OSError: it cannot be read.
    """
    text = linker_map.read_text(errors="replace")
    table, placed = _REGIONS.search(text), _PLACED.search(text)
    if not table or not placed:
        return None
    regions = [_span(*match) for match in _REGION.findall(table[1])]
    sections = [span for match in _SECTION.findall(placed[1]) if (span := _span(*match)).size]
    code = [section for section in sections if section.name == _CODE]
    flash = [region for region in regions if any(region.holds(section) for section in code)]
    if not flash:
        return None
    writable = [r for r in regions if r not in flash and "w" in (r.attributes or "rw")]
    ram = [
        Region(region.name, region.size, sum(s.size for s in sections if region.holds(s)))
        for region in writable
    ]
    return Chip(flash[0].size, [region for region in ram if region.used])


def _span(name: str, start: str, size: str, attributes: str = "rw") -> _Span:
    return _Span(name, int(start, 16), int(size, 16), attributes)
