"""The command line at a terminal and away from one: colours, completion, help."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.conftest import PATIENCE, Run

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
