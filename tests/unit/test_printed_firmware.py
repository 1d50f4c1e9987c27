"""Firmware that prints its results in its own words, on QEMU: evaluated, and put to the suite."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.printed import build_that_answers, build_that_prints
from tests.unit.conftest import Run
from tests.unit.simulated_board import SimulatedBoard, a_platform
from tinyml_hil.model import class_of
from tinyml_hil.record import load_record, load_results
from tinyml_hil.session import Options, Session

PASSED, CHECKS_FAILED, USAGE = 0, 1, 2
IMAGES = 10
GUIDE = r"""
[printed]
result = ['Prediction: (?P<class>\w+)', 'Confidence: (?P<score>[\d.]+)%']
end = '~~~ALL TESTS PASSED~~~'
classes = ["Plane", "Car", "Bird", "Cat", "Deer", "Dog", "Frog", "Horse", "Ship", "Truck"]
scale = 0.99609375  # it divides by 255, the model by 256
"""
OWN = ["Plane", "Car", "Bird", "Cat", "Deer", "Dog", "Frog", "Horse", "Ship", "Truck"]
A_LINE = r"""
[printed]
result = 'image (?P<index>\d+): label (?P<label>\w+), prediction (?P<class>\w+), (?P<score>[\d.]+)'
end = 'bye'
"""
SENT = r"""
[printed]
result = 'class (?P<class>\d+): (?P<scores>.*)'
prompt = '^> $'
send = '{hex}\n'
"""


@dataclass(frozen=True)
class Answer:
    """What the host makes of one image."""

    sent: bytes
    label: str
    name: str
    number: int
    raw: int
    scores: list[float]


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    """The host's, of the first images."""
    session = Session(Options())
    model, dataset = session.model, session.dataset
    found = []
    for index in range(IMAGES):
        tensor = model.input_of(dataset.image(index))
        output = session.reference.predict(tensor)
        top = class_of(output, 0)
        names = (dataset.class_name(dataset.label(index)), dataset.class_name(top))
        scores = model.output.dequantize(output).tolist()
        found.append(Answer(tensor.tobytes(), *names, top, int(output[top]), scores))
    return found


def _with_config(elf: Path, config: str) -> Path:
    elf.with_name("firmware.toml").write_text(config)
    return elf


