"""The firmware's own functions of <string.h>, built for the host, against Python's bytes."""

from __future__ import annotations

import ctypes
import random
import subprocess
from collections.abc import Iterator

import pytest

from tests.unit.conftest import PATIENCE
from tinyml_hil import paths

SOURCE = paths.FIRMWARE / "bsp" / "cortex_m" / "string.c"
NAMES = ("memcpy", "memmove", "memset", "memcmp", "strlen", "strcmp")
SIZE = 96


@pytest.fixture(scope="module")
def string(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The functions, under other names than the host's: ``own_memcpy`` and so on."""
    library = tmp_path_factory.mktemp("string") / "string.so"
    command = ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-shared"]
    command += ["-fPIC", "-fno-builtin", "-fno-tree-loop-distribute-patterns"]
    command += [f"-D{name}=own_{name}" for name in NAMES]
    subprocess.run([*command, str(SOURCE), "-o", str(library)], check=True, timeout=PATIENCE)
    loaded = ctypes.CDLL(str(library))
    loaded.own_strlen.restype = ctypes.c_size_t
    return loaded


def places() -> Iterator[tuple[int, int, int]]:
    """Offsets of target and source, and a size: apart, overlapping either way, and the same."""
    rng = random.Random(0)
    for size in range(SIZE):
        for _ in range(20):
            yield rng.randrange(SIZE), rng.randrange(SIZE), size


def test_memmove_copies_whatever_overlaps(string: ctypes.CDLL) -> None:
    for target, source, size in places():
        expected = bytearray(random.Random(size).randbytes(3 * SIZE))
        memory = ctypes.create_string_buffer(bytes(expected), len(expected))
        expected[target : target + size] = expected[source : source + size]
        base = ctypes.addressof(memory)
        string.own_memmove(ctypes.c_void_p(base + target), ctypes.c_void_p(base + source), size)
        assert memory.raw == expected, (target, source, size)


def test_memcpy_copies_that_and_no_more(string: ctypes.CDLL) -> None:
    for offset, source, size in places():
        content = random.Random(size).randbytes(2 * SIZE)
        expected = bytearray(3 * SIZE)
        expected[offset : offset + size] = content[source : source + size]
        memory = ctypes.create_string_buffer(3 * SIZE)
        base = ctypes.addressof(memory)
        string.own_memcpy(ctypes.c_void_p(base + offset), content[source:], size)
        assert memory.raw == expected, (offset, source, size)


@pytest.mark.parametrize("value", [0, 1, 0x5A, 0xFF, -1, 0x1FF])
def test_memset_sets_the_low_byte(string: ctypes.CDLL, value: int) -> None:
    for offset in range(4):
        for size in range(SIZE):
            memory = ctypes.create_string_buffer(b"\x11" * 2 * SIZE, 2 * SIZE)
            string.own_memset(ctypes.c_void_p(ctypes.addressof(memory) + offset), value, size)
            filled = b"\x11" * offset + bytes([value & 0xFF]) * size
            assert memory.raw == filled.ljust(2 * SIZE, b"\x11"), (offset, size)


def sign(number: int) -> int:
    """Return -1, 0 or 1."""
    return (number > 0) - (number < 0)


WORDS = [b"", b"a", b"b", b"ab", b"abc", b"abd", b"abc\x80", b"\xff", b"db", b"db load"]


@pytest.mark.parametrize("a", WORDS)
def test_strings_compare_as_unsigned_bytes(string: ctypes.CDLL, a: bytes) -> None:
    assert string.own_strlen(a) == len(a)
    for b in WORDS:
        assert sign(string.own_strcmp(a, b)) == (a > b) - (a < b), (a, b)
        size = min(len(a), len(b))
        expected = (a[:size] > b[:size]) - (a[:size] < b[:size])
        assert sign(string.own_memcmp(a, b, size)) == expected, (a, b)
