"""Places: what lies where in a foreign program, by its names in C and C++."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from fixtures import places
from tinyml_hil.build import COMPILER, Place, Program
from tinyml_hil.errors import UsageError

pytestmark = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"{COMPILER} is not installed")
CASES = places.CASES / "elf"
SOURCES = (CASES / "interpreter.cc", CASES / "elsewhere.cc")
TOOLS = COMPILER.removesuffix("gcc")
LINKED = ("-nostdlib", "-Wl,-e,start,-Ttext=0x8000,-Tdata=0x20000000", "-std=c++17", "-w")
INVOKE = "tflite::MicroInterpreter::Invoke()"
RUN = "tflite::MicroInterpreter::Invoke(int, unsigned long long, void*)"
WAYS = {
    "unoptimized": ("-O0", "-g"),
    "optimized": ("-O2", "-g"),
    "small": ("-Os", "-g"),
    "dwarf2": ("-O2", "-gdwarf-2", "-gstrict-dwarf"),
    "dwarf3": ("-O2", "-gdwarf-3", "-gstrict-dwarf"),
    "dwarf4": ("-O2", "-gdwarf-4"),
    "type units": ("-O2", "-g", "-fdebug-types-section"),
    "type units of dwarf4": ("-O2", "-gdwarf-4", "-fdebug-types-section"),
    "link-time optimization": ("-O2", "-g", "-flto"),
    "compressed": ("-O2", "-g", "-gz"),
    "hard float": ("-O2", "-g", "-mfloat-abi=hard", "-mfpu=fpv5-d16"),
    "macros": ("-O1", "-g3"),
}
Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Compiles the interpreter in miniature, or other sources; each way once."""
    built: dict[tuple[object, ...], Path] = {}

    def compiled(*flags: str, sources: tuple[Path, ...] = SOURCES) -> Path:
        if (flags, sources) not in built:
            elf = tmp_path_factory.mktemp("elf") / "program.elf"
            command = [f"{TOOLS}g++", "-mcpu=cortex-m7", "-mthumb", *LINKED, *flags]
            subprocess.run([*command, *sources, "-o", elf], check=True, stderr=subprocess.PIPE)
            built[flags, sources] = elf
        return built[flags, sources]

    return compiled


@pytest.fixture(scope="module", params=WAYS)
def program_built_somehow(build: Build, request: pytest.FixtureRequest) -> Program:
    """The interpreter in miniature, built in each way."""
    return Program(build(*WAYS[request.param]))


@pytest.fixture(scope="module")
def program(build: Build) -> Program:
    """The interpreter in miniature, with debug information."""
    return Program(build("-O2", "-g"))


@pytest.fixture(scope="module")
def without_types(build: Build) -> Program:
    """The same, with symbols only."""
    return Program(build("-O2"))


class NothingThereError(Exception):
    """An address where a program has nothing."""


class Memory:
    """What an ELF lays into the memory, and a stack."""

    STACK = 0x30000000

    def __init__(self, program: Program, stack: tuple[int, ...] = ()) -> None:
        with program.elf.open("rb") as file:
            segments = [(s["p_vaddr"], s.data()) for s in ELFFile(file).iter_segments("PT_LOAD")]
        self._parts = [*segments, (self.STACK, struct.pack(f"<{len(stack)}I", *stack))]

    def read(self, address: int, size: int) -> bytes:
        for start, content in self._parts:
            if start <= address and address + size <= start + len(content):
                return bytes(content[address - start : address - start + size])
        raise NothingThereError(hex(address))


def find(
    program: Program,
    place: str,
    wanted: int = 0,
    function: str = INVOKE,
    registers: tuple[int, ...] | None = None,
    stack: tuple[int, ...] = (),
) -> int:
    """The address of a place when a function has been entered, by default on the interpreter."""
    symbols = program.symbols
    given = registers or (symbols.variable("tflite::micro").address,)
    general = [*given, *[0xDEAD] * (16 - len(given))]
    general[13] = Memory.STACK
    called = symbols.function(function)
    read = Memory(program, stack).read
    return Place.parse(place).address(program, called, general, read, wanted)


def at(program: Program, name: str, offset: int = 0) -> int:
    return program.symbols.variable(name).address + offset


@pytest.mark.parametrize(
    ("place", "there", "offset"),
    [
        ("this->input_tensors_[0]->data.raw", "input_buffer", 0),
        ("this->output_tensors_[0]->data.i32", "output_buffer", 0),
        ("arg0->output_tensors_[1]->data.raw", "input_buffer", 0),
        ("this->graph_.tensors[1][1].at", "input_buffer", 5),
        ("this->arena_", "tensor_arena", 0),
        ("this->elsewhere_->at", "output_buffer", 3),
        ("tflite::micro.output_tensors_[0]->data", "(anonymous namespace)::tensors", 16),
        ("g_interpreter->input_tensors_", "inputs", 0),
        ("start()::last.data.raw", "output_buffer", 6),
    ],
)
def test_member_is_found(
    program_built_somehow: Program, place: str, there: str, offset: int
) -> None:
    program = program_built_somehow
    assert find(program, place) == at(program, there, offset)


