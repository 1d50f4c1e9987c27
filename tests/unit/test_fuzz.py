"""A short run of each fuzzer, from the same seeds every time; `make fuzz` is the long one.

What they look for is any bad access, overflow, undefined behaviour or hang: libFuzzer, ASan and
UBSan are the judges. What they once found is kept in `fuzz_inputs`, and tried first.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit import fuzzing
from tests.unit.conftest import PATIENCE

RUNS = {"flatbuffer": 10_000, "model": 10_000, "console": 10_000}
LEAST_COVERAGE = {"flatbuffer": 100, "model": 900, "console": 400}
"""Edges; a fuzzer that reaches fewer does not reach what it is for."""


@pytest.fixture(scope="session")
def fuzzers() -> None:
    """The fuzzers, built."""
    if not shutil.which("clang"):
        pytest.skip("clang is not installed: apt-get install clang libclang-rt-dev")
    fuzzing.build()


@pytest.mark.usefixtures("fuzzers")
@pytest.mark.parametrize("name", fuzzing.NAMES)
def test_no_input_breaks(name: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    run = fuzzing.command(
        name, tmp_path / "broken", f"-runs={RUNS[name]}", "-seed=1", corpus, *fuzzing.inputs(name)
    )
    done = subprocess.run(run, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-5000:]
    coverage = int(re.findall(r"DONE +cov: (\d+)", done.stderr)[-1])
    assert coverage >= LEAST_COVERAGE[name]
