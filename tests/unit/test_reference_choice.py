"""The right reference: that of the runtime which infers on the device, and why is on record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.foreign import SIDE, Foreign, build_foreign
from tests.unit.conftest import Run
from tests.unit.engine.graph import Graph, Tensor
from tinyml_hil.build import Firmware
from tinyml_hil.project import Project
from tinyml_hil.record import load_record
from tinyml_hil.session import Options, Session

PASSED = 0
HOLDS_TFLM = "TensorFlow Lite for Microcontrollers is in the firmware"
COMPARED = f"compared with tflite-micro: {HOLDS_TFLM}"


@pytest.fixture(scope="module")
def tflm(tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """Firmware that has TFLM's functions, by their names."""
    return build_foreign(tmp_path_factory.mktemp("tflm"))


def _session(foreign: Foreign, **options: object) -> Session:
    given = {"firmware": foreign.elf, "model": foreign.model, "dataset": foreign.dataset} | options
    return Session(Options(**given), Project.at(foreign.elf.parent))  # type: ignore[arg-type]


def _without_tflite_micro(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """In processes that are started from now on, too."""
    (folder / "tflite_micro").mkdir()
    (folder / "tflite_micro" / "__init__.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(str(folder))


def test_firmware_that_holds_tflm_is_held_against_tflite_micro(tflm: Foreign) -> None:
    pytest.importorskip("tflite_micro")
    session = _session(tflm)
    assert str(session.reference_choice) == f"tflite-micro: {HOLDS_TFLM}"
    assert session.reference.name == "tflite-micro"


def test_what_was_chosen_is_taken_whatever_the_firmware_holds(tflm: Foreign) -> None:
    session = _session(tflm, reference="litert")
    assert str(session.reference_choice) == "litert: as was chosen"
    assert session.reference.name == "litert"


def test_our_engine_is_held_against_litert(built: Firmware) -> None:
    wanted = "litert: the firmware's engine gives its bits"
    assert str(Session(Options()).reference_choice) == wanted
    assert str(Session(Options(firmware=built.elf)).reference_choice) == wanted


def test_another_runtime_is_held_against_litert(tmp_path: Path) -> None:
    choice = _session(build_foreign(tmp_path, source="st.c")).reference_choice
    assert str(choice) == "litert: no TensorFlow Lite for Microcontrollers in the firmware"


def test_firmware_without_symbols_says_that_they_would_tell(tmp_path: Path) -> None:
    choice = _session(build_foreign(tmp_path, flags=("-s",))).reference_choice
    assert choice.name == "litert"
    assert "no symbols, which would tell" in choice.why
    assert choice.why.endswith("if that is TFLM: --reference tflite-micro")


def test_where_tflite_micro_is_not_installed_that_is_said(
    tflm: Foreign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_tflite_micro(monkeypatch, tmp_path)
    choice = _session(tflm).reference_choice
    assert choice.name == "litert"
    assert choice.why.startswith(f"{HOLDS_TFLM}, but tflite-micro is not installed: pip install")


def test_where_tflite_micro_refuses_the_model_that_is_said(
    tflm: Foreign, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tflite_micro")
    graph, pixels = Graph(), Tensor((1, SIDE, SIDE, 1), "int8", 1.0, -128)
    # An op that LiteRT has and TFLM has not.
    op = schema.BuiltinOperator.RELU_N1_TO_1
    graph.outputs = [graph.op(op, [graph.input(pixels)], pixels)]
    model = tmp_path / "model.tflite"
    model.write_bytes(graph.build())
    choice = _session(tflm, model=model).reference_choice
    assert choice.name == "litert"
    assert choice.why.startswith(f"{HOLDS_TFLM}, but tflite-micro refuses {model}: ")
    assert capfd.readouterr().err == "", "what the package says is not for people"


def test_an_evaluation_says_and_records_what_it_is_compared_with_and_why(
    run_cli: Run, tflm: Foreign
) -> None:
    pytest.importorskip("tflite_micro")
    result = run_cli("evaluate", *tflm.options())
    assert result.returncode == PASSED, result.stderr
    assert COMPARED in result.stdout
    folder = Path(result.stdout.split("run: ")[1].splitlines()[0])
    record = load_record(folder)
    assert (record.reference, record.reference_why) == ("tflite-micro", HOLDS_TFLM)
    assert record.options["reference"] == "auto"
    assert "tflite-micro" in record.versions
    assert f"Compared with tflite-micro: {HOLDS_TFLM}." in (folder / "summary.md").read_text()
    assert f"tflite-micro: {HOLDS_TFLM}" in (folder / "report.html").read_text()


def test_the_suite_says_first_and_last_what_a_device_is_compared_with(
    run_pytest: Run, tflm: Foreign
) -> None:
    pytest.importorskip("tflite_micro")
    result = run_pytest("-v", "--target=qemu", "--images=1", *tflm.options())
    assert result.returncode == PASSED, result.stdout
    header, _, end = result.stdout.partition("collected")
    assert f"tinyml-hil: {COMPARED}" in header
    assert COMPARED in end


def test_layers_say_what_they_are_compared_with(run_cli: Run, tflm: Foreign) -> None:
    pytest.importorskip("tflite_micro")
    assert COMPARED in run_cli("layers", *tflm.options()).stdout
    facts = json.loads(run_cli("layers", *tflm.options(), "--json").stdout)
    assert facts["reference"] == "tflite-micro"


@pytest.mark.nightly
def test_a_run_is_not_resumed_with_another_reference_than_it_began_with(
    run_cli: Run, tflm: Foreign, tmp_path: Path
) -> None:
    pytest.importorskip("tflite_micro")
    facts = json.loads(run_cli("evaluate", *tflm.options(), "--json").stdout)
    record = load_record(Path(facts["folder"]))
    record.status, record.reference = "interrupted", "litert"
    record.save(tmp_path)
    result = run_cli("evaluate", "--resume", tmp_path)
    assert "reference: litert then, tflite-micro now" in result.stderr
