"""What the tests of the wheel share: the distributions, and a stranger who has but the wheel.

The environment belongs to somebody else, who installed the wheel into it; the stranger may read it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE

NOBODY = 65534
PYTHONS = ("/usr/bin/python3", getattr(sys, "_base_executable", sys.executable))


class Stranger:
    """Somebody with a home and a project, who is not root."""

    def __init__(self, folder: Path) -> None:
        """``folder``: becomes the stranger's, all but the environment in it."""
        self.environment = folder / "Umgebung für alle"
        self.home = folder / "home"
        self.project = folder / "Mein Gerät"
        self.outside = folder / "other files"
        for own in (self.home, self.project, self.outside):
            own.mkdir()
            if os.getuid() == 0:
                os.chown(own, NOBODY, NOBODY)

    @property
    def packages(self) -> Path:
        """Where the environment has its packages."""
        (found,) = self.environment.glob("lib/python*/site-packages")
        return found

    def run(
        self, command: str, *arguments: str | Path, expected: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program of the environment in the project; nothing may tell of the checkout."""
        program = [str(self.environment / "bin" / command), *map(str, arguments)]
        if os.getuid() == 0:
            ids = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            program = ["setpriv", *ids, *program]
        keep = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "LC_", "LANG"))}
        environment = keep | {"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        result = subprocess.run(
            program,
            cwd=self.project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        said = result.stdout + result.stderr
        assert str(places.ROOT) not in said
        assert "Traceback" not in said
        if expected is not None:
            assert result.returncode == expected, said
        return result


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel, built from the source distribution, and that."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(places.ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="session")
def stranger(distributions: tuple[Path, Path]) -> Iterator[Stranger]:
    """A stranger, and an environment with the wheel and nothing else of this project's."""
    with tempfile.TemporaryDirectory(prefix="tinyml-hil-wheel-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        somebody = Stranger(folder)
        install(somebody.environment, distributions[0])
        yield somebody


def install(environment: Path, distribution: Path, *further: str) -> None:
    """Makes an environment with a distribution and what it needs, pinned; and further packages."""
    subprocess.run([python_for_all(), "-m", "venv", str(environment)], check=True)
    pip: list[str | Path] = [environment / "bin" / "python", "-m", "pip", "install", "--quiet"]
    pip += ["--disable-pip-version-check", "-c", places.ROOT / "requirements.txt"]
    done = subprocess.run(
        [*pip, distribution, "pytest-xdist", *further], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def python_for_all() -> str:
    """A Python that somebody without rights may run: one in root's home is none."""
    for python in PYTHONS:
        as_nobody = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
        check = [*as_nobody, python, "-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]
        if subprocess.run(check, capture_output=True).returncode == 0:
            return str(python)
    pytest.skip("there is no Python 3.11 that a user without rights may run")


@pytest.fixture(scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for runs that are no stranger's, with the default images in it."""
    cache = tmp_path_factory.mktemp("cache")
    shutil.copytree(places.DEFAULT_DATASET, cache / "data" / places.DEFAULT_DATASET.name)
    return cache
