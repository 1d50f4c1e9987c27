"""Firmware: one built ELF for one platform and one model; builds it, and reads facts from it."""

from __future__ import annotations

import hashlib
import math
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from filelock import FileLock

import tinyml_hil
from tinyml_hil import paths
from tinyml_hil.build.abi import Abi, abi_of
from tinyml_hil.build.dwarf import Program
from tinyml_hil.build.embedded import (
    EmbeddedModel,
    arena_of,
    find_model,
    loaded_segments,
    stack_of,
)
from tinyml_hil.build.engines import Engine, OwnEngine
from tinyml_hil.build.lines import line_at
from tinyml_hil.build.make import run_make
from tinyml_hil.build.memory import describe_overflow, memories_of, overflows_in
from tinyml_hil.build.platform import Platform
from tinyml_hil.build.selftest import SelfTest, images_in
from tinyml_hil.build.symbols import Symbols
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.files import write_if_changed
from tinyml_hil.model import Model

COMPILER = "arm-none-eabi-gcc"
_NOT_THE_ENGINE_S = ("NN_OPS=", "NN_CUSTOM_OPS=", "EXTENSIONS=")
"""Variables of firmware/Makefile that the engine's sources do not see."""
_SHARED = b"BSP_SHARED"
"""How the line of bsp.mk begins that the engine is not compiled by."""
_ELF, _MODEL, _SELFTEST, _CONFIG = "firmware.elf", "model.tflite", "selftest.bin", "build_info.h"
_CORE = "core.o"
INPUTS = (_MODEL, _SELFTEST, _CONFIG)
"""What firmware/Makefile wants in the folder that it builds in."""
_TFLM_ARITHMETIC = "nn_tflm_arithmetic"
_INPUT_ROOM = 32 * 1024
"""Bytes of an input that the console takes at least, whatever the firmware's own model takes: other
models may be loaded."""
_BUILD_ERROR_LINES = 30
_NAMED = re.compile(rb"m-name-dut-\[tinyml-hil ([A-Za-z0-9._-]+)\]")
"""What firmware/app/device.c says that it is."""

_NOT_LINKED = {
    "ET_REL": "an object file",
    "ET_DYN": "a shared library, or made to run at any address",
    "ET_CORE": "a core dump",
}


@dataclass(frozen=True)
class Sizes:
    """What the firmware takes, in bytes."""

    flash: int
    """Code and constants, without the model and the self-test's images."""
    ram: int
    """Static RAM without the arena and the stack."""
    model: int
    selftest: int
    arena: int
    stack: int


@dataclass(frozen=True)
class Firmware:
    """An ELF, and what can be read from it without running it."""

    elf: Path
    model: bytes = field(default=b"", repr=False, compare=False)
    """The ``.tflite`` that is looked for in it; empty if none is."""

    @cached_property
    def build_id(self) -> str:
        """The GNU build id, hexadecimal: it names this build and no other. Empty if it has none."""
        with self.elf.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".note.gnu.build-id")
            notes = section.iter_notes() if section else []
            for note in notes:
                if note["n_type"] == "NT_GNU_BUILD_ID":
                    return str(note["n_desc"])
        return ""

    @cached_property
    def declaration(self) -> str:
        """What the image says of the board that it is for, in its section ``.board``."""
        with self.elf.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".board")
            return section.data().rstrip(b"\0").decode(errors="replace") if section else ""

    @cached_property
    def platform(self) -> str:
        """The platform that it was built for, by its own words; empty if they are not ours."""
        found = _NAMED.search(self.elf.read_bytes())
        return found[1].decode() if found else ""

    def loaded(self) -> Iterator[tuple[int, bytes]]:
        """What it puts where, before its start-up code moves it."""
        with self.elf.open("rb") as file:
            for segment in loaded_segments(ELFFile(file)):
                yield segment["p_paddr"], segment.data()

    @cached_property
    def ranges(self) -> tuple[range, ...]:
        """The addresses that it is loaded to."""
        with self.elf.open("rb") as file:
            loaded = loaded_segments(ELFFile(file))
        return tuple(range(s["p_paddr"], s["p_paddr"] + s["p_filesz"]) for s in loaded)

    @property
    def places(self) -> str:
        """The address ranges that it is loaded to, for a message."""
        said = [f"{r.start:#x}-{r.stop:#x}" for r in self.ranges]
        return ", ".join(said) or "no address at all"

    @cached_property
    def is_ours(self) -> bool:
        """Whether it was built from the sources of firmware/, with the commands of our console."""
        with self.elf.open("rb") as file:
            return ELFFile(file).get_section_by_name(".selftest") is not None

    @cached_property
    def gives_tflm_bits(self) -> bool:
        """Whether our engine is in it, in TFLM's arithmetic: firmware/Makefile marks it so."""
        return any(symbol.linkage == _TFLM_ARITHMETIC for symbol in self.symbols)

    @property
    def selftest(self) -> bytes:
        """The self-test's data, as firmware/app/selftest.c describes it; empty if there is none."""
        with self.elf.open("rb") as file:
            section = ELFFile(file).get_section_by_name(".selftest")
            return bytes(section.data()) if section else b""

    @property
    def selftest_images(self) -> int:
        """How many images the self-test has."""
        return images_in(self.selftest)

    @cached_property
    def embedded_model(self) -> EmbeddedModel | None:
        """The model in it that is the one that is looked for, or most like it."""
        if not self.model:
            return None
        with self.elf.open("rb") as file:
            return find_model(ELFFile(file), self.symbols, self.model)

    @cached_property
    def sizes(self) -> Sizes:
        """Sizes by section, from the ELF; of firmware that others have built, by symbols, too."""
        found = self.embedded_model
        with self.elf.open("rb") as file:
            elf = ELFFile(file)
            sections = list(elf.iter_sections())
            stack = stack_of(elf, self.symbols)
        by_name = {s.name: int(s["sh_size"]) for s in sections}
        model = by_name.get(".model") or (found.size if found else 0)
        selftest = by_name.get(".selftest", 0)
        arena = by_name.get(".arena") or arena_of(self.symbols)
        flash = sum(int(s["sh_size"]) for s in sections if is_loaded(s))
        ram = sum(int(s["sh_size"]) for s in sections if is_writable(s))
        return Sizes(
            flash=flash - model - selftest,
            ram=ram - arena - (stack.size if stack.is_in_section else 0),
            model=model,
            selftest=selftest,
            arena=arena,
            stack=stack.size,
        )

    @cached_property
    def symbols(self) -> Symbols:
        """Its symbol table; empty if it was stripped."""
        return Symbols(self.elf)

    @cached_property
    def program(self) -> Program:
        """Its symbols and types, for a debugger."""
        return Program(self.elf)

    def locate(self, address: int) -> str:
        """Function, file and line of a code address, from the ELF's symbols and DWARF.

        Returns:
            Such as ``fault_read (app/fault.c:42)``; what is not known is left out.
        """
        address &= ~1  # bit 0 marks Thumb code
        with self.elf.open("rb") as file:
            line = line_at(ELFFile(file), address)
        function = self.symbols.covering(address)
        known = function.name if function else "no known function"
        return f"{known} ({line})" if line else known


