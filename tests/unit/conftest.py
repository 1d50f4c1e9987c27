"""What the harness's tests share: a built firmware, and a way to run commands apart."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import paths
from harness.firmware import COMPILER, Firmware
from harness.session import Options, Session

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def built() -> Firmware:
    """The default model's firmware, built."""
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    return Session(Options()).firmware


@pytest.fixture(scope="session")
def run_pytest() -> Run:
    """Runs pytest in a process of its own, in the checkout, without pytest-xdist's variables."""
    return lambda *arguments, **kwargs: _run("-m", "pytest", "-q", *arguments, **kwargs)


@pytest.fixture(scope="session")
def run_cli() -> Run:
    """Runs the command line in a process of its own."""
    code = "from harness.cli import main; main()"
    return lambda *arguments, **kwargs: _run("-c", code, *arguments, **kwargs)


def _run(*arguments: str | Path, **kwargs: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, cwd=paths.ROOT, capture_output=True, text=True, timeout=240, **kwargs
    )
