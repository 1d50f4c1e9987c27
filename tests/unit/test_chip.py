"""The memories of a chip, from the linker's map."""

from __future__ import annotations

from pathlib import Path

from tinyml_hil.report.chip import Chip, Region, read_chip

MAP = """
Memory Configuration

Name             Origin             Length             Attributes
FLASH            0x08000000         0x00100000         xr
ITCM             0x00000400         0x0000fc00         xr
DTCM             0x20000000         0x00020000         rw
AXISRAM          0x24000000         0x00040000         rw
LANE             0x24040000         0x00040000         rw
*default*        0x00000000         0xffffffff

Linker script and memory map

LOAD obj/app/main.o

.vectors        0x08000000      0x100
.note.gnu.build-id
                0x08000100       0x24
.hot            0x00000400      0x200 load address 0x08000200
.text           0x08000400     0x1000
 .text.main     0x08000400       0x10 obj/app/main.o
.stack          0x20000000     0x2000
.data           0x20002000        0x0 load address 0x08001400
.bss            0x20002000      0x400 load address 0x08001400
.arena          0x24000000     0xfc00 load address 0x08001400
OUTPUT(firmware.elf elf32-littlearm)

.debug_info     0x00000000    0x237ff
"""


def _read(folder: Path, text: str) -> Chip | None:
    path = folder / "firmware.map"
    path.write_text(text)
    return read_chip(path)


def test_flash_is_the_memory_of_the_code(tmp_path: Path) -> None:
    chip = _read(tmp_path, MAP)
    assert chip
    assert chip.flash == 1 << 20


def test_ram_is_every_writable_memory_that_has_something_in_it(tmp_path: Path) -> None:
    chip = _read(tmp_path, MAP)
    assert chip
    assert chip.ram == [Region("DTCM", 0x20000, 0x2400), Region("AXISRAM", 0x40000, 0xFC00)]
    assert chip.ram_size == 0x60000


def test_map_that_does_not_tell_gives_nothing(tmp_path: Path) -> None:
    assert _read(tmp_path, "") is None
    assert _read(tmp_path, MAP.replace("\n.text ", "\n.code ")) is None
