"""The deepest that the firmware's stack can get, from the compiler's call graph and frame sizes.

`gcc -fcallgraph-info=su` writes both beside each object file. What is called through a pointer is
not in the graph; it stands here.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tinyml_hil.build import COMPILER, Firmware
from tinyml_hil.session import Options, Session

INDIRECT = "__indirect_call"
INVOKES = r"nn/ops/.*:invoke\w*|nn_invoke_lookup"
CONV_SHAPES = r"nn_prepare_(depthwise_)?conv_2d_shape"
CALLED_BY_POINTER = {
    "nn_init": r"nn/ops/.*:(\w*params_size|scratch_size|lead|prepare\w*)|nn_\w+_size",
    "nn/setup.c:place_params": r"nn/ops/.*:\w*params_size|nn_\w+_size",
    "nn_setup_fail_unplanned": r"nn/ops/.*:scratch_size",
    "nn_setup_prepare": r"nn/ops/.*:prepare\w*",
    "nn_invoke": rf"{INVOKES}|app/classifier.c:after_op",
    "app/classifier.c:after_op": r"app/layers.c:(print_layer|send_outputs)",
    "console_run": r"(app/.*:)?command_\w+",
    "nn/ops/add.c:invoke": r"nn_(add|sub)_[su]8",
    "nn/ops/extremum.c:invoke": r"nn_(maximum|minimum)_8",
    "nn_prepare_conv": CONV_SHAPES,
    "nn/ops/float/conv.c:prepare": CONV_SHAPES,
    "nn/ops/float/hybrid.c:prepare_conv": CONV_SHAPES,
    "nn/ops/int16/conv.c:prepare": CONV_SHAPES,
    "nn/ops/float/binary.c:invoke": (
        r"nn_(add|div|maximum|minimum|mul|pow|prelu|squared_difference|sub)_f32"
    ),
    "nn_map_f32": (
        r"nn/ops/float/\w+.c:(elu|hard_swish|inverse_root|negative|square)|nn_gelu(_approximate)?"
    ),
    "nn_tabulate": r"nn/ops/\w+.c:(elu|logarithm|logistic)|nn_gelu(_approximate)?",
    "nn/kernels/portable/conv_u8.c:convolve": r"nn/kernels/portable/conv_u8.c:sum_of_\w+",
    "nn/kernels/portable/extend.c:extend": r"nn/kernels/portable/extend.c:(repeated|mirrored)",
    "nn/kernels/portable/float/conv.c:convolve": r"nn/kernels/portable/float/conv.c:sum_of_\w+",
    "nn/kernels/portable/int16/pool.c:pool": r"nn/kernels/portable/int16/pool.c:(average|maximum)",
    "nn/kernels/simd/pool.c:pool": r"nn/kernels/simd/pool.c:(average|max)_window",
}
PLATFORMS = {"mps2-an500": "qemu", "stm32f746g-disco": "renode"}
"""With an FPU that knows doubles, and with one that does not, and the target of each."""
LIBRARY = {
    *("__aeabi_d2ulz", "__aeabi_f2lz", "__aeabi_l2d", "__aeabi_l2f"),
    *("__aeabi_ldivmod", "__aeabi_uldivmod"),
    *(
        "cosf",
        "erfcf",
        "exp",
        "expf",
        "expm1f",
        "floorf",
        "frexpf",
        "logf",
        "powf",
        "sinf",
        "sqrtf",
    ),
    "tanhf",
}
DOUBLES = {
    *("__aeabi_dadd", "__aeabi_dsub", "__aeabi_dmul", "__aeabi_ddiv", "round", "trunc", "floor"),
    *("__aeabi_i2d", "__aeabi_ui2d", "__aeabi_f2d", "__aeabi_d2f", "__aeabi_d2iz", "__aeabi_d2uiz"),
    *("__aeabi_dcmpeq", "__aeabi_dcmpgt", "__aeabi_dcmplt", "__aeabi_dcmple", "__aeabi_dcmpge"),
}
"""What is in the library, too, where the FPU does not know doubles."""
LIBRARY_FRAME = 128
"""More than any of these takes: they push nine registers at most, and call two levels deep."""
INTERRUPT = 104 + 4
"""What the core pushes with the FPU's registers, and a word to align it (Armv7-M, B1.5.6)."""
NAKED = {
    "nn/kernels/simd/conv.c:convolve_many": 56,
    "nn/kernels/simd/conv.c:dot_many": 44,
    "nn/kernels/simd/depthwise_conv_3x3.c:load_channels": 36,
    "nn/kernels/simd/depthwise_conv_3x3.c:convolve_channels": 64,
}
"""What the assembly of functions without a prologue pushes, that of what it calls with it; the
compiler counts nothing."""
LARGEST_INFERENCE = 1024


