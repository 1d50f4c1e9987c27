"""Coverage: which lines and functions of the unchanged firmware are said to have run."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.foreign import build_foreign
from tests.unit.conftest import Run, Suite
from tinyml_hil import paths
from tinyml_hil.build import COMPILER, Firmware, Symbols
from tinyml_hil.coverage import (
    Coverage,
    coverage_of,
    merged,
    read_coverage,
    require_coverage,
    write_coverage,
)
from tinyml_hil.device import Device
from tinyml_hil.errors import UsageError
from tinyml_hil.project import Project
from tinyml_hil.session import Options, Session
from tinyml_hil.target import Ranges, Transcript, read_executed
from tinyml_hil.target.executed import keep_executed
from tinyml_hil.target.qemu import EXECUTABLE

QEMU = """----------------
IN: cortex_reset
0x00003190:  b508       push     {r3, lr}
0x00003192:  f7ff fffb  bl       #0x318c

----------------
IN: cortex_before_memory
0x0000318c:  4770       bx       lr
"""
RENODE = """-------------------------
IN: cortex_reset (entry) (address: 0x00003190)
0x00003190:   b508 \tpush\t{r3, lr}
0x00003192:   f7fffffb \tbl\t#-10

-------------------------
IN: cortex_before_memory (entry) (address: 0x0000318c)
0x0000318c:   4770 \tbx\tlr
"""
SMALL = r"""
int used(int x) { return x + 1; }
int unused(int x) { return x * x; }
int dropped(int x) { return x - 7; }
asm(".section .text.unlikely.vectors,\"ax\"\nvectors: .word 0, 0, 0, 0, 0, 0, 0, 0\n.text");
extern int vectors;
void _start(void) { if (used(1) == unused(vectors)) for (;;); }
"""
needs_compiler = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"needs {COMPILER}")
_RATES = "line-rate branch-rate complexity"
COBERTURA_DTD = {
    "coverage": (
        "(sources )?packages ",
        f"{_RATES} lines-covered lines-valid branches-covered branches-valid version timestamp",
        "",
    ),
    "sources": ("(source )*", "", ""),
    "source": ("", "", ""),
    "packages": ("(package )*", "", ""),
    "package": ("classes ", f"name {_RATES}", ""),
    "classes": ("(class )*", "", ""),
    "class": ("methods lines ", f"name filename {_RATES}", ""),
    "methods": ("(method )*", "", ""),
    "method": ("lines ", f"name signature {_RATES}", ""),
    "lines": ("(line )*", "", ""),
    "line": ("(conditions )*", "number hits", "branch condition-coverage"),
    "conditions": ("(condition )*", "", ""),
    "condition": ("", "number type coverage", ""),
}
"""Cobertura's coverage-04.dtd: the children of an element, the attributes that it has to have, and
those that it may have."""
needs_qemu = pytest.mark.skipif(not shutil.which(EXECUTABLE), reason=f"needs {EXECUTABLE}")


def _kept(folder: Path, *logs: str) -> Ranges:
    """What is known to have run after starts of one ELF that left these logs."""
    elf, log = folder / "x.elf", folder / "blocks"
    elf.write_bytes(b"\x7fELF")
    transcript = Transcript(folder / "uart.log")
    for text in logs:
        log.write_text(text)
        keep_executed(log, elf, transcript)
    return read_executed(folder, hashlib.sha256(elf.read_bytes()).hexdigest())


@pytest.mark.parametrize("log", [QEMU, RENODE], ids=["qemu", "renode"])
def test_instructions_of_two_and_four_bytes_are_read(tmp_path: Path, log: str) -> None:
    assert _kept(tmp_path, log) == [(0x318C, 0x318E), (0x3190, 0x3196)]


def test_what_ran_in_earlier_starts_stays_known(tmp_path: Path) -> None:
    first, second = QEMU.split("\n\n")
    assert _kept(tmp_path, second, first) == _kept(tmp_path, QEMU)


def test_damaged_file_is_one_sentence_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "uart.executed.json").write_text('{"a": [[1]]}')
    with pytest.raises(UsageError, match=r"uart\.executed\.json is damaged"):
        read_executed(tmp_path, "a")


def _small(folder: Path, *options: str) -> Path:
    """A program with vectors at 0, where the debug information of what is dropped is, too."""
    folder.mkdir()
    (folder / "small.c").write_text(SMALL)
    elf = folder / "small.elf"
    arguments = ["-mcpu=cortex-m7", "-mthumb", "-nostdlib", "-ffunction-sections", *options]
    arguments += ["-Wl,--gc-sections", "-Wl,-Ttext=0", "-Wl,-n", "small.c", "-o", elf.name]
    subprocess.run([COMPILER, *arguments], cwd=folder, check=True, capture_output=True)
    return elf


@needs_compiler
def test_function_ran_if_its_entry_did_and_dropped_ones_do_not_count(tmp_path: Path) -> None:
    elf = _small(tmp_path / "a", "-g")
    entry, other = (Symbols(elf).function(name).address for name in ("used", "unused"))
    ran = [(entry, entry + 2), (other + 2, other + 4)]
    (source,) = coverage_of(elf, ran).sources.values()
    assert source.functions == {"used": (2, True), "unused": (3, False), "_start": (7, False)}
    assert source.lines == {2: True, 3: True, 7: False}


@needs_compiler
def test_sources_that_have_moved_are_found_where_it_is_said(tmp_path: Path) -> None:
    elf = _small(tmp_path / "a", "-g")
    there, here = tmp_path / "a", tmp_path / "elsewhere"
    here.mkdir()
    (there / "small.c").rename(here / "small.c")
    lost = coverage_of(elf, [])
    assert not lost.sources
    assert "none of the 1 sources" in lost.doubt
    assert "--coverage-sources FROM=TO" in lost.doubt
    assert list(coverage_of(elf, [], f"{there}={here}").sources) == [here / "small.c"]


@needs_compiler
def test_functions_of_cxx_are_written_with_their_parameters_wherever_the_sources_lie(
    tmp_path: Path,
) -> None:
    coverage = coverage_of(build_foreign(tmp_path).elf, [])
    write_coverage(coverage, tmp_path / "out", tmp_path / "project")
    functions = (tmp_path / "out" / "coverage.info").read_text()
    assert "FNDA:0,tflite::MicroInterpreterGraph::InvokeSubgraph(int)\n" in functions
    assert read_coverage(tmp_path / "out", tmp_path / "project").sources == coverage.sources


@needs_compiler
@pytest.mark.parametrize("options", [[], ["-g", "-s"]], ids=["no debug information", "stripped"])
def test_elf_without_lines_is_refused_in_one_sentence(tmp_path: Path, options: list[str]) -> None:
    elf = _small(tmp_path / "a", *options)
    with pytest.raises(UsageError, match=r"small\.elf has no debug information.*: compile with -g"):
        require_coverage(elf)


def test_board_is_refused_before_anything_is_looked_for() -> None:
    with pytest.raises(UsageError, match=r"--coverage is not known on --target=board"):
        Session(Options(target="board", coverage=True)).check()


def _functions(coverage: Coverage) -> dict[str, bool]:
    """Whether each function of the firmware's ran."""
    sources = coverage.sources.values()
    return {name: ran for s in sources for name, (_, ran) in s.functions.items()}


