"""The engine under test: built with sanitizers, and running."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from .runner import Engine

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "build" / "host"


@pytest.fixture(scope="session")
def host_build() -> Path:
    """Build the engine's host programs; two workers take turns."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILD / "lock"):
        make = ["make", "-s", "-j2", "-C", str(ROOT / "firmware" / "test"), f"BUILD={BUILD}"]
        done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return BUILD


@pytest.fixture(scope="session")
def engine(host_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Run the engine under ASan and UBSan."""
    log = tmp_path_factory.mktemp("engine") / "stderr.txt"
    engine = Engine(host_build / "nn_run_sanitized", log)
    yield engine
    engine.close()