@dataclass
class Graph:
    """Who calls whom, and what each takes of the stack in bytes."""

    frames: dict[str, int] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)

    def callees(self, caller: str) -> set[str]:
        """Return what a function calls, pointers included."""
        named = self.calls.get(caller, set())
        if INDIRECT not in named:
            return named
        written = caller.removesuffix(".constprop.0")  # the compiler's copy for constant arguments
        assert written in CALLED_BY_POINTER, f"say in CALLED_BY_POINTER what {caller} calls"
        pattern = re.compile(CALLED_BY_POINTER[written])
        pointed = {name for name in self.frames if pattern.fullmatch(name)}
        assert pointed, f"nothing is called {pattern.pattern}, as {caller} does"
        return named - {INDIRECT} | pointed

    def deepest(self, function: str, path: tuple[str, ...] = ()) -> int:
        """Return the most that a function takes with all that it calls."""
        assert function not in path, f"recursion: {' -> '.join([*path, function])}"
        if function in LIBRARY | DOUBLES:
            return LIBRARY_FRAME
        below = [self.deepest(name, (*path, function)) for name in self.callees(function)]
        return self.frames[function] + max(below, default=0)


@pytest.fixture(scope="module", params=PLATFORMS)
def built(request: pytest.FixtureRequest) -> Firmware:
    """The default model's firmware for it, built; no target has to be there."""
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    target, platform = PLATFORMS[request.param], str(request.param)
    return Session(Options(target=target, platform=platform)).firmware


@pytest.fixture(scope="module")
def graph(built: Firmware) -> Graph:
    """Its call graph."""
    return read_graph(built.elf.parent)


def read_graph(folder: Path) -> Graph:
    """Return what the compiler says of each source that is still there; what others left is old."""
    graph = Graph()
    for file in (*folder.glob("obj/**/*.ci"), *folder.glob("common/obj/**/*.ci")):
        source = Path(file.as_posix().rpartition("/obj/")[2]).with_suffix(".c")
        parent = folder / ("" if source.parts[0] == "platform" else "firmware")
        if not (parent / source).is_file():
            continue
        text = file.read_text().replace('"firmware/', '"')
        for name, label in re.findall(r'^node: { title: "([^"]*)" label: "([^"]*)"', text, re.M):
            if size := re.search(r"(\d+) bytes \((.*)\)", label):
                assert size[2] == "static", f"the frame of {name} has no bound"
                graph.frames[name] = int(size[1]) + NAKED.get(name, 0)
        for caller, callee in re.findall(r'sourcename: "([^"]*)" targetname: "([^"]*)"', text):
            graph.calls.setdefault(caller, set()).add(callee)
    return graph


def test_what_a_source_that_is_gone_left_behind_is_not_read(
    graph: Graph, built: Firmware, tmp_path: Path
) -> None:
    for objects in ("obj", "common/obj"):
        shutil.copytree(built.elf.parent / objects, tmp_path / objects)
    for link in ("firmware", "platform"):
        (tmp_path / link).symlink_to(built.elf.parent / link)
    stale = (
        'node: { title: "firmware/nn/ops/gone.c:invoke" label: "invoke\\n9999 bytes (static)" }\n'
    )
    (tmp_path / "common/obj/nn/ops/gone.ci").write_text(stale)
    assert read_graph(tmp_path) == graph


def test_an_inference_takes_a_bounded_stack(graph: Graph) -> None:
    ops = [name for name in graph.frames if re.fullmatch(INVOKES, name)]
    depth = graph.frames["nn_invoke"] + max(map(graph.deepest, ops))
    print(f"stack of an inference, at most: {depth} bytes")
    assert depth <= LARGEST_INFERENCE


def test_the_deepest_calls_and_an_interrupt_fit_into_the_stack(
    graph: Graph, built: Firmware
) -> None:
    handler = graph.deepest("uart_handler")
    depth = graph.deepest("cortex_reset") + INTERRUPT + handler
    print(f"stack, at most: {depth} of {built.sizes.stack} bytes")
    assert depth <= built.sizes.stack
