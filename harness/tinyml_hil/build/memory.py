"""Memory: the memories of a platform, by its linker script, and what does not fit into them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tinyml_hil import paths
from tinyml_hil.build.platform import Platform, load_platform, platform_names

_REGION = re.compile(
    r"^\s*(?P<name>\w+)\s*(\([^)]*\))?\s*:\s*ORIGIN\s*=\s*(?P<origin>\w+)\s*,"
    r"\s*LENGTH\s*=\s*(?P<number>0[xX][0-9a-fA-F]+|\d+)(?P<unit>[KM]?)",
    re.MULTILINE,
)
_ALIAS = re.compile(r'REGION_ALIAS\(\s*"(?P<role>\w+)"\s*,\s*"?(?P<name>\w+)"?\s*\)')
_OVERFLOW = re.compile(r"region `(?P<name>\w+)' overflowed by (?P<bytes>\d+) bytes")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}
_ROLES = ("BOOT", "FLASH", "RAM", "HOT", "BULK")
"""What firmware/bsp/cortex_m/sections.ld lays into memories; ``BOOT`` is where a reset looks for
the start, if that is not ``FLASH``."""


@dataclass(frozen=True)
class Memory:
    """One memory of a chip."""

    name: str
    size: int
    """Bytes."""
    start: int
    """Its first address."""


@dataclass(frozen=True)
class Overflow:
    """What a linker could not place."""

    memory: Memory
    lacking: int
    """Bytes."""


def memories_of(platform: Platform) -> dict[str, Memory]:
    """The memories by what firmware takes them for: ``FLASH``, ``RAM``, ``HOT`` and ``BULK``.

    Several may be the same one, and a few platforms have a ``BOOT``, too. What the linker script
    does not say in this form is left out.
    """
    script = platform.folder / "bsp" / "linker.ld"
    text = script.read_text(errors="replace") if script.is_file() else ""
    regions = {
        found["name"]: Memory(
            found["name"],
            int(found["number"], 0) * _UNITS[found["unit"]],
            int(found["origin"], 0),
        )
        for found in _REGION.finditer(text)
    }
    names = {name: name for name in regions}
    names |= {found["role"]: found["name"] for found in _ALIAS.finditer(text)}
    return {role: regions[names[role]] for role in _ROLES if names.get(role) in regions}


def overflows_in(log: str, platform: Platform) -> list[Overflow]:
    """What the linker says in ``log`` that it could not place; empty if that is not what failed,
    or not in a memory that is known.
    """
    known = {memory.name: memory for memory in memories_of(platform).values()}
    return [
        Overflow(known[found["name"]], int(found["bytes"]))
        for found in _OVERFLOW.finditer(log)
        if found["name"] in known
    ]


def describe_overflow(overflow: Overflow, platform: Platform, what: str) -> str:
    """One sentence: what does not fit, by how much, and which of the product's platforms have more.

    Args:
        what: is to lie in the memory.
    """
    memory = overflow.memory
    roles = [role for role, other in memories_of(platform).items() if other == memory]
    needed = memory.size + overflow.lacking
    larger = _with_more(roles[-1], needed) if roles else []
    instead = f"; there is more room on --platform {', '.join(larger)}" if larger else ""
    return (
        f"{what} does not fit into {memory.name} of {platform.name}, which has {memory.size:,} "
        f"bytes: {overflow.lacking:,} are missing{instead}"
    )


def shortages(platform: Platform, flash: int, bulk: int) -> list[str]:
    """What does not fit into a platform, one sentence each.

    Args:
        flash: bytes of code, constants and model.
        bulk: bytes of arena and input.
    """
    memories = memories_of(platform)
    return [
        f"{platform.name}: {what} of {size:,} bytes, and {memories[role].name} has "
        f"{memories[role].size:,}: {size - memories[role].size:,} are missing"
        for role, what, size in (
            ("FLASH", "firmware and model", flash),
            ("BULK", "arena and input", bulk),
        )
        if role in memories and size > memories[role].size
    ]


def _with_more(role: str, needed: int) -> list[str]:
    """The product's platforms that have so many bytes for something."""
    found = []
    for name in platform_names(paths.PLATFORMS):
        memory = memories_of(load_platform(name)).get(role)
        if memory and memory.size >= needed:
            found.append(name)
    return found
