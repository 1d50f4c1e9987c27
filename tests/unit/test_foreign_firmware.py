"""Firmware of others: it talks to people between the protocol's lines, or in its own words only."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.changed_firmware import build_changed, copy_sources, replace_once
from tests.unit.conftest import Run
from tests.unit.simulated_board import SimulatedBoard, a_platform
from tinyml_hil.build import Firmware
from tinyml_hil.record import RunRecord, load_record

PASSED, TROUBLE, USAGE = 0, 3, 2
FOR_PEOPLE = 'text_line("[17 ms] something for people");'
OWN_WORDS = """
#include "app/text.h"
#include "bsp/bsp.h"

int main(void) {
    bsp_init();
    for (int i = 0; i < 10; i++) {
        text("image ");
        text_i32(i);
        text_line(": ship 0.98");
    }
    text_line("~~~ALL TESTS PASSED~~~");
    for (;;) {
        bsp_idle();
        if (bsp_uart_read() >= 0) {
            text_line("send an image");
        }
    }
}
"""


def _insert(path: Path, before: str, inserted: str) -> None:
    replace_once(path, before, f"{inserted}\n{before}")


@pytest.fixture(scope="module")
def talkative_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line for people wherever there may be one, and a name that is not the model's."""
    sources = copy_sources(tmp_path_factory.mktemp("talkative"))
    _insert(sources / "app/main.c", '    text_line("m-init-done");', FOR_PEOPLE)
    _insert(sources / "app/main.c", '    text_line("m-ready");', FOR_PEOPLE)
    _insert(sources / "app/console.c", "        known->run(words);", FOR_PEOPLE)
    device = sources / "app/device.c"
    text = device.read_text()
    device.write_text(text.replace("text(model_name());", 'text("vww01");'))
    return sources


@pytest.fixture(scope="module")
def talkative(built: Firmware, talkative_sources: Path) -> Path:
    """It has all commands."""
    return build_changed(built.elf, talkative_sources, talkative_sources.parent / "full")


@pytest.fixture(scope="module")
def plain(built: Firmware, talkative_sources: Path) -> Path:
    """It has the benchmark's commands alone."""
    return build_changed(
        built.elf, talkative_sources, talkative_sources.parent / "plain", "EXTENSIONS=0"
    )


@pytest.fixture(scope="module")
def own_words(built: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It prints ten results at its start, answers what it is sent, and knows no protocol."""
    sources = copy_sources(tmp_path_factory.mktemp("own-words"))
    (sources / "app/main.c").write_text(OWN_WORDS)
    return build_changed(built.elf, sources, sources.parent / "built")


@pytest.fixture(scope="module")
def tested(run_pytest: Run, plain: Path) -> subprocess.CompletedProcess[str]:
    """What the suite says of the plain one."""
    return run_pytest("-rsp", "--target=qemu", f"--firmware={plain}", "--images=2")


@pytest.fixture(scope="module")
def evaluated(run_cli: Run, plain: Path) -> subprocess.CompletedProcess[str]:
    """What evaluate says of it."""
    return run_cli("evaluate", "--firmware", plain, "--images", "2")


@pytest.fixture(scope="module")
def record(evaluated: subprocess.CompletedProcess[str]) -> RunRecord:
    """Of that run."""
    return load_record(Path(evaluated.stdout.split("run: ")[1].splitlines()[0]))


@pytest.mark.parametrize("lane", ["uart", "memory"])
def test_lines_for_people_in_every_reply_change_nothing(
    run_pytest: Run, talkative: Path, lane: str
) -> None:
    result = run_pytest("--target=qemu", f"--firmware={talkative}", f"--lane={lane}", "--images=2")
    assert result.returncode == PASSED, result.stdout


def test_a_line_for_people_at_the_end_of_the_boot_is_not_the_protocol_s(
    tested: subprocess.CompletedProcess[str],
) -> None:
    assert tested.returncode == PASSED, tested.stdout
    assert re.search(r"^PASSED \S+::test_boot_ends_as_mlperf_tiny_says", tested.stdout, re.M)


def test_the_suite_shows_an_inference_in_microseconds(
    tested: subprocess.CompletedProcess[str],
) -> None:
    assert re.search(r"^microseconds an inference +[1-9][\d,]+$", tested.stdout, re.MULTILINE)


def test_a_budget_of_instructions_is_not_compared_with_microseconds(
    tested: subprocess.CompletedProcess[str],
) -> None:
    assert "this device counts microseconds, not instructions" in tested.stdout


def test_evaluate_records_the_microseconds_that_the_firmware_tells(record: RunRecord) -> None:
    assert record.unit == "microseconds"
    # The default model takes 14 to 17 million instructions; QEMU runs 1,000 of them in one.
    assert 10_000 < record.numbers["ticks_mean"] < 20_000


def test_a_model_of_another_name_and_shape_is_a_warning(
    evaluated: subprocess.CompletedProcess[str],
) -> None:
    assert evaluated.returncode == PASSED, evaluated.stderr
    assert "warning: the firmware calls its model 'vww01': was it built with" in evaluated.stderr
    assert "takes 3,072 values and gives 10? MLPerf Tiny's takes 27,648" in evaluated.stderr


def test_firmware_in_its_own_words_is_told_which_doors_it_has(
    run_cli: Run, own_words: Path
) -> None:
    result = run_cli("evaluate", "--firmware", own_words, "--images", "1", "--reply-timeout", "5")
    assert result.returncode == TROUBLE, result.stderr
    assert "image 9: ship 0.98" in result.stderr
    for pointer in ("firmware.toml", "[printed]", "--door=debugger", "docs/firmware.md"):
        assert pointer in result.stderr
    assert "Is the model slow?" not in result.stderr


def test_a_board_in_its_own_words_is_told_which_doors_it_has(
    run_cli: Run, own_words: Path, tmp_path: Path
) -> None:
    with SimulatedBoard(tmp_path, own_words) as board:
        result = run_cli(
            *("evaluate", "--target=board", f"--port={board.port}", "--flash=none"),
            *("--platform", a_platform(tmp_path / "mine")),
            *("--firmware", own_words, "--images", "1"),
        )
    assert result.returncode == USAGE, result.stderr
    assert "docs/firmware.md" in result.stderr
