"""No two of the firmware's files need each other, from the symbols of their objects.

A symbol that one object lacks and another has is a need, whether it is called, read or pointed to.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tinyml_hil import paths
from tinyml_hil.build import COMPILER
from tinyml_hil.session import Options, Session

PLATFORMS = sorted(path.parent.name for path in paths.PLATFORMS.glob("*/bsp"))
Needs = dict[str, set[str]]


def linked_objects(elf: Path) -> list[Path]:
    """Return what the linker was given, from its map: older objects may lie beside."""
    named = re.findall(r"^LOAD (.*\.o)$", elf.with_suffix(".map").read_text(), re.MULTILINE)
    return [elf.parent / name for name in named if name.startswith(("obj/", "common/obj/"))]


def read_needs(objects: Iterable[Path]) -> Needs:
    """Return for each object the other objects that have what it lacks."""
    lacks: Needs = {}
    owners: Needs = {}
    for path in objects:
        name = path.as_posix().rpartition("/obj/")[2].removesuffix(".o")
        with path.open("rb") as file:
            symbols = list(ELFFile(file).get_section_by_name(".symtab").iter_symbols())
        for symbol in symbols:
            if symbol["st_info"]["bind"] == "STB_LOCAL":
                continue
            if symbol["st_shndx"] == "SHN_UNDEF":
                lacks.setdefault(name, set()).add(symbol.name)
            else:
                owners.setdefault(symbol.name, set()).add(name)
    return {
        name: {owner for symbol in symbols for owner in owners.get(symbol, ())} - {name}
        for name, symbols in lacks.items()
    }


def check_order(needs: Needs) -> list[str]:
    """Return the objects, each after those that it needs; fail where there is no such order."""
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        pytest.fail(f"files of the firmware need each other: {' <- '.join(error.args[1])}")


@pytest.mark.skipif(not shutil.which(COMPILER), reason=f"{COMPILER} is not installed")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_two_files_need_each_other(platform: str) -> None:
    elf = Session(Options(platform=platform)).firmware.elf
    needs = read_needs(linked_objects(elf))
    order = check_order(needs)
    assert order.index("app/classifier") < order.index("app/infer") < order.index("app/console")
    assert all("bsp/cortex_m/startup" not in needed for needed in needs.values())


def test_a_circle_is_found_and_named(tmp_path: Path) -> None:
    """Also one that goes through a pointer, and only there."""
    sources = {
        "engine": "int talk(void); int run(void); int run(void) { return talk(); }",
        "talk": "extern int (*const table[])(void); int talk(void); int talk(void) { return 0; }"
        "int again(void); int again(void) { return table[0](); }",
        "table": "int run(void); extern int (*const table[])(void);"
        "int (*const table[])(void) = {run};",
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.c").write_text(source)
        command = ["gcc", "-c", f"{name}.c", "-o", f"{name}.o"]
        subprocess.run(command, cwd=tmp_path, check=True)
    with pytest.raises(pytest.fail.Exception) as raised:
        check_order(read_needs(tmp_path.glob("*.o")))
    assert all(name in str(raised.value) for name in sources)