@pytest.fixture(scope="module")
def covered(
    built: Firmware, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Callable[[Device], Any]], tuple[Any, Coverage]]:
    """What something does with a device on QEMU, and what ran meanwhile."""

    def run(use: Callable[[Device], Any]) -> tuple[Any, Coverage]:
        folder = tmp_path_factory.mktemp("covered")
        session = Session(Options(firmware=built.elf, coverage=True))
        with session.device(folder / "uart.log") as device:
            used = use(device)
        (kept,) = json.loads((folder / "uart.executed.json").read_text())
        return used, coverage_of(built.elf, read_executed(folder, kept))

    return run


@needs_qemu
def test_function_that_one_run_calls_comes_and_goes_with_it(covered: Any) -> None:
    _, with_it = covered(lambda device: device.selftest())
    _, without = covered(lambda device: device.memory())
    assert _functions(with_it)["command_selftest"]
    assert not _functions(without)["command_selftest"]
    assert _functions(without)["command_memory"]
    both = _functions(merged([with_it, without]))
    assert both["command_selftest"]
    assert both["command_memory"]
    assert not both["command_name"]


@needs_qemu
def test_bits_and_ticks_are_those_of_a_run_that_nobody_watches(
    covered: Any, built: Firmware, tmp_path: Path
) -> None:
    session = Session(Options(firmware=built.elf))
    tensor = session.model.input_of(session.dataset.image(0))
    watched, _ = covered(lambda device: (device.boot_ticks, device.classify(tensor)))
    with session.device(tmp_path / "uart.log") as device:
        boot_ticks, plain = device.boot_ticks, device.classify(tensor)
    assert watched[0] == boot_ticks
    assert watched[1].ticks == plain.ticks
    assert np.array_equal(watched[1].output, plain.output)


