"""A user's TensorFlow Lite for Microcontrollers is found, or what is wrong with it is said."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.conftest import Run
from tinyml_hil import paths
from tinyml_hil.build import COMPILER, TflmEngine, core_of, find_tflm, load_platform
from tinyml_hil.build.abi import Abi, abi_of
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.model import Model, load_model
from tinyml_hil.session import Options, Session

pytestmark = pytest.mark.skipif(not shutil.which(COMPILER), reason=f"needs {COMPILER}")

M4 = "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
M7 = "-mcpu=cortex-m7 -mthumb -mfpu=fpv5-d16 -mfloat-abi=hard"
M7_SINGLE = "-mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard"
M7_SOFT = "-mcpu=cortex-m7 -mthumb -mfloat-abi=soft"
M7_WIDE_ENUMS = f"{M7} -fno-short-enums"
M3 = "-mcpu=cortex-m3 -mthumb -mfloat-abi=soft"
M0 = "-mcpu=cortex-m0 -mthumb -mfloat-abi=soft"
M33 = "-mcpu=cortex-m33 -mthumb -mfloat-abi=hard"
M55 = "-mcpu=cortex-m55 -mthumb -mfloat-abi=hard"

MICRO = "tensorflow/lite/micro"
DOWNLOADS = f"{MICRO}/tools/make/downloads"
HEADERS = (
    f"{MICRO}/micro_interpreter.h",
    f"{DOWNLOADS}/flatbuffers/include/flatbuffers/flatbuffers.h",
    f"{DOWNLOADS}/gemmlowp/fixedpoint/fixedpoint.h",
    f"{DOWNLOADS}/ruy/ruy/profiler/instrumentation.h",
)
RESOLVER = """
  TfLiteStatus AddAveragePool2D(
  TfLiteStatus AddConv2D(
  TfLiteStatus AddCustom(const char* name,
  TfLiteStatus AddDetectionPostprocess() {
    return AddCustom("TFLite_Detection_PostProcess",
  }
  TfLiteStatus AddUnidirectionalSequenceLSTM(
"""


def library(path: Path, flags: str = M7) -> Path:
    """Write a library of one object that is compiled for a core."""
    path.parent.mkdir(parents=True, exist_ok=True)
    compiled = path.with_suffix(".o")
    source = "enum kind { ONE } kind; float twice(float x) { return x + x; }"
    command = [COMPILER, *flags.split(), "-x", "c", "-c", "-", "-o", str(compiled)]
    subprocess.run(command, input=source.encode(), check=True)
    subprocess.run(["arm-none-eabi-ar", "rcs", str(path), str(compiled)], check=True)
    return path


def core(folder: Path, flags: str) -> Abi:
    """Return what is compiled with these flags."""
    return abi_of(library(folder / "core.a", flags))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a user has who has built it for a Cortex-M7: the files that are looked for."""
    folder = tmp_path / "tflite-micro"
    texts = dict.fromkeys(HEADERS, "") | {
        f"{MICRO}/micro_common.h": "struct TFLMRegistration;",
        f"{MICRO}/micro_mutable_op_resolver.h": RESOLVER,
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    library(folder / "gen" / "cortex-m7" / "lib" / "libtensorflow-microlite.a")
    return folder


@pytest.mark.parametrize(
    ("mine", "its"),
    [(M7, M7), (M7, M4), (M7_SINGLE, M4), (M55, M7), (M33, M4), (M7_SOFT, M3), (M7_SOFT, M0)],
)
def test_library_that_a_core_can_run_is_taken(tmp_path: Path, mine: str, its: str) -> None:
    assert core(tmp_path, mine).takes(core(tmp_path, its))


@pytest.mark.parametrize(
    ("mine", "its"),
    [
        (M4, M7),  # double precision
        (M7_SINGLE, M7),
        (M7, M55),  # instructions
        (M7, M33),
        (M7, M7_SOFT),  # how floats are passed
        (M7_SOFT, M7),
        (M7, M7_WIDE_ENUMS),
    ],
)
def test_library_that_a_core_cannot_run_is_not_taken(tmp_path: Path, mine: str, its: str) -> None:
    assert not core(tmp_path, mine).takes(core(tmp_path, its))


@pytest.mark.parametrize("inner", ["", "gen", "gen/cortex-m7"])
def test_checkout_is_found_by_any_folder_of_it_that_has_the_library(
    checkout: Path, tmp_path: Path, inner: str
) -> None:
    found = find_tflm(checkout / inner, core(tmp_path, M7))
    assert found.folder == checkout
    assert found.library.is_file()


def test_of_several_libraries_the_core_s_own_is_taken(checkout: Path, tmp_path: Path) -> None:
    other = library(checkout / "gen" / "cortex-m55" / "lib" / "libtensorflow-microlite.a", M55)
    assert find_tflm(checkout, core(tmp_path, M7)).library != other


def test_several_libraries_for_the_core_are_named(checkout: Path, tmp_path: Path) -> None:
    library(checkout / "gen" / "other-m7" / "lib" / "libtensorflow-microlite.a", M7)
    with pytest.raises(UsageError, match=r"several.*gen/cortex-m7/lib, .*gen/other-m7/lib"):
        find_tflm(checkout, core(tmp_path, M7))


def test_library_for_another_core_is_said_with_both(checkout: Path, tmp_path: Path) -> None:
    said = r"is for Arm v7E-M, with floating point of single precision.*is for Arm v7E-M, with flo"
    with pytest.raises(UsageError, match=said):
        find_tflm(checkout, core(tmp_path, M4))


def test_library_for_this_machine_is_said(checkout: Path, tmp_path: Path) -> None:
    (made,) = checkout.glob("gen/*/lib/*.a")
    made.write_bytes(library(tmp_path / "x.a").read_bytes().replace(b"\x28\0", b"\x3e\0", 1))
    with pytest.raises(UsageError, match="is for EM_X86_64, not for Arm"):
        find_tflm(checkout, core(tmp_path, M7))


@pytest.mark.parametrize("content", [b"", b"junk", b"!<arch>\n", b"!<arch>\n" + b"x" * 200])
def test_damaged_library_is_said(checkout: Path, tmp_path: Path, content: bytes) -> None:
    (made,) = checkout.glob("gen/*/lib/*.a")
    made.write_bytes(content)
    with pytest.raises(UsageError, match="build it again"):
        find_tflm(checkout, core(tmp_path, M7))


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (f"{MICRO}/micro_interpreter.h", "holds no TensorFlow Lite for Microcontrollers"),
        (f"{MICRO}/micro_common.h", "older than TFLMRegistration"),
        (HEADERS[1], "lacks the headers of flatbuffers"),
        ("gen/cortex-m7/lib/libtensorflow-microlite.a", "there is no libtensorflow-microlite.a"),
    ],
)
def test_what_a_checkout_lacks_is_said(checkout: Path, lost: str, said: str) -> None:
    (checkout / lost).unlink()
    with pytest.raises(SetupError, match=said):
        find_tflm(checkout)


def model_of(*ops: str) -> Model:
    """Return a model of these ops, of which those in small letters are custom ones."""
    model = load_model(paths.DEFAULT_MODEL)
    first = model.graph.nodes[0]
    nodes = [
        replace(first, op=op) if op.isupper() else replace(first, op="CUSTOM", custom=op)
        for op in ops
    ]
    return replace(model, graph=replace(model.graph, nodes=tuple(nodes)))


def test_ops_are_the_resolver_s_methods(checkout: Path) -> None:
    model = model_of("CONV_2D", "AVERAGE_POOL_2D", "UNIDIRECTIONAL_SEQUENCE_LSTM", "CONV_2D")
    assert TflmEngine(find_tflm(checkout)).files(model, "model") == {
        "tflm_ops.h": "#define TFLM_OPS(ADD) "
        "ADD(AddAveragePool2D) ADD(AddConv2D) ADD(AddUnidirectionalSequenceLSTM)\n"
        "#define TFLM_CUSTOM_OPS(ADD) \n"
    }


def test_custom_op_that_it_has_itself_is_its_method_too(checkout: Path) -> None:
    engine = TflmEngine(find_tflm(checkout))
    (header,) = engine.files(model_of("TFLite_Detection_PostProcess"), "model").values()
    assert header.startswith("#define TFLM_OPS(ADD) ADD(AddDetectionPostprocess)\n")


@pytest.mark.parametrize(
    ("op", "said"),
    [
        ("BUCKETIZE", "BUCKETIZE$"),
        ("CUSTOM", "CUSTOM$"),
        ("MyOp", r"MyOp: give its C\+\+ file with --op, see docs/custom-ops.md"),
    ],
)
def test_op_that_it_has_no_kernel_for_is_named(checkout: Path, op: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"has no kernel for {said}"):
        TflmEngine(find_tflm(checkout)).files(model_of("CONV_2D", op), "model")


def test_core_of_a_platform_is_what_its_firmware_is_compiled_for(tmp_path: Path) -> None:
    assert core_of(load_platform("mps2-an386"), tmp_path) == core(tmp_path, M4)


def test_engine_without_a_checkout_says_which_option_names_it() -> None:
    with pytest.raises(UsageError, match="with --tflm"):
        _ = Session(Options(engine="tflm")).engine


def test_engine_is_not_for_firmware_that_is_brought(tmp_path: Path) -> None:
    options = replace(Options(engine="tflm"), firmware=tmp_path / "any.elf")
    with pytest.raises(UsageError, match="--engine is for a build"):
        _ = Session(options).firmware


def test_doctor_finds_the_checkout_that_the_environment_names(
    run_cli: Run, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYML_HIL_TFLM", str(checkout / "gen"))
    told = " ".join(run_cli("doctor", "--json").stdout.split())
    assert '"name": "TFLM", "found": "' + str(checkout) in told