def open_firmware(elf: Path, model: bytes = b"") -> Firmware:
    """An ELF that was built before.

    Args:
        model: the ``.tflite`` that it should have in it.

    Raises:
        UsageError: it cannot be read, or is not an Arm ELF.
    """
    firmware = Firmware(elf, model)
    try:
        with elf.open("rb") as file:
            header = ELFFile(file).header
        if header["e_machine"] != "EM_ARM":
            raise UsageError(f"{elf} is for {header['e_machine']}, not for Arm")
        if what := _NOT_LINKED.get(header["e_type"]):
            raise UsageError(f"{elf} is {what}, not a program: give the ELF that the linker makes")
        _ = firmware.build_id, firmware.sizes
    except OSError as error:
        raise UsageError(f"cannot read the firmware {elf}: {error.strerror}") from error
    except (ELFError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"{elf} is not an ELF file, or a damaged one: {error}") from error
    return firmware


def build_firmware(
    platform: Platform,
    model: Model,
    selftest: SelfTest,
    cache: Path,
    arena: int,
    ops: str = "model",
    engine: Engine | None = None,
) -> Firmware:
    """Builds the firmware for a model; does nothing if it is built already.

    Args:
        selftest: of it the boot self-test gets as many images as there is flash for.
        cache: where it is built.
        arena: bytes of the tensor arena.
        ops: one of ``choices.OPS``.
        engine: what infers; None for our own.

    Raises:
        SetupError: there is no compiler.
        UsageError: the platform has no board support or too little memory, the engine lacks an op,
            or the compiler failed.
    """
    _require_build(platform)
    engine = engine or OwnEngine()
    config = _config(platform, model, arena, ops)
    files = {_CONFIG: config, **engine.files(model, ops)}
    wanted = selftest.content(len(selftest.records))
    identity = (config + engine.identity).encode()
    key = hashlib.sha256(model.content + wanted + identity).hexdigest()[:12]
    folder = cache / "firmware" / platform.name / f"{model.name}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        write_if_changed(folder / _MODEL, model.content)
        for name, content in files.items():
            write_if_changed(folder / name, content.encode())
        variables = engine.variables(model, ops)
        make = partial(make_firmware, platform, folder, variables, cache, engine.links)
        _make_with_what_fits(make, platform, folder, selftest, arena)
    return open_firmware(folder / _ELF, model.content)


def core_of(platform: Platform, cache: Path) -> Abi:
    """What a platform's firmware is compiled for; ``cache``: where that is tried.

    Raises:
        SetupError, UsageError: as ``build_firmware``.
    """
    _require_build(platform)
    folder = cache / "cores" / platform.name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        make_firmware(platform, folder, [_CORE], cache)
        return abi_of(folder / _CORE)