@needs_qemu
def test_what_the_debugger_calls_is_covered_too(built: Firmware, tmp_path: Path) -> None:
    session = Session(Options(firmware=built.elf, door="debugger", coverage=True))
    with session.device(tmp_path / "uart.log") as device:
        device.classify(session.model.input_of(session.dataset.image(0)))
    (kept,) = json.loads((tmp_path / "uart.executed.json").read_text())
    ran = _functions(coverage_of(built.elf, read_executed(tmp_path, kept)))
    assert ran["nn_conv_s8"]
    assert not ran["command_memory"]


def test_boot_is_covered_on_renode_though_it_may_be_loaded(
    built_for_renode: Firmware, renode: Path, tmp_path: Path
) -> None:
    options = Options(target="renode", firmware=built_for_renode.elf, renode=renode, coverage=True)
    with Session(options).device(tmp_path / "uart.log") as device:
        device.memory()
    (kept,) = json.loads((tmp_path / "uart.executed.json").read_text())
    ran = _functions(coverage_of(built_for_renode.elf, read_executed(tmp_path, kept)))
    assert ran["cortex_reset"]
    assert ran["command_memory"]
    assert not ran["command_selftest"]


OWN_TARGET = """
from dataclasses import replace
from tinyml_hil.build import Symbols
from tinyml_hil.target import keep_ranges
from tinyml_hil.target.qemu import QemuTarget

class OwnTarget(QemuTarget):
    name = "own"

    def __init__(self, platform, transcript, options):
        super().__init__(platform, transcript, replace(options, coverage=False))
        self._told = transcript

    def start(self, elf):
        self._ran = elf
        return super().start(elf)

    def stop(self):
        super().stop()
        symbol = Symbols(self._ran).function("command_selftest")
        start = symbol.address & ~1
        keep_ranges([(start, start + symbol.size)], self._ran, self._told)
"""
"""QEMU, which is not watched, and says that one function has run."""


@needs_qemu
def test_a_target_of_the_user_s_own_tells_what_ran(built: Firmware, tmp_path: Path) -> None:
    (tmp_path / "own_target.py").write_text(OWN_TARGET)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.tinyml-hil.targets]\nown = "own_target:OwnTarget"\n'
    )
    board = tmp_path / "platforms" / "mps2-an500"
    board.mkdir(parents=True)
    text = (paths.PLATFORMS / "mps2-an500" / "platform.toml").read_text()
    (board / "platform.toml").write_text(text.replace('["qemu"]', '["qemu", "own"]'))
    options = Options(target="own", firmware=built.elf, coverage=True)
    session = Session(options, Project.at(tmp_path))
    with session.device(tmp_path / "uart.log"):
        pass
    (kept,) = json.loads((tmp_path / "uart.executed.json").read_text())
    ran = _functions(coverage_of(built.elf, read_executed(tmp_path, kept)))
    assert [name for name, entered in ran.items() if entered] == ["command_selftest"]