@pytest.fixture(scope="module")
def guide(answers: list[Answer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The words of the guide's program as published: a test's frame, its display's two lines."""
    text = "Testing LoadModelAndPerformInference\n"
    for answer in answers:
        confidence = answer.raw / 255 * 100
        text += (
            f"2\n  Prediction: {OWN[answer.number]}       \n  Confidence: {confidence:.1f}%   \n"
        )
    text += "1/1 tests passed\n~~~ALL TESTS PASSED~~~\n"
    return _with_config(build_that_prints(tmp_path_factory.mktemp("guide"), text), GUIDE)


def _lines(answers: list[Answer]) -> list[str]:
    return [
        f"image {i}: label {a.label}, prediction {a.name}, {a.scores[a.number]:.4f}"
        for i, a in enumerate(answers)
    ]


@pytest.fixture(scope="module")
def sent(answers: list[Answer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Firmware that is sent its inputs in hexadecimal."""
    replies = {
        a.sent.hex().encode(): f"class {a.number}: {' '.join(f'{s:.3f}' for s in a.scores)}\n"
        for a in answers
    }
    return _with_config(build_that_answers(tmp_path_factory.mktemp("sent"), "> ", replies), SENT)


def test_all_that_the_guide_s_program_prints_is_compared(run_cli: Run, guide: Path) -> None:
    result = run_cli("evaluate", "--firmware", guide, "--images", str(IMAGES))
    assert result.returncode == PASSED, result.stderr
    assert re.search(rf"equal as printed +{IMAGES}/{IMAGES}", result.stdout)
    folder = Path(result.stdout.split("run: ")[1].splitlines()[0])
    assert load_record(folder).numbers["exact"] == IMAGES
    records = load_results(folder / "results.npz")
    assert [record.compared.sum() for record in records] == [1] * IMAGES
    assert (folder / "report.html").is_file()


def test_suite_passes_and_says_why_it_skips(run_pytest: Run, guide: Path) -> None:
    result = run_pytest("-rsp", "--target=qemu", f"--firmware={guide}", f"--images={IMAGES}")
    assert result.returncode == PASSED, result.stdout
    assert "this firmware has its inputs built in, and infers each once a boot" in result.stdout
    lacking = set(re.findall(r"in its own words, and has no command '(.+)'", result.stdout))
    assert lacking == {"help", "info", "memory", "layers", "selftest"}
    assert len(re.findall(r"PASSED \S+::test_output_equals_the_host", result.stdout)) == IMAGES


def test_suite_passes_on_firmware_that_is_sent_its_inputs(run_pytest: Run, sent: Path) -> None:
    result = run_pytest("-rsp", "--target=qemu", f"--firmware={sent}", "--images=3")
    assert result.returncode == PASSED, result.stdout
    passed = set(re.findall(r"^PASSED \S+::test_(\w+)", result.stdout, re.MULTILINE))
    assert passed >= {"the_same_image_gives_the_same_bits", "another_image_between_changes_nothing"}


def test_a_board_that_runs_already_is_sent_inputs_at_once(
    run_cli: Run, sent: Path, tmp_path: Path
) -> None:
    with SimulatedBoard(tmp_path, sent) as board:
        result = run_cli(
            *("evaluate", "--target=board", f"--port={board.port}", "--flash=none"),
            f"--platform={a_platform(tmp_path / 'mine')}",
            *("--firmware", sent, "--images", "2"),
        )
    assert result.returncode == PASSED, result.stderr
    assert re.search(r"equal as printed +2/2", result.stdout)


def test_a_wrong_score_a_wrong_class_and_another_label_are_named(
    run_cli: Run, answers: list[Answer], tmp_path: Path
) -> None:
    lines = _lines(answers)[:4]
    score = answers[0].scores[answers[0].number]
    lines[0] = lines[0].replace(f"{score:.4f}", f"{score + 0.0011:.4f}")
    lines[1] = lines[1].replace(f"prediction {answers[1].name}", "prediction horse")
    lines[2] = lines[2].replace(f"label {answers[2].label}", "label horse")
    elf = _with_config(build_that_prints(tmp_path, "\n".join([*lines, "bye\n"])), A_LINE)
    result = run_cli("evaluate", "--firmware", elf, "--images", "4")
    assert result.returncode == CHECKS_FAILED, result.stderr
    assert re.search(r"equal as printed +1/4", result.stdout)
    said = result.stdout + result.stderr
    assert re.search(r"image 0.*: 1 of 1 printed values differ from the host, by 0\.0011", said)
    assert re.search(r"image 1.*the device says horse, the host", said)
    assert re.search(r"image 2.*the firmware has the label horse for it", said)
    page = Path(result.stdout.split("report: ")[1].splitlines()[0]).read_text()
    assert "the firmware has the label horse for it" in page


def test_more_images_than_are_built_in_are_refused_with_their_number(
    run_cli: Run, guide: Path
) -> None:
    result = run_cli("evaluate", "--firmware", guide, "--images", "12")
    assert result.returncode == USAGE
    assert f"Choose those that it has built in: --images {IMAGES}" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_table_that_cannot_be_used_is_refused_before_anything_starts(
    run_cli: Run, guide: Path, tmp_path: Path
) -> None:
    elf = tmp_path / "firmware.elf"
    elf.write_bytes(guide.read_bytes())
    _with_config(elf, "[printed]\nresult = '(?P<class>'\n")
    result = run_cli("evaluate", "--firmware", elf)
    assert result.returncode == USAGE
    assert f"{elf.with_name('firmware.toml')}: result in [printed] is no regular" in result.stderr
    assert "qemu" not in result.stderr
