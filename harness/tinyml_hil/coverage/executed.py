"""Executed: from the addresses that ran to the lines and functions that ran."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from tinyml_hil.build import Line, Symbols, lines_of
from tinyml_hil.coverage.sources import Coverage, Source, Sources
from tinyml_hil.target import Ranges


def coverage_of(elf: Path, executed: Ranges, moved_sources: str | None = None) -> Coverage:
    """What ran of a firmware.

    A line ran if any of its code did; a function, if its first instruction did. Nothing is said of
    branches: that a block was entered does not tell where it was left.

    Args:
        executed: addresses, in order.
        moved_sources: ``FROM=TO``, where the sources are, if not where the ELF names them.

    Raises:
        UsageError: the ELF has no debug information, or it is damaged.
    """
    places = Sources(elf, moved_sources)
    sources: dict[Path, Source] = {}
    missing: set[str] = set()
    starts: dict[int, tuple[Source, int]] = {}
    for line in lines_of(elf):
        path = places.find(line.file)
        if path is None:
            missing.add(line.file)
            continue
        source = sources.setdefault(path, Source())
        ran = source.lines.get(line.number, False) or _ran(line, executed)
        source.lines[line.number] = ran
        starts.setdefault(line.code.start, (source, line.number))
    for symbol in Symbols(elf):
        if symbol.kind != "function" or symbol.is_piece or symbol.address not in starts:
            continue
        source, number = starts[symbol.address]
        first, ran = source.functions.get(symbol.name, (number, False))
        entered = ran or _overlaps(executed, symbol.address, symbol.address + 1)
        source.functions[symbol.name] = (min(first, number), entered)
    return Coverage(sources, tuple(sorted(missing)))


def _ran(line: Line, executed: Ranges) -> bool:
    return _overlaps(executed, line.code.start, line.code.stop)


def _overlaps(ranges: Ranges, start: int, end: int) -> bool:
    """Whether anything from ``start`` up to, not with, ``end`` is in one of the ranges."""
    before = bisect_right(ranges, end - 1, key=lambda found: found[0])
    return before > 0 and ranges[before - 1][1] > start
