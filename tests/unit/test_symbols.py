"""Symbols: names of C and C++ as people write them, against what a linker made of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tinyml_hil.build import COMPILER, Symbols
from tinyml_hil.errors import UsageError

pytestmark = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"{COMPILER} is not installed")
SOURCE = """
namespace net {
namespace { char arena[64]; }
struct Model {
  int run();
  int run(int times) const;
  template <typename T> T as(T value);
  int operator()(char c);
};
int Model::run() { static int count; return ++count + arena[1]; }
int Model::run(int times) const { return times; }
template <typename T> T Model::as(T value) { return value; }
template long Model::as<long>(long);
int Model::operator()(char c) { return c; }
}
extern "C" int ai_net_run(void *net, void *in, void *out) { return net == in; }
extern "C" int ai_net_create() { return 1; }
extern "C" int also_ai_net_run() __attribute__((alias("ai_net_run")));
static char twice[8];
char *one() { return twice; }
asm(".global by_hand\\n.thumb_func\\nby_hand: bx lr");
extern "C" int start() { net::Model m; return m.run() + *one(); }
"""
OTHER = "static char twice[8]; char *other() { return twice; }"


@pytest.fixture(scope="module")
def symbols(tmp_path_factory: pytest.TempPathFactory) -> Symbols:
    folder = tmp_path_factory.mktemp("symbols")
    for name, text in {"it.cc": SOURCE, "other.cc": OTHER}.items():
        (folder / name).write_text(text)
    compiler = COMPILER.removesuffix("gcc") + "g++"
    flags = ("-mcpu=cortex-m4", "-mthumb", "-O0", "-nostdlib", "-Wl,-e,start")
    command = [compiler, *flags, "it.cc", "other.cc", "-o", "it.elf"]
    subprocess.run(command, cwd=folder, check=True)
    return Symbols(folder / "it.elf")


@pytest.mark.parametrize(
    ("name", "linkage"),
    [
        ("net::Model::run()", "_ZN3net5Model3runEv"),
        ("net::Model::run( void )", "_ZN3net5Model3runEv"),
        ("net::Model::run(int)", "_ZNK3net5Model3runEi"),
        ("net::Model::run(int) const", "_ZNK3net5Model3runEi"),
        ("_ZNK3net5Model3runEi", "_ZNK3net5Model3runEi"),
        ("net::Model::as<long>", "_ZN3net5Model2asIlEET_S2_"),
        ("long net::Model::as<long>(long)", "_ZN3net5Model2asIlEET_S2_"),
        ("net::Model::operator()(char)", "_ZN3net5ModelclEc"),
        ("net::Model::operator()", "_ZN3net5ModelclEc"),
        ("one", "_Z3onev"),
        ("by_hand", "by_hand"),
    ],
)
def test_function_is_found_as_it_is_written(symbols: Symbols, name: str, linkage: str) -> None:
    assert symbols.function(name).linkage == linkage


@pytest.mark.parametrize(
    "name",
    ["net::arena", "net::(anonymous namespace)::arena", "_ZN3net12_GLOBAL__N_15arenaE"],
)
def test_namespace_without_a_name_may_be_left_out(symbols: Symbols, name: str) -> None:
    assert symbols.variable(name).size == 64


@pytest.mark.parametrize("name", ["net::Model::run()::count", "net::Model::run::count"])
def test_static_variable_of_a_function_is_found(symbols: Symbols, name: str) -> None:
    assert symbols.variable(name).linkage == "_ZZN3net5Model3runEvE5count"


def test_address_of_thumb_code_is_even(symbols: Symbols) -> None:
    assert symbols.function("one").address % 2 == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("net::Model::run", "has several: _ZN"),
        ("Model::as<long>", "near it are: long net::Model::as<long>"),
        ("net::Model::runs()", r"near it are: net::Model::run\("),
        ("net::arena", "has no function 'net::arena'"),
        ("\x1b[31m", r"no function '\\x1b"),
    ],
)
def test_name_that_does_not_say_which_is_told_those_that_do(
    symbols: Symbols, name: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        symbols.function(name)


def test_static_variables_of_one_name_are_told_with_their_addresses(symbols: Symbols) -> None:
    with pytest.raises(UsageError, match=r"has several: .*twice at 0x.*; .*twice at 0x.* address"):
        symbols.variable("twice")


def test_functions_of_a_pattern_are_there_once(symbols: Symbols) -> None:
    (found,) = symbols.functions("*ai_net_r*")
    assert found.address == symbols.function("ai_net_run").address


def test_symbol_of_an_address_inside_it_is_found(symbols: Symbols) -> None:
    arena = symbols.variable("net::arena")
    assert symbols.covering(arena.address + 63) == arena
    assert symbols.covering(0xFFFFFFF0) is None


def test_file_that_is_no_elf_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.elf").write_bytes(b"\x7fELF\1\1\1 and then nothing")
    with pytest.raises(UsageError, match=r"x\.elf"):
        Symbols(tmp_path / "x.elf")
    with pytest.raises(UsageError, match="cannot read the firmware"):
        Symbols(tmp_path / "none.elf")
