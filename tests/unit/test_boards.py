"""Every board that QEMU has, and a user's own: exact ticks, a stack that ends, the host's bits."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest

from tests.changed_firmware import build_changed, copy_sources, replace_once
from tests.unit.conftest import PATIENCE
from tinyml_hil import paths
from tinyml_hil.build import COMPILER, Firmware, OwnEngine, load_platform
from tinyml_hil.model import load_model
from tinyml_hil.session import Options, Session
from tinyml_hil.target import TargetOptions, Transcript
from tinyml_hil.target.qemu import EXECUTABLE, QemuTarget

pytestmark = pytest.mark.skipif(
    not shutil.which(EXECUTABLE) or not shutil.which(COMPILER),
    reason=f"apt-get install {EXECUTABLE}, gcc-arm-none-eabi",
)

OWN = "mps2-an385"
"""A Cortex-M3, without DSP extension and without FPU, that the repository does not have."""
BOARDS = (
    *("mps2-an500", "mps3-an547", OWN),
    pytest.param("mps2-an386", marks=pytest.mark.nightly),  # OWN is this one, and less
)
STACK_FAULT = {"mps3-an547": r"usage .* cfsr=0x00100000"}
"""What an overflow of the stack is; elsewhere the MPU catches it."""
NOPS = range(0, 120, 3)
"""More than a count of any board's timer takes."""
PROBE = """
static void print_ticks(uint64_t ticks) {
    text("ticks ");
    text_u64(ticks);
    text_line("");
}

#define PROBE(nops) \\
    __attribute__((noinline)) static void probe_##nops(void) { \\
        stopwatch_start(); \\
        __asm volatile(".rept " #nops "\\n\\tnop\\n\\t.endr"); \\
        print_ticks(stopwatch_stop()); \\
    }
PROBES

__attribute__((noinline)) static uint32_t dive(uint32_t depth) {
    volatile uint8_t frame[200] = {1};
    return depth == 0 ? 0 : dive(depth - 1u) + frame[0];
}

int main(void) {
"""


@pytest.fixture(scope="module", params=BOARDS)
def board(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a platform."""
    name = str(request.param)
    if name != OWN:
        return paths.PLATFORMS / name
    folder = tmp_path_factory.mktemp("platforms") / OWN
    shutil.copytree(paths.PLATFORMS / "mps2-an386", folder)
    replace_once(folder / "platform.toml", "mps2-an386", OWN)
    cpu = "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
    replace_once(folder / "bsp" / "bsp.mk", cpu, "-mcpu=cortex-m3 -mthumb -mfloat-abi=soft")
    return folder


@pytest.fixture(scope="module")
def firmware(board: Path) -> Firmware:
    """The default model's firmware for it."""
    return Session(Options(target="qemu", platform=str(board))).firmware


def test_every_image_gives_the_host_s_bits(board: Path, firmware: Firmware, tmp_path: Path) -> None:
    session = Session(Options(target="qemu", platform=str(board), firmware=firmware.elf))
    with session.device(tmp_path / "uart.log") as device:
        assert "~~~ALL TESTS PASSED~~~" in device.boot_lines
        records = list(session.evaluation(device).records(range(len(session.dataset))))
    assert len(records) == 20
    assert all(record.exact for record in records)


def test_a_core_without_the_dsp_extension_gets_the_portable_kernels(
    board: Path, firmware: Firmware
) -> None:
    linked = firmware.elf.with_suffix(".map").read_text()
    kind = "portable" if board.name == OWN else "simd"
    assert re.findall(r"^LOAD common/obj/nn/kernels/(\w+)/conv\.o$", linked, re.MULTILINE) == [kind]


def test_ticks_are_exact_to_one_instruction_and_the_stack_ends(
    board: Path, firmware: Firmware, tmp_path: Path
) -> None:
    sources = copy_sources(tmp_path)
    main = sources / "app" / "main.c"
    replace_once(main, "int main(void) {\n", PROBE)
    replace_once(main, "PROBES\n", "".join(f"PROBE({nops})\n" for nops in NOPS))
    calls = "".join(f"    probe_{nops}();\n" for nops in NOPS) + "    text_u64(dive(1000));\n"
    replace_once(main, "    print_banner();\n", f"    print_banner();\n{calls}")
    flags = OwnEngine().variables(load_model(paths.DEFAULT_MODEL), "model")
    elf = build_changed(firmware.elf, sources, tmp_path / "changed", *flags, platform=str(board))
    printed = boot(elf, board, tmp_path)
    assert [int(ticks) for ticks in re.findall(r"ticks (\d+)", printed)] == list(NOPS)
    assert re.search(rf"e-fault-\[{STACK_FAULT.get(board.name, 'memory ')}", printed), printed


def boot(elf: Path, board: Path, folder: Path) -> str:
    """Return what the firmware says until it reports a fault."""
    transcript = Transcript(folder / "uart.log")
    target = QemuTarget(load_platform(str(board)), transcript, TargetOptions())
    printed = b""
    try:
        link = target.start(elf)
        deadline = time.monotonic() + PATIENCE
        while not re.search(rb"e-fault-.*\n", printed) and time.monotonic() < deadline:
            printed += link.read(1)
    finally:
        target.stop()
        transcript.close()
    return printed.decode()
