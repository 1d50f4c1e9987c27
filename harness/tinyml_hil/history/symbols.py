"""Symbol sizes of a firmware, kept in its run's folder, so that runs can be compared later."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tinyml_hil.files import write_atomically
from tinyml_hil.record import Count, read_json

SYMBOLS = "symbols.json"


def symbol_sizes(elf: Path) -> dict[str, int]:
    """Bytes of each function and object; those of one name are added up."""
    from elftools.elf.elffile import ELFFile  # here: what reads the history has no need of it

    sizes: Counter[str] = Counter()
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        for symbol in table.iter_symbols() if table else []:
            if symbol["st_info"]["type"] in ("STT_FUNC", "STT_OBJECT") and symbol["st_size"]:
                sizes[str(symbol.name)] += int(symbol["st_size"])
    return dict(sorted(sizes.items()))


def save_symbols(elf: Path, folder: Path) -> None:
    """Writes symbols.json into the folder of a run.

    Raises:
        OSError: it could not be written.
    """
    content = json.dumps(symbol_sizes(elf), indent=0)
    write_atomically(folder / SYMBOLS, content.encode())


def load_symbols(folder: Path) -> dict[str, int]:
    """What ``save_symbols`` wrote; empty if there is none, as in a run of an older version.

    Raises:
        UsageError: it is damaged.
    """
    path = folder / SYMBOLS
    return read_json(path, dict[str, Count]) if path.exists() else {}
