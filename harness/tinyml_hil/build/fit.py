"""Fit: whether an ELF is for a platform, as far as it says so itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tinyml_hil import paths
from tinyml_hil.build.firmware import Firmware
from tinyml_hil.build.memory import Memory, memories_of
from tinyml_hil.build.platform import Platform, load_platform, platform_names
from tinyml_hil.errors import UsageError


def require_fit(firmware: Firmware, platform: Platform, own: Path) -> None:
    """Refuses an ELF that says that it is for another platform, and not for this one.

    An ELF says so by its name, if it is ours; by its section ``.board``; and by where it lies. What
    is like no platform that is known may be for this one.

    Args:
        own: the folder of the user's platforms, which need not be there.

    Raises:
        UsageError: it is for another one.
    """
    for other in _others(platform, own):
        why = _called(firmware, platform, other) or _declared(firmware, platform, other)
        if why := why or _placed(firmware, platform, other):
            raise UsageError(
                f"{firmware.elf} is not for {platform.name} but for another board, such as "
                f"{other.name}: {why}; choose what it was built for with --platform"
            )


def _others(platform: Platform, own: Path) -> Iterator[Platform]:
    for name in platform_names(own, paths.PLATFORMS):
        with suppress(UsageError):  # a damaged one is nobody's concern that does not choose it
            if name != platform.name:
                yield load_platform(name, own)


def _called(firmware: Firmware, platform: Platform, other: Platform) -> str:
    """A copy of a platform, under another name, takes the firmware of the original."""
    contradicts = any(
        a and b and a != b for a, b in zip(_facts(platform), _facts(other), strict=True)
    )
    return "that is what it calls itself" if firmware.platform == other.name and contradicts else ""


def _facts(platform: Platform) -> tuple[str | int, ...]:
    return platform.machine, platform.lane_address, platform.lane_size


def _declared(firmware: Firmware, platform: Platform, other: Platform) -> str:
    told = firmware.declaration
    if not other.declares or other.declares not in told:
        return ""
    fits = platform.declares and platform.declares in told
    return "" if fits else f"its section .board has {told!r}"


def _placed(firmware: Firmware, platform: Platform, other: Platform) -> str:
    here, there = _starts(platform), _starts(other)
    if not here or _reaches(firmware, here) or not _reaches(firmware, there):
        return ""
    return f"it is loaded to {firmware.places}"


def _starts(platform: Platform) -> list[Memory]:
    """Where a reset may begin."""
    memories = memories_of(platform)
    return [memories[role] for role in ("BOOT", "FLASH") if role in memories]


def _reaches(firmware: Firmware, memories: list[Memory]) -> bool:
    return any(
        part.start < memory.start + memory.size and memory.start < part.stop
        for part in firmware.ranges
        for memory in memories
    )