@pytest.mark.parametrize(
    ("place", "there", "offset"),
    [
        ("g_pointer", "input_buffer", 4),
        ("*g_pointer_to_it", "input_buffer", 4),
        ("**g_pointer_to_it", "input_buffer", 4),
        ("g_pointer_to_it", "g_pointer", 0),
        ("g_pointer[3]", "input_buffer", 7),
        ("g_rows[2]", "input_buffer", 8),
        ("g_rows[2][1]", "input_buffer", 9),
        ("input_buffer", "input_buffer", 0),
        ("input_buffer[ 7 ]", "input_buffer", 7),
        ("tensors[1]", "tensors", 12),
        ("(anonymous namespace)::tensors[0].data.raw", "input_buffer", 0),
        ("(*this->input_tensors_[0]).data.raw", "input_buffer", 0),
        ("(*g_interpreter).counts[2]", "tflite::micro", 12),
        ("this->input_tensors_[0].data.raw", "input_buffer", 0),
        ("::tflite::micro.graph_.flags", "tflite::micro", 16),
        ("_ZN6tflite5microE.name", "_ZN6tflite5microE", None),
    ],
)
def test_place_is_read_as_in_c(
    program: Program, place: str, there: str, offset: int | None
) -> None:
    if offset is None:
        name = int.from_bytes(Memory(program).read(at(program, there), 4), "little")
        assert find(program, place) == name
        return
    assert find(program, place) == at(program, there, offset)


def test_address_needs_no_debug_information(without_types: Program) -> None:
    assert find(without_types, "0x20001234") == 0x20001234


def test_argument_alone_is_where_it_points_to(without_types: Program) -> None:
    assert find(without_types, "arg2", registers=(1, 2, 0x20000040)) == 0x20000040


@pytest.mark.parametrize("flags", [("-O0", "-g"), ("-O2", "-g"), ("-O2",)])
def test_fifth_argument_is_on_the_stack(build: Build, flags: tuple[str, ...]) -> None:
    program = Program(build(*flags))
    tensor = at(program, "tensors", 12)
    given = {"function": "run_on_the_stack", "registers": (1, 2, 3, 4), "stack": (tensor,)}
    assert find(program, "arg4", **given) == tensor  # type: ignore[arg-type]


@pytest.mark.parametrize("way", ["unoptimized", "optimized", "link-time optimization"])
def test_parameter_is_found_by_its_name(build: Build, way: str) -> None:
    program = Program(build(*WAYS[way]))
    tensor = at(program, "tensors", 12)
    given = {"function": "run_on_the_stack", "registers": (1, 2, 3, 4), "stack": (tensor,)}
    place = "tensor->data.raw"
    assert find(program, place, **given) == at(program, "output_buffer")  # type: ignore[arg-type]


def test_parameter_of_eight_bytes_takes_two_registers_from_an_even_one(build: Build) -> None:
    """So ``limit`` is in r2 and r3, and ``context`` on the stack."""
    program = Program(build("-O0", "-g"))
    parameters = program.parameters(program.symbols.function(RUN))
    assert parameters
    found = [(parameter.name, parameter.position) for parameter in parameters]
    assert found == [("this", 0), ("times", 1), ("limit", 2), ("context", 4)]


def test_argument_that_the_compiler_took_away_is_said(build: Build) -> None:
    program = Program(build("-O2", "-g", "-flto", "-DKEPT=__attribute__((noinline))"))
    with pytest.raises(UsageError, match=r"the compiler has made _ZN.* build without -flto"):
        find(program, "this->input_tensors_")


def test_array_without_debug_information_is_the_data(without_types: Program) -> None:
    assert find(without_types, "input_buffer", wanted=48) == at(without_types, "input_buffer")


