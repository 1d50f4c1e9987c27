"""An ELF for Arm with one segment, as small as one can be."""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SEGMENT = struct.Struct("<8I")
_ARM, _EXECUTABLE, _LOADED, _READ = 40, 2, 1, 4


def write_elf(path: Path, address: int, content: bytes) -> Path:
    """Writes an ELF that has this content at this address, and nothing else."""
    start = _HEADER.size + _SEGMENT.size
    header = _HEADER.pack(
        b"\x7fELF\x01\x01\x01",
        *(_EXECUTABLE, _ARM, 1, address, _HEADER.size, 0, 0),
        *(_HEADER.size, _SEGMENT.size, 1, 40, 0, 0),
    )
    segment = _SEGMENT.pack(
        *(_LOADED, start, address, address, len(content), len(content), _READ, 4)
    )
    path.write_bytes(header + segment + content)
    return path