@pytest.fixture(scope="module")
def run(run_cli: Run, built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of two workers."""
    arguments = ["evaluate", "--firmware", built.elf, "--coverage", "--images=2", "--workers=2"]
    result = run_cli(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return Path(json.loads(result.stdout)["folder"])


def _share(folder: Path) -> tuple[int, int]:
    """Lines that ran, of how many, by the LCOV file."""
    text = (folder / "coverage.info").read_text()
    return tuple(sum(map(int, re.findall(rf"^{key}:(\d+)$", text, re.M))) for key in ("LH", "LF"))  # type: ignore[return-value]


@needs_qemu
def test_every_file_of_a_run_has_the_same_lines(run: Path) -> None:
    lines_run, lines = _share(run)
    record = json.loads((run / "run.json").read_text())
    assert sum(folder["lines_run"] for folder in record["coverage"]) == lines_run
    assert sum(folder["lines"] for folder in record["coverage"]) == lines
    assert 0 < lines_run < lines
    root = ElementTree.parse(run / "coverage.xml").getroot()
    assert int(root.get("lines-covered", "")) == lines_run
    hits = [line.get("hits") for line in root.iterfind(".//class/lines/line")]
    assert len(hits) == lines
    assert sum(hit != "0" for hit in hits) == lines_run
    root_folder = Path(root.findtext("sources/source", ""))
    assert all((root_folder / c.get("filename", "")).is_file() for c in root.iterfind(".//class"))
    assert "firmware/nn/ops" in (run / "summary.md").read_text()
    assert 'href="coverage/index.html"' in (run / "report.html").read_text()
    assert (run / "coverage" / "index.html").is_file()


@needs_qemu
def test_the_cobertura_file_has_what_its_dtd_asks_for(run: Path) -> None:
    """Of every element the children, in their order, and the attributes; and no others."""
    root = ElementTree.parse(run / "coverage.xml").getroot()
    assert root.tag == "coverage"
    seen = set()
    for element in root.iter():
        children, needed, others = COBERTURA_DTD[element.tag]
        assert re.fullmatch(children, "".join(f"{child.tag} " for child in element)), element.tag
        given = set(element.keys())
        assert set(needed.split()) <= given <= {*needed.split(), *others.split()}, element.tag
        seen.add(element.tag)
    assert {"source", "package", "class", "method", "line"} <= seen


@needs_qemu
def test_genhtml_takes_the_lcov_file(run: Path, tmp_path: Path) -> None:
    if not shutil.which("genhtml"):
        pytest.skip("lcov is not installed")
    command = ["genhtml", "-q", str(run / "coverage.info"), "-o", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "index.html").is_file()


@needs_qemu
def test_runs_are_merged_and_one_without_coverage_is_named(
    run: Path, run_cli: Run, tmp_path: Path
) -> None:
    result = run_cli("coverage", run, run, "--output", tmp_path / "both")
    assert result.returncode == 0, result.stderr
    assert _share(tmp_path / "both") == _share(run)
    (tmp_path / "run.json").write_text("{}")
    result = run_cli("coverage", run, tmp_path, "--output", tmp_path / "both")
    assert result.returncode == 2
    assert "that run was made without --coverage" in result.stderr


@needs_qemu
def test_budgets_of_coverage_fail_a_run_of_pytest_that_passes(
    suite: Suite, built: Firmware
) -> None:
    """That of all sources, and that of a folder's which does not keep it."""
    (suite.folder / "budgets.toml").write_text(
        "[default]\ncoverage = { min = 0.99 }\n"
        '"coverage firmware/nn/ops" = { min = 0.98 }\n"coverage firmware" = { min = 0.01 }\n'
    )
    options = ("--images=1", "-n1", "-k", "output_equals", f"--firmware={built.elf}")
    result = suite("--coverage", *options)
    assert result.returncode == 1, result.stdout
    assert re.search(r"coverage: \d\d\.\d\d %, the budget is at least 99\.00 %", result.stdout)
    of_folder = r"coverage firmware/nn/ops: \d\d\.\d\d %, the budget is at least 98\.00 %"
    assert re.search(of_folder, result.stdout)
    assert "coverage firmware:" not in result.stdout
    assert re.search(r"coverage: \S+ % of \S+ lines and \d+ of \d+ functions ran", result.stdout)


@needs_qemu
@pytest.mark.nightly
def test_budget_of_coverage_holds_where_no_input_was_recorded(
    suite: Suite, built: Firmware
) -> None:
    (suite.folder / "budgets.toml").write_text("[default]\ncoverage = { min = 0.99 }\n")
    result = suite("--coverage", "-k", "arena_suffices", f"--firmware={built.elf}")
    assert result.returncode == 1, result.stdout
    assert re.search(r"coverage: \d\d\.\d\d %, the budget is at least 99\.00 %", result.stdout)


def test_coverage_without_a_target_is_refused(run_pytest: Run) -> None:
    result = run_pytest("--coverage", "tests/unit/test_toml.py")
    assert result.returncode == 4
    assert "choose its --target, too" in result.stderr
