"""ABI: which core, and which way to call, an object was compiled for, by its build attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tinyml_hil.errors import UsageError

_ARCHIVE = b"!<arch>\n"
_HEADER = 60
"""Bytes of a member's header in an archive; its size is 10 digits at 48 (ar(5))."""
_ARCHITECTURES = {
    11: "v6-M",
    12: "v6S-M",
    10: "v7-M",
    13: "v7E-M",
    16: "v8-M Baseline",
    17: "v8-M Mainline",
    21: "v8.1-M Mainline",
}
"""Values of Tag_CPU_arch, each after those whose instructions it has (ABI for the Arm Architecture,
Addenda, "Target-related attributes"); v8-M Baseline, which lacks some of v7-M's, is for itself."""
_BASELINE = 16


@dataclass(frozen=True)
class Abi:
    """What of the build attributes decides whether objects can be linked, and run."""

    architecture: int
    """Tag_CPU_arch."""
    floats: int
    """Tag_FP_arch: which floating-point instructions; 0 for none."""
    single: bool
    """Tag_ABI_HardFP_use: those of single precision only."""
    hard: bool
    """Tag_ABI_VFP_args: floats are passed in their own registers."""
    enums: int
    """Tag_ABI_enum_size: 1 for the smallest that fits, 2 for 32 bits."""

    def __str__(self) -> str:
        known = _ARCHITECTURES.get(self.architecture, f"architecture {self.architecture}")
        width = " of single precision" if self.single else ""
        unit = f"with floating point{width}" if self.floats else "without floating point"
        passed = "hard" if self.hard else "soft"
        return f"Arm {known}, {unit}, {passed} float ABI"

    def takes(self, other: Abi) -> bool:
        """Whether what is compiled so can be linked with ``other``, and its core can run that."""
        if (self.hard, self.enums) != (other.hard, other.enums):
            return False
        wide_enough = other.single or not other.floats or not self.single
        return wide_enough and other.floats <= self.floats and self._runs(other.architecture)

    def _runs(self, architecture: int) -> bool:
        if _BASELINE in (self.architecture, architecture):
            return self.architecture >= architecture
        order = list(_ARCHITECTURES)
        known = self.architecture in order and architecture in order
        return known and order.index(architecture) <= order.index(self.architecture)


def abi_of(path: Path) -> Abi:
    """What an object, or the first of a library, was compiled for.

    Raises:
        UsageError: it cannot be read, is neither, or is not for Arm.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    for member in _members(content) if content.startswith(_ARCHIVE) else [content]:
        if member.startswith(b"\x7fELF"):
            return _attributes(path, member)
    raise UsageError(f"{path} holds no object: build it again")


def _members(archive: bytes) -> Iterator[bytes]:
    place = len(_ARCHIVE)
    while place + _HEADER <= len(archive):
        try:
            size = int(archive[place + 48 : place + 58])
        except ValueError:
            return  # damaged from here on
        yield archive[place + _HEADER : place + _HEADER + size]
        place += _HEADER + size + size % 2


def _attributes(path: Path, content: bytes) -> Abi:
    try:
        elf = ELFFile(BytesIO(content))
        if elf.header["e_machine"] != "EM_ARM":
            raise UsageError(f"{path} is for {elf.header['e_machine']}, not for Arm")
        section = elf.get_section_by_name(".ARM.attributes")
        found = {
            attribute.tag: attribute.value
            for part in (section.iter_subsections() if section else [])
            for subpart in part.iter_subsubsections()
            for attribute in subpart.iter_attributes()
        }
    except (ELFError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is damaged: {error}; build it again") from error
    return Abi(
        architecture=int(found.get("TAG_CPU_ARCH", 0)),
        floats=int(found.get("TAG_FP_ARCH", 0)),
        single=found.get("TAG_ABI_HARDFP_USE", 0) == 1,
        hard=found.get("TAG_ABI_VFP_ARGS", 0) == 1,
        enums=int(found.get("TAG_ABI_ENUM_SIZE", 0)),
    )
