"""Measures what each op adds to the firmware's flash, for the estimate of `tinyml-hil model`.

Builds the firmware for the MPS2-AN500 with every op, once each for int8 models, for those with
uint8 and for those with float32; reads who owns how many bytes out of the linker's map, and who
needs whom out of the objects' symbols. Writes firmware/flash.json:

- default: the default model's firmware and its compiler, by which a test knows when it is stale;
- base: what every firmware has;
- owners: the bytes of each source file and library of the ops;
- ops: the owners that each op needs.

    python -m bench.flash
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from fixtures import places
from tinyml_hil.build import FLASH_TABLE, INPUTS, load_platform, make_firmware
from tinyml_hil.report import read_memory
from tinyml_hil.run import versions_of
from tinyml_hil.session import Options, Session

VARIANTS = {"int8": (0, 0), "uint8": (1, 0), "float32": (1, 1)}
"""Whether uint8 and float32 are linked."""
OPS = ("nn/ops/", "nn/kernels/")
NOT_THE_FIRMWARE = ("the model", "the self-test's images")
LIBRARY = "libm.a"


def main() -> None:
    """Builds, measures and writes."""
    session = Session(Options())
    built = session.firmware.elf.parent  # model, self-test and header to build with
    table = {name: measure(built, name, *flags) for name, flags in VARIANTS.items()}
    default = {"compiler": versions_of(session)["compiler"], "flash": session.firmware.sizes.flash}
    table["default"] = default
    FLASH_TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def measure(built: Path, name: str, uint8: int, float32: int) -> dict[str, object]:
    """The table for one choice of types."""
    folder = places.BUILD / "firmware" / "flash-table" / name
    folder.mkdir(parents=True, exist_ok=True)
    for input_name in INPUTS:
        shutil.copy2(built / input_name, folder)
    variables = ["NN_OPS=all", f"NN_WITH_UINT8={uint8}", f"NN_WITH_FLOAT={float32}"]
    variables += [f"NN_WITH_{what}=0" for what in ("INT4", "HYBRID", "INT16", "CUSTOM")]
    make_firmware(load_platform("mps2-an500"), folder, variables, folder)
    elf = folder / "firmware.elf"
    sizes = read_memory(elf, elf.with_suffix(".map")).flash
    owners = {o: size for o, size in sizes.items() if o.startswith(OPS) or o == LIBRARY}
    base = sum(size for o, size in sizes.items() if o not in owners and o not in NOT_THE_FIRMWARE)
    return {"base": base, "owners": owners, "ops": needs(folder, owners)}


def needs(folder: Path, owners: dict[str, int]) -> dict[str, list[str]]:
    """The owners that each op needs, directly or not."""
    defined: dict[str, str] = {}
    undefined: dict[str, list[str]] = {}
    for path in folder.rglob("*.o"):
        owner = path.as_posix().rpartition("/obj/")[2].removesuffix(".o")
        listed = subprocess.run(
            ["arm-none-eabi-nm", "-g", path], capture_output=True, text=True, check=True
        )
        symbols = [line.split()[-2:] for line in listed.stdout.splitlines()]
        undefined[owner] = [symbol for kind, symbol in symbols if kind == "U"]
        defined |= {symbol: owner for kind, symbol in symbols if kind != "U"}

    def closure(owner: str, found: set[str]) -> set[str]:
        if owner in owners and owner not in found:
            found.add(owner)
            for symbol in undefined.get(owner, []):
                library = "" if symbol.startswith("_") else LIBRARY
                closure(defined.get(symbol, library), found)
        return found

    ops = {s.removeprefix("nn_op_"): o for s, o in defined.items() if s.startswith("nn_op_")}
    known = {op: owner for op, owner in ops.items() if owner.startswith("nn/ops/")}
    return {op.upper(): sorted(closure(owner, set())) for op, owner in known.items()}


if __name__ == "__main__":
    main()