def _require_build(platform: Platform) -> None:
    if not shutil.which(COMPILER):
        raise SetupError(
            f"{COMPILER} is not installed: "
            "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"
        )
    if not (platform.folder / "bsp").is_dir():
        raise UsageError(
            f"{platform.folder} has no folder bsp: the platform {platform.name} can run firmware "
            "that is built already, with --firmware, and build none"
        )


def _make_with_what_fits(
    make: Callable[[], None], platform: Platform, folder: Path, selftest: SelfTest, arena: int
) -> None:
    """Builds, by ``make``, with as many of the self-test's images as there is flash for.

    How many that are is found out by linking, and known from then on.
    """
    data = folder / _SELFTEST
    images = images_in(data.read_bytes()) if (folder / _ELF).is_file() else len(selftest.records)
    while True:
        write_if_changed(data, selftest.content(images))
        try:
            make()
            return
        except BuildError as error:
            found = overflows_in(error.log, platform)
            if not found:
                raise
            flash, bulk = (memories_of(platform).get(role) for role in ("FLASH", "BULK"))
            # What is no flash first: fewer images are no help there.
            overflow = next((other for other in found if other.memory != flash), found[0])
            if overflow.memory == flash and images:
                images = max(0, images - math.ceil(overflow.lacking / len(selftest.records[0])))
                continue
            room = input_room(selftest.model.input_bytes)
            what = f"the firmware for {selftest.model.name}"
            if overflow.memory == flash:
                what = f"{selftest.model.name}, without images for a self-test,"
            elif overflow.memory == bulk:
                what = f"the arena of {arena:,} bytes, beside {room:,} for an input,"
            raise UsageError(describe_overflow(overflow, platform, what)) from None


def _config(platform: Platform, model: Model, arena: int, ops: str) -> str:
    values = {
        "BUILD_VERSION": f'"{tinyml_hil.__version__}"',
        "BUILD_PLATFORM": f'"{platform.name}"',
        "BUILD_MODEL_NAME": f'"{model.name}"',
        "BUILD_MODEL_SHA256": f'"{model.sha256}"',
        "BUILD_ARENA_SIZE": str(arena),
        "BUILD_INPUT_SIZE": str(input_room(model.input_bytes)),
        "BUILD_WITH_MODEL_LOAD": str(int(ops == "all")),
        "BUILD_WITH_TENSORS": str(int(ops == "all" or not model.has_plain_ends)),
    }
    if model.given_threshold is not None:
        values["BUILD_THRESHOLD"] = f"{model.given_threshold!r}f"
    return "".join(f"#define {name} {value}\n" for name, value in values.items())


def input_room(size: int) -> int:
    """Bytes of RAM that firmware keeps for an input, if its model's has ``size`` bytes."""
    return max(_INPUT_ROOM, size)


class BuildError(UsageError):
    """The compiler or the linker failed."""

    def __init__(self, message: str, log: str) -> None:
        """``log``: all that they said."""
        super().__init__(message)
        self.log = log


def make_firmware(
    platform: Platform,
    folder: Path,
    arguments: Sequence[str],
    cache: Path,
    links: Mapping[str, Path] | None = None,
) -> None:
    """Builds in a folder that holds what firmware/Makefile wants, with that makefile's variables.

    Args:
        arguments: variables and targets of the makefile.
        cache: where what other builds need, too, is compiled once for all of them.
        links: what is linked into that folder besides the firmware's sources and the platform.

    Raises:
        SetupError: there is no make.
        BuildError: the compiler or the linker failed.
    """
    common = _common_folder(cache, platform, arguments)
    links = {"firmware": paths.FIRMWARE, "platform": platform.folder, **(links or {})}
    variables = [f"PLATFORM={platform.name}", *arguments]
    with FileLock(common / "lock"):
        result = run_make(folder, "firmware/Makefile", variables, {"common": common, **links})
    log = folder / "build.log"
    log.write_text(result.stdout)
    if result.returncode:
        last = "\n".join(result.stdout.splitlines()[-_BUILD_ERROR_LINES:])
        message = f"the firmware does not build:\n{last}\nAll of it: {log}"
        raise BuildError(message, result.stdout)


def _common_folder(cache: Path, platform: Platform, variables: Sequence[str]) -> Path:
    """Where the engine is compiled, once for all that take it in the same way."""
    way = [v for v in variables if not v.startswith(_NOT_THE_ENGINE_S)]
    flags = platform.folder / "bsp" / "bsp.mk"
    content = flags.read_bytes() if flags.is_file() else b""  # make says that it is missing
    core = b"".join(line for line in content.splitlines(True) if not line.startswith(_SHARED))
    key = hashlib.sha256("\n".join((str((paths.FIRMWARE / "nn").resolve()), *way)).encode() + core)
    folder = cache / "firmware" / f"engine-{key.hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_loaded(section: Any) -> bool:
    """Whether an ELF section takes room in flash."""
    return bool(section["sh_flags"] & 0x2) and section["sh_type"] != "SHT_NOBITS"  # SHF_ALLOC


def is_writable(section: Any) -> bool:
    """Whether an ELF section takes room in RAM."""
    return bool(section["sh_flags"] & 0x3 == 0x3)  # SHF_ALLOC and SHF_WRITE
