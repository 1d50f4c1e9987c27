"""Embedded: where model, arena and stack are in an ELF that others have built."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from elftools.elf.elffile import ELFFile

from tinyml_hil.build.symbols import Symbols

_IDENTIFIER = b"TFL3"
_IDENTIFIER_AT = 4
_ARENA = re.compile(r"(\w+::)*(g_|s_|k)?tensor_?arena_?", re.IGNORECASE)
_STACK_SECTIONS = (".stack", ".stack_dummy")
"""Ours, and that of CMSIS's linker scripts."""
_ST_SIZE, _ST_SECTION = "_Min_Stack_Size", "._user_heap_stack"
"""The symbol whose value ST's linker scripts leave for the stack, and the section where they do."""
_CMSIS_LIMIT, _CMSIS_TOP = "__StackLimit", "__StackTop"
"""Symbols at the stack's lowest and its highest address, in CMSIS's linker scripts."""
_ALLOC_WRITE = 0x3  # SHF_ALLOC, SHF_WRITE
_SMALLEST_ARENA = 256
"""Bytes; less is a pointer to one, or its size."""


@dataclass(frozen=True)
class EmbeddedModel:
    """A ``.tflite`` in an ELF."""

    address: int
    size: int
    """Bytes; 0 if that is not known, since it is another model and no symbol tells."""
    differing: int
    """Bytes that differ from the model that was looked for."""
    content: bytes = field(repr=False)
    """All of it, or as much as the model has that was looked for if its size is not known."""


def loaded_segments(elf: ELFFile) -> list[Any]:
    """The segments of which an ELF has the content; others are only room."""
    return [s for s in elf.iter_segments("PT_LOAD") if s["p_filesz"]]


def find_model(elf: ELFFile, symbols: Symbols, content: bytes) -> EmbeddedModel | None:
    """The model in what an ELF loads: the one that is looked for, else the one most like it."""
    parts = [(s["p_vaddr"], s.data()) for s in loaded_segments(elf)]
    for address, part in parts:
        if (at := part.find(content)) >= 0:
            return EmbeddedModel(address + at, len(content), 0, content)
    others = [
        _other(address + at, part[at:], symbols, content)
        for address, part in parts
        for at in _models_in(part)
    ]
    return min(others, key=lambda other: other.differing, default=None)


def arena_of(symbols: Symbols) -> int:
    """Bytes of the tensor arena by the names that people give it; 0 if there is none of them."""
    sizes = [
        symbol.size
        for symbol in symbols
        if symbol.kind == "object"
        and symbol.size >= _SMALLEST_ARENA
        and _ARENA.fullmatch(symbol.plain_name)
    ]
    return sizes[0] if len(sizes) == 1 else 0


@dataclass(frozen=True)
class Stack:
    """What the linker left for the stack."""

    size: int
    """Bytes; 0 where it does not say."""
    is_in_section: bool
    """Whether it is in the sections already, with the variables."""


def stack_of(elf: ELFFile, symbols: Symbols) -> Stack:
    """The stack by its section, or by the symbols that linker scripts are known to have."""
    for name in _STACK_SECTIONS:
        section = elf.get_section_by_name(name)
        if section and section["sh_size"]:
            return Stack(int(section["sh_size"]), is_in_section=True)
    values = {symbol.linkage: symbol.address for symbol in symbols if symbol.kind == "label"}
    if size := values.get(_ST_SIZE, 0):
        section = elf.get_section_by_name(_ST_SECTION)
        return Stack(size, bool(section) and section["sh_size"] >= size)
    size = values.get(_CMSIS_TOP, 0) - values.get(_CMSIS_LIMIT, values.get(_CMSIS_TOP, 0))
    if size > 0:
        return Stack(size, _is_in_ram(elf, values[_CMSIS_LIMIT], size))
    return Stack(0, is_in_section=False)


def _is_in_ram(elf: ELFFile, start: int, size: int) -> bool:
    """Whether a section has these bytes that takes room in RAM."""
    return any(
        section["sh_flags"] & _ALLOC_WRITE == _ALLOC_WRITE
        and section["sh_addr"] <= start
        and start + size <= section["sh_addr"] + section["sh_size"]
        for section in elf.iter_sections()
    )


def _other(address: int, part: bytes, symbols: Symbols, content: bytes) -> EmbeddedModel:
    symbol = symbols.covering(address)
    size = symbol.address + symbol.size - address if symbol else 0
    known = np.frombuffer(content, np.uint8)
    held = part[: size or len(content)]
    found = np.frombuffer(held[: len(content)], np.uint8)
    alike = int(np.count_nonzero(known[: len(found)] == found))
    differing = max(size, len(content)) - alike
    if not size and differing < len(content) // 2:
        size = len(content)  # the same one, but for what was changed in it
    return EmbeddedModel(address, size, differing, held)


def _models_in(part: bytes) -> Iterator[int]:
    """Where flatbuffers with TFLite's identifier begin; the word alone is in its code, too."""
    at = part.find(_IDENTIFIER)
    while at >= 0:
        if at >= _IDENTIFIER_AT and _is_flatbuffer(part[at - _IDENTIFIER_AT :]):
            yield at - _IDENTIFIER_AT
        at = part.find(_IDENTIFIER, at + 1)


def _is_flatbuffer(content: bytes) -> bool:
    """Whether its root table and that one's list of fields lie in it, and have possible sizes."""
    try:
        (root,) = struct.unpack_from("<I", content)
        (back,) = struct.unpack_from("<i", content, root)
        if root - back < _IDENTIFIER_AT:
            return False
        fields, table = struct.unpack_from("<HH", content, root - back)
    except struct.error:
        return False
    return bool(_IDENTIFIER_AT <= fields <= 64 and fields % 2 == 0 and table >= _IDENTIFIER_AT)
