"""The engine under test: built with sanitizers, and running."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from fixtures import places
from tinyml_hil.build.engine import make_engine

from .runner import Engine

BUILD = places.BUILD / "host"


def build(folder: Path, *arguments: str) -> None:
    """Build the engine for the host."""
    done = make_engine(folder, arguments)
    assert done.returncode == 0, done.stdout


def build_host(folder: Path = BUILD, arithmetic: str = "litert") -> Path:
    """Build the engine's host programs with every op; two workers take turns."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        build(folder, "NN_OPS=all", f"NN_ARITHMETIC={arithmetic}")
    return folder


@pytest.fixture(scope="session")
def host_build() -> Path:
    """The folder with the engine's host programs."""
    return build_host()


PROGRAMS = {"simd": "nn_run_sanitized", "portable": "nn_run_portable_sanitized"}
BOTH_KERNELS = pytest.mark.parametrize("kernels", PROGRAMS, scope="session")
"""Marks a test to be run with either choice of kernels."""


@pytest.fixture(scope="session")
def kernels() -> str:
    """The choice of kernels that the firmware is built with."""
    return "simd"


@pytest.fixture(scope="session")
def engine(
    kernels: str, host_build: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """Run the engine under ASan and UBSan."""
    log = tmp_path_factory.mktemp("engine") / "stderr.txt"
    engine = Engine(host_build / PROGRAMS[kernels], log)
    yield engine
    engine.close()
