"""``tinyml-hil explain``, the report's section, and what failures say of their cause."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fixtures import places
from tests.unit.conftest import Run, Suite, said_by_us
from tests.unit.report_builder import cifar, make_run
from tinyml_hil import paths
from tinyml_hil.build import Firmware
from tinyml_hil.explanation import EXPLANATION, load_explanation
from tinyml_hil.model import apart, joined, load_kernels
from tinyml_hil.record import RESULTS, InputRecord, Status
from tinyml_hil.run import OngoingRun
from tinyml_hil.session import Options, Session

PASSED, FAILED, USAGE = 0, 1, 2
IMAGES = 8
TFLM_DIFFERS = 29
"""Of the seeds of noise, one whose first image TFLM gives another output than LiteRT."""
TWO_INPUTS = places.CASES / "two_inputs_int8.tflite"
WHY = "the device computes as LiteRT does by default, with XNNPACK, and not as litert"


def _noise(folder: Path, seed: int, images: int) -> Path:
    """Images of noise, on which other kernels give other outputs."""
    pixels = np.random.default_rng(seed).integers(0, 256, (images, 3072), np.uint8)
    return cifar(folder / "noise.bin", pixels, np.zeros(images, np.uint8))


@pytest.fixture
def session(built: Firmware, tmp_path: Path) -> Session:
    return Session(Options(firmware=built.elf, dataset=_noise(tmp_path, 1, IMAGES)))


def _run_as(session: Session, folder: Path, kernels: str, status: Status = "failed") -> Path:
    """The folder of a run on a device that computes as these kernels do."""
    host, device = (load_kernels(name, session.model) for name in ("litert", kernels))

    def answer(index: int, label: int) -> InputRecord:
        tensor = session.model.input_of(session.dataset.image(index))
        return InputRecord(index, label, host.predict(tensor), device.predict(tensor), 1)

    return make_run(folder, session.options, answer, status)


@pytest.fixture
def run_of_xnnpack(session: Session, tmp_path: Path) -> Path:
    return _run_as(session, tmp_path / "run", "litert-xnnpack")


def test_cause_is_told_and_kept_and_shown(run_cli: Run, run_of_xnnpack: Path) -> None:
    done = run_cli("explain", run_of_xnnpack)
    assert done.returncode == PASSED, done.stderr
    assert done.stdout.startswith(WHY)
    found = load_explanation(run_of_xnnpack)
    assert found
    assert found.explained
    page = (run_of_xnnpack / "report.html").read_text()
    section = page[page.index('<section id="causes">') :]
    assert WHY[1:] in section[: section.index("</section>")]


def test_cause_in_a_model_of_two_inputs_is_told_and_both_are_shown(
    run_cli: Run, tmp_path: Path
) -> None:
    left, right = np.random.default_rng(1).integers(0, 256, (2, IMAGES, 16, 16, 3), np.uint8)
    labels = np.zeros(IMAGES, np.int64)
    np.savez(tmp_path / "two.npz", keras_tensor_87=left, keras_tensor_88=right, labels=labels)
    session = Session(Options(model=TWO_INPUTS, dataset=tmp_path / "two.npz"))
    host = load_kernels("litert", session.model)

    def answer(index: int, label: int) -> InputRecord:
        """Of a device that takes each input for the other."""
        tensor = session.model.input_of(session.dataset.image(index))
        one, other = apart(tensor)
        swapped = host.predict(joined([other, one]))
        return InputRecord(index, label, host.predict(tensor), swapped, 1)

    folder = make_run(tmp_path / "run", session.options, answer, "failed")
    done = run_cli("explain", folder)
    assert done.returncode == PASSED, done.stderr
    assert done.stdout.startswith(
        "the device takes the inputs 'keras_tensor_88' and 'keras_tensor_87' one for the other."
    )
    page = (folder / "report.html").read_text()
    assert page.count('alt="input 0, as the host took it"') == 2


def test_json_is_all_that_is_on_standard_output(run_cli: Run, run_of_xnnpack: Path) -> None:
    done = run_cli("explain", run_of_xnnpack, "--json")
    assert json.loads(done.stdout)["cause"]["hypothesis"] == "other-kernels"


def test_run_that_nothing_explains_fails(run_cli: Run, session: Session, tmp_path: Path) -> None:
    host = load_kernels("litert", session.model)

    def answer(index: int, label: int) -> InputRecord:
        right = host.predict(session.model.input_of(session.dataset.image(index)))
        return InputRecord(index, label, right, right ^ ((index * 37 + right) % 11), 1)

    run = make_run(tmp_path / "run", replace(session.options, images=4), answer, "failed")
    done = run_cli("explain", run)
    assert done.returncode == FAILED
    assert done.stdout.startswith("nothing that was tried explains it")


def test_run_without_differences_says_so(run_cli: Run, session: Session, tmp_path: Path) -> None:
    done = run_cli("explain", _run_as(session, tmp_path / "run", "litert"))
    assert done.returncode == PASSED
    assert f"nothing differs in the run's {IMAGES} inputs" in done.stdout


def test_run_without_results_is_a_mistake(run_cli: Run, run_of_xnnpack: Path) -> None:
    (run_of_xnnpack / RESULTS).unlink()
    done = run_cli("explain", run_of_xnnpack)
    assert done.returncode == USAGE
    assert "has no results: it ended before the first" in done.stderr


def test_run_of_another_model_is_a_mistake(run_cli: Run, session: Session, tmp_path: Path) -> None:
    model = tmp_path / "mine.tflite"
    shutil.copy(paths.DEFAULT_MODEL, model)
    mine = Session(replace(session.options, model=model))
    run = _run_as(mine, tmp_path / "run", "litert-xnnpack")
    model.write_bytes(model.read_bytes() + b"\0")
    done = run_cli("explain", run)
    assert done.returncode == USAGE
    assert said_by_us(done.stderr) == [
        f"error: {model} is not the model of the run any more: run it once more"
    ]


def test_images_that_changed_since_the_run_are_a_mistake(
    run_cli: Run, session: Session, run_of_xnnpack: Path
) -> None:
    dataset = session.options.dataset
    assert dataset
    content = np.frombuffer(dataset.read_bytes(), np.uint8).reshape(IMAGES, -1).copy()
    content[:, 1:] ^= 255
    dataset.write_bytes(content.tobytes())
    done = run_cli("explain", run_of_xnnpack)
    assert done.returncode == USAGE
    assert "gives another output" in done.stderr


@pytest.fixture
def stopped(session: Session, tmp_path: Path) -> Path:
    """A run that was interrupted, on a device that computes as XNNPACK."""
    return _run_as(session, tmp_path / "stopped", "litert-xnnpack", "interrupted")


def test_run_under_way_tells_and_keeps_a_quick_cause(session: Session, stopped: Path) -> None:
    run = OngoingRun.resume(session, stopped)
    assert run.explain().startswith(f"why: {WHY}")
    assert (stopped / EXPLANATION).is_file()


def test_run_that_goes_on_drops_the_cause_of_fewer_inputs(session: Session, stopped: Path) -> None:
    OngoingRun.resume(session, stopped).explain()
    OngoingRun.resume(session, stopped)
    assert not (stopped / EXPLANATION).exists()


def test_failing_tests_and_their_run_tell_the_cause(
    suite: Suite, built: Firmware, tmp_path: Path
) -> None:
    dataset = _noise(tmp_path, TFLM_DIFFERS, 1)
    done = suite(
        *(f"--firmware={built.elf}", f"--dataset={dataset}", "--reference=tflite-micro"),
        *("-k", "test_output_equals_the_host"),
    )
    assert done.returncode == FAILED
    said = "why: the device computes as LiteRT's reference kernels do, the host as tflite-micro"
    assert len(re.findall(said, done.stdout)) >= 2  # with the failure, and at the end


def test_device_that_is_fed_bgr_is_found_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = OngoingRun.begin(session, ["tinyml-hil", "evaluate"])
    with session.device(run.transcripts / "session.log") as device:
        classify_many = device.classify_many
        monkeypatch.setattr(
            device,
            "classify_many",
            lambda tensors: classify_many(np.ascontiguousarray(t[..., ::-1]) for t in tensors),
        )
        run.add(session.evaluation(device).run(range(IMAGES)))
    session.close()
    assert run.explain().startswith("why: the device takes the image as BGR, the host as RGB. ")
    found = load_explanation(run.folder)
    assert found
    assert [bool(case.seen) for case in found.cases].count(True)
