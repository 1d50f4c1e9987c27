"""However a run ends, no simulator outlives it, and none listens beyond this machine meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from fixtures import places
from tests.unit.conftest import PATIENCE, comes_true, processes_naming
from tinyml_hil.build import Firmware
from tinyml_hil.target.qemu import EXECUTABLE
from tinyml_hil.temporary import TemporaryFolder

TARGETS = {
    "qemu": ["--target=qemu"],
    "renode": ["--target=renode"],
    "renode-by-pyrenode": ["--target=renode", "--renode-driver=pyrenode"],
}
on_each_target = pytest.mark.parametrize("target", TARGETS)
Elf = Callable[[str], Path]


@pytest.fixture
def elf_for(request: pytest.FixtureRequest) -> Elf:
    """The firmware for a simulator; skips the test where the simulator is not installed."""

    def find(target: str) -> Path:
        if target == "qemu" and not shutil.which(EXECUTABLE):
            pytest.skip(f"apt-get install {EXECUTABLE}")
        if target == "renode-by-pyrenode" and not find_spec("pyrenode3"):
            pytest.skip("pyrenode3 is not installed")
        fixture = "built" if target == "qemu" else "built_for_renode"
        firmware: Firmware = request.getfixturevalue(fixture)
        return firmware.elf

    return find


@contextmanager
def _run(target: str, elf: Path, folder: Path, workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """A run of pytest that is in the middle of its work, with its simulators up."""
    command = [sys.executable, "-m", "pytest", *TARGETS[target], f"--firmware={elf}"]
    command += [f"harness/tinyml_hil/suite/test_{name}.py" for name in ("images", "determinism")]
    command += ["-n", str(workers)] if workers > 1 else []
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    with subprocess.Popen(
        command,
        cwd=places.ROOT,
        env=environment | {"TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        try:
            assert comes_true(lambda: len(processes_naming(folder)) >= workers, PATIENCE)
            yield run
        finally:
            run.kill()


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.nightly), 2])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@on_each_target
def test_killing_pytest_in_the_middle_leaves_no_simulator(
    elf_for: Elf, private_tmp: Path, target: str, signum: signal.Signals, workers: int
) -> None:
    with _run(target, elf_for(target), private_tmp, workers) as run:
        run.send_signal(signum)
        run.wait(PATIENCE)
    assert comes_true(lambda: not processes_naming(private_tmp), PATIENCE), processes_naming(
        private_tmp
    )


@on_each_target
def test_an_interrupted_run_removes_its_temporary_files(
    elf_for: Elf, private_tmp: Path, target: str
) -> None:
    with _run(target, elf_for(target), private_tmp, 1) as run:
        run.send_signal(signal.SIGTERM)
        run.wait(PATIENCE)
    assert _folders_in(private_tmp) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_terminal_that_is_closed_ends_a_run_as_ctrl_c_does(
    elf_for: Elf, private_tmp: Path, workers: int
) -> None:
    with _run("qemu", elf_for("qemu"), private_tmp, workers) as run:
        run.send_signal(signal.SIGHUP)
        assert run.wait(PATIENCE) == pytest.ExitCode.INTERRUPTED
    assert comes_true(lambda: not processes_naming(private_tmp), PATIENCE)
    assert _folders_in(private_tmp) == []


def _folders_in(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("tinyml-hil-*")]


def _folder_of_a_process_that(ends: str, tmp: Path) -> subprocess.Popen[str]:
    code = f"from tinyml_hil.temporary import TemporaryFolder as T; f = T(); print(f.name); {ends}"
    return subprocess.Popen(
        [sys.executable, "-uc", code],
        env=os.environ | {"TMPDIR": str(tmp)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("ends", "stays"), [("import os; os._exit(1)", False), ("input()", True)])
def test_next_run_sweeps_what_a_killed_one_left(
    private_tmp: Path, monkeypatch: pytest.MonkeyPatch, ends: str, stays: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with _folder_of_a_process_that(ends, private_tmp) as process:
        assert process.stdin
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        if not stays:
            process.wait(PATIENCE)
        os.utime(left, (0, 0))  # it is not so young any more that it may not be locked yet
        TemporaryFolder().cleanup()
        assert left.exists() is stays
        process.stdin.close()


@pytest.mark.skipif(not shutil.which("ss"), reason="apt-get install iproute2")
@on_each_target
def test_nothing_listens_beyond_this_machine(elf_for: Elf, private_tmp: Path, target: str) -> None:
    with _run(target, elf_for(target), private_tmp, 1):
        sockets = subprocess.run(["ss", "-tlnpH"], capture_output=True, text=True, check=True)
        ours = [f"pid={process}," for process in processes_naming(private_tmp)]
        listening = [
            line.split()[3]
            for line in sockets.stdout.splitlines()
            if any(process in line for process in ours)
        ]
    assert [address for address in listening if not address.startswith(("127.", "[::1]"))] == []