def test_variable_of_a_pointer_s_size_points_to_the_data(without_types: Program) -> None:
    assert find(without_types, "g_pointer", wanted=44) == at(without_types, "input_buffer", 4)


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("this->inputs_tensors_", "no member inputs_tensors_; did you mean input_tensors_"),
        ("this->input_tensors_->data", "is a TfLiteTensor*, which has no members"),
        ("this->output_tensors_[0]->type[1]", "is a int, no pointer and no array"),
        ("this->graph_.tensors[2]", "has 2 elements"),
        ("this->nothing_->data", "nothing_ is a null pointer when tflite::MicroInterpreter::Inv"),
        ("this->nothing_", "is a null pointer"),
        ("this->is_ready_", "no member is_ready_"),
        ("g_interpreter->calls", "no member calls"),
        ("inputbuffer", "has no variable 'inputbuffer'; near it are: input_buffer"),
        ("0x20000000->data", "the type of 0x20000000 is not known"),
        ("(*0x20000000).x", "the type of *0x20000000 is not known"),
        ("start", "has no variable 'start'"),
    ],
)
def test_place_that_is_not_there_is_said_with_what_is(
    program: Program, place: str, complaint: str
) -> None:
    with pytest.raises(UsageError) as error:
        find(program, place)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    "place",
    [
        *("", " ", "->x", "a->", "a.", "a[", "a[]", "a[-1]", "a[b]", "a]", "(a", "a)", "*", "a b"),
        *(
            "0x",
            "0x20 0x30",
            "a + 1",
            "&a",
            "a\n;",
            "(" * 140 + "a",
            "(" * 4000,
            "1",
            "a[1 2]",
            "ä",
        ),
        *("*" * 300, "a<b", "(anonymous namespace)", "a::", "a->\x1b[31m"),
    ],
)
def test_what_is_no_place_is_said_with_what_one_is(place: str) -> None:
    with pytest.raises(UsageError, match=r"a place|a place is a symbol"):
        Place.parse(place)


def test_data_that_is_smaller_than_wanted_is_refused(program: Program) -> None:
    with pytest.raises(UsageError, match=r"data has 4 bytes, and 48 are wanted of i32, raw"):
        find(program, "tensors[0].data", wanted=48)
    with pytest.raises(UsageError, match="input_buffer has 48 bytes, and 49 are wanted"):
        find(program, "input_buffer", wanted=49)


def test_variable_without_debug_information_that_is_too_small_is_refused(
    without_types: Program,
) -> None:
    with pytest.raises(UsageError, match="it has 12 bytes, and 48 are wanted"):
        find(without_types, "output_buffer", wanted=48)


@pytest.mark.parametrize("place", ["this->input_tensors_", "tensor->data", "g_pointer[0]"])
def test_member_without_debug_information_says_what_to_do(
    without_types: Program, place: str
) -> None:
    with pytest.raises(UsageError, match=r"compile with -g|has no variable 'tensor'"):
        find(without_types, place)


def test_stripped_program_wants_addresses(build: Build, tmp_path: Path) -> None:
    elf = tmp_path / "stripped.elf"
    subprocess.run([f"{TOOLS}strip", build("-O2", "-g"), "-o", elf], check=True)
    program = Program(elf)
    with pytest.raises(UsageError, match=r"has no symbols, so 'f' cannot .* addresses instead"):
        program.symbols.function("f")
    with pytest.raises(UsageError, match="has no symbols"):
        Place.parse("input").address(program, None, [0] * 16, Memory(program).read)


def test_members_of_what_is_declared_only_are_said_to_be_unknown(build: Build) -> None:
    program = Program(
        build("-O2", "-g", "-Wl,--unresolved-symbols=ignore-all", sources=(SOURCES[0],))
    )
    kind = program.variable("g_interpreter").type
    assert kind
    members = {member.name: member.type for member in kind.target.members}
    assert members["elsewhere_"].name == "Elsewhere*"
    assert members["elsewhere_"].target.members == ()


def test_function_that_only_others_contain_is_known_to_be_inlined(
    build: Build, tmp_path: Path
) -> None:
    source = tmp_path / "inlined.cc"
    source.write_text(
        "struct Net { int x; __attribute__((always_inline)) inline int Run() { return ++x; } };\n"
        'Net net; extern "C" int start() { return net.Run(); }\n'
    )
    program = Program(build("-O2", "-g", sources=(source,)))
    assert program.is_inlined("Net::Run()")
    assert not program.is_inlined("start")


def test_types_have_the_names_that_are_written(program: Program) -> None:
    kind = program.variable("tflite::micro").type
    assert kind
    names = {member.name: member.type.name for member in kind.members}
    assert names["graph_"] == "tflite::MicroInterpreter::Graph"
    assert names["input_tensors_"] == "TfLiteTensor**"
    assert names["counts"] == "int[]"


DAMAGE = ("debug_info", "debug_abbrev", "debug_str", "debug_loclists", "debug_aranges")


@pytest.mark.parametrize("section", DAMAGE)
@pytest.mark.parametrize("seed", range(6))
def test_damaged_debug_information_is_one_sentence_or_does_not_matter(
    build: Build, tmp_path: Path, section: str, seed: int
) -> None:
    """Never a traceback, and never without an end."""
    content = bytearray(build("-O2", "-g").read_bytes())
    with build("-O2", "-g").open("rb") as file:
        found = ELFFile(file).get_section_by_name(f".{section}")
        start, size = found["sh_offset"], found["sh_size"]
    for step in range(seed * 7, size, 53):
        content[start + step] ^= 1 << seed
    elf = tmp_path / "damaged.elf"
    elf.write_bytes(content)
    with contextlib.suppress(UsageError, NothingThereError):
        find(Program(elf), "this->elsewhere_->at")
