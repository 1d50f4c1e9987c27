"""The command line at a terminal and away from one: colours, completion, help."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.tasks import a_task
from tests.unit.conftest import PATIENCE, Run
from tinyml_hil.model import TensorSpec
from tinyml_hil.record import InputRecord, Metrics, quality_tables

PROGRAM = str(Path(sys.executable).with_name("tinyml-hil"))
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")


def _at_a_terminal(*arguments: str, **variables: str) -> str:
    """What a command prints to a pseudo terminal."""
    leader, follower = pty.openpty()
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    environment = plain | {"TERM": "xterm-256color", **variables}
    process = subprocess.Popen([PROGRAM, *arguments], stdout=follower, env=environment)
    os.close(follower)
    output = b""
    while chunk := _read(leader):
        output += chunk
    os.close(leader)
    assert process.wait(PATIENCE) == 0
    return output.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # how Linux says that the other end is closed
        return b""


def test_a_terminal_gets_colours() -> None:
    assert COLOUR.search(_at_a_terminal("doctor", "--target", "qemu"))


def test_no_color_turns_them_off() -> None:
    assert not COLOUR.search(_at_a_terminal("doctor", "--target", "qemu", NO_COLOR="1"))


def test_what_is_not_a_terminal_gets_none(run_cli: Run) -> None:
    assert "\x1b" not in run_cli("doctor", "--target", "qemu").stdout
    assert "\x1b" not in run_cli("--help").stdout


def test_help_has_the_exit_codes(run_cli: Run) -> None:
    text = " ".join(run_cli("--help").stdout.split())
    assert "0 all is well; 1 a check failed; 2 an option or a file cannot be used; 3" in text


@pytest.mark.parametrize(("typed", "completed"), [("do", "doctor"), ("eva", "evaluate")])
def test_the_shell_completes_commands(typed: str, completed: str) -> None:
    variables = {"_TINYML_HIL_COMPLETE": "complete_bash"}
    variables |= {"COMP_WORDS": f"tinyml-hil {typed}", "COMP_CWORD": "1"}
    result = subprocess.run(
        [PROGRAM], env=os.environ | variables, capture_output=True, text=True, timeout=PATIENCE
    )
    assert result.stdout.split() == [completed]


@pytest.fixture
def of_long_names() -> Metrics:
    """Twenty classes whose names are three hundred characters, each taken for the next."""
    names = tuple(f"{number}[red]" + "x" * 300 for number in range(20))
    outputs = np.eye(20, dtype=np.int8) * 100
    records = [
        InputRecord(i, i, outputs[i], outputs[(i + 1) % 20], 1_000_000_000) for i in range(20)
    ]
    return Metrics(records, a_task(names, TensorSpec((1, 20), np.dtype(np.int8), 1 / 128, 0)))


def test_tables_of_a_run_fit_80_columns(of_long_names: Metrics) -> None:
    screen = Console(width=200, record=True, file=io.StringIO())
    for table in quality_tables(of_long_names):
        screen.print(table)
    lines = screen.export_text().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80


def test_class_says_what_its_images_are_taken_for(of_long_names: Metrics) -> None:
    *_, classes = quality_tables(of_long_names)
    (said, *_) = classes.columns[-1].cells
    assert str(said).startswith("1[red]xxx")
    assert str(said).endswith("… 1")
