"""Sources: where the files are that an ELF was compiled from, and how much of each ran."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from tinyml_hil import paths
from tinyml_hil.record import CoverageFacts

_OF_THE_COMPILER = re.compile(r"^/usr/(lib|include)/|/lib/(gcc|clang)/|/arm-none-eabi/")
"""Its own headers, and those of its C library, which inlined functions are from."""


@dataclass
class Source:
    """One source file."""

    lines: dict[int, bool] = field(default_factory=dict)
    """Whether each line that has code ran, any of its code."""
    functions: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """The line of each function that has code of its own, and whether it was entered."""


@dataclass(frozen=True)
class Coverage:
    """What ran of a firmware, by its sources."""

    sources: Mapping[Path, Source]
    missing: tuple[str, ...] = ()
    """Files that do not count, by the names that the ELF has for them."""

    @property
    def doubt(self) -> str:
        """What a user should know of it, one sentence; empty if all is well."""
        if not self.sources:
            return (
                f"coverage is not known: none of the {len(self.missing):,} sources that the ELF "
                f"names is here, such as {self.missing[0]}: say where with "
                "--coverage-sources FROM=TO"
            )
        if not any(ran for source in self.sources.values() for ran in source.lines.values()):
            return "no line of the firmware was seen to run; the transcripts may say why"
        return ""

    def folders(self, project: Path) -> list[CoverageFacts]:
        """How much of each folder ran, by its name from the project's folder on if it is there."""
        found: dict[str, CoverageFacts] = {}
        for path, source in sorted(self.sources.items()):
            name = shown_path(path.parent, project)
            empty = CoverageFacts(folder=name, lines=0, lines_run=0, functions=0, functions_run=0)
            folder = found.setdefault(name, empty)
            folder["lines"] += len(source.lines)
            folder["lines_run"] += sum(source.lines.values())
            folder["functions"] += len(source.functions)
            folder["functions_run"] += sum(ran for _, ran in source.functions.values())
        return list(found.values())


def merged(coverages: Iterable[Coverage]) -> Coverage:
    """What ran in any of several runs."""
    sources: dict[Path, Source] = {}
    for coverage in coverages:
        for path, one in coverage.sources.items():
            both = sources.setdefault(path, Source())
            for number, ran in one.lines.items():
                both.lines[number] = ran or both.lines.get(number, False)
            for name, (number, ran) in one.functions.items():
                both.functions[name] = (number, ran or both.functions.get(name, (0, False))[1])
    return Coverage(sources)


class Sources:
    """Finds the files that an ELF names."""

    def __init__(self, elf: Path, moved: str | None) -> None:
        """``moved``: ``FROM=TO``, a folder in the ELF's names and where it is here."""
        self._folder = elf.absolute().parent
        self._moved = moved.split("=", 1) if moved else None
        self.find = cache(self._find)

    def _find(self, name: str) -> Path | None:
        """The file that is called so; None if it is not here, or is nobody's to test."""
        # Relative ones are of the folder that it was compiled in: ours are, and lie there as links.
        path = (self._folder / self._moved_name(name)).resolve()
        return path if path.is_file() and not _OF_THE_COMPILER.search(path.as_posix()) else None

    def _moved_name(self, name: str) -> Path:
        if self._moved:
            here, there = PurePosixPath(name), self._moved[0]
            if here.is_relative_to(there):
                return Path(self._moved[1]).absolute() / here.relative_to(there)
        return Path(name)


def shown_path(path: Path, project: Path) -> str:
    """A path for people: without what leads to the project, or to our own sources."""
    for root in (project.resolve(), paths.FIRMWARE.parent.resolve()):
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return path.as_posix()
