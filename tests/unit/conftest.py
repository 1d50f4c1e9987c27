"""What the harness's tests share: a built firmware, and a way to run commands apart."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures import places
from tinyml_hil.build import COMPILER, Firmware
from tinyml_hil.errors import SetupError
from tinyml_hil.session import Options, Session
from tinyml_hil.target import DRIVERS, TargetOptions
from tinyml_hil.target.renode import RenodeTarget
from tinyml_hil.target.renode_driver import RenodeDriver

PATIENCE = 1800.0
"""Seconds to wait for what takes one, or a minute, on an idle machine; it costs nothing if all is
well, and no verdict is to depend on how busy a machine is."""
SLOW_FIXTURES = {
    "built",
    "built_for_renode",
    "renode",
    "runs",
    "run_pytest",
    "run_cli",
    "suite",
}
"""What builds firmware, or starts pytest or the command line in a process of its own."""
SLOW_FILES = (
    *(
        "engine/",
        "test_arithmetic.py",
        "test_benchmark_names.py",
        "test_boards.py",
        "test_campaign.py",
        "test_cluster.py",
        "test_custom_ops.py",
        "test_fuzz.py",
        "test_own_models.py",
        "test_train.py",
    ),
    *("test_gates_on_real_runs.py", "test_console_parser.py", "test_engine.py", "test_robot.py"),
    *("test_debugger_door.py", "test_embedded.py", "test_mailbox.py"),
    *(
        "test_guest.py",
        "test_keywords_page.py",
        "test_memory.py",
        "test_rooms.py",
        "test_string.py",
    ),
    *(
        "test_firmware",
        "test_foreign_firmware.py",
        "test_places.py",
        "test_processes.py",
        "test_qemu_debugger.py",
        "test_renode_debugger.py",
        "test_board_debugger.py",
    ),
    *("test_polled_uart.py", "test_reference_choice.py", "test_references.py"),
    *("test_replay.py", "test_sampling.py", "test_symbols.py", "test_zoo.py"),
)
_QUICK = ("-p", "no:hypothesispytest", "-p", "no:labgrid")
"""Leaves out what takes a second to load, and what few tests are about."""
_PYTEST = ("-m", "pytest", "-q", "-c", "pytest.ini", *_QUICK)
"""With the checkout's settings, also for a test that lies elsewhere."""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what ``make test-fast`` leaves out: what builds, and what starts a run of its own."""
    here = Path(__file__).parent
    for item in items:
        if not item.path.is_relative_to(here):
            continue
        file = item.path.relative_to(here).as_posix()
        fixtures = SLOW_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if fixtures or file.startswith(SLOW_FILES):
            item.add_marker("slow")


@pytest.fixture(scope="session", autouse=True)
def heeded_ctrl_c() -> None:
    """A background job of a shell ignores Ctrl-C, one of nohup's a hang-up, and so would all that
    the tests start.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def reports() -> Iterator[Path]:
    """Where the runs that tests start are kept: they are no runs of the user's."""
    with tempfile.TemporaryDirectory(prefix="hil-reports-") as folder:
        os.environ["TINYML_HIL_REPORTS"] = folder
        os.environ["TINYML_HIL_HISTORY"] = f"sqlite:///{folder}/history.sqlite"
        yield Path(folder)


@pytest.fixture(scope="session")
def built() -> Firmware:
    """The default model's firmware, built."""
    if not shutil.which(COMPILER):
        pytest.skip(f"{COMPILER} is not installed")
    return Session(Options()).firmware


@pytest.fixture(scope="session")
def built_for_renode() -> Firmware:
    """The same, for the STM32H747 in Renode."""
    options = Options(target="renode")
    try:
        RenodeTarget.check(TargetOptions())
    except SetupError as error:
        pytest.skip(str(error))
    return Session(options).firmware


@pytest.fixture(scope="session")
def renode(built_for_renode: Firmware) -> Path:
    """Renode's executable; skips the test where there is none."""
    found = shutil.which(os.environ.get("RENODE", "renode"))
    assert found
    return Path(found)


@pytest.fixture(params=list(DRIVERS.values()), ids=list(DRIVERS))
def driver(request: pytest.FixtureRequest) -> type[RenodeDriver]:
    """Each way to drive Renode; skips the test where it is not installed."""
    chosen: type[RenodeDriver] = request.param
    try:
        chosen.check()
    except SetupError as error:
        pytest.skip(str(error))
    return chosen


@pytest.fixture
def private_tmp() -> Iterator[Path]:
    """A folder whose name is in the command line of every simulator that a test starts there."""
    with tempfile.TemporaryDirectory(prefix="hil-test-") as folder:
        yield Path(folder)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, to be filled."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount a small file system to fill")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def a_test(folder: Path, code: str) -> Path:
    """A file of tests, for a run of pytest of its own."""
    file = folder / "test_it.py"
    file.write_text(code)
    return file


def linked_at(folder: Path, address: int, code: str = "") -> Firmware:
    """A program of our compiler's that does nothing, and lies at an address."""
    source, elf = folder / "small.c", folder / "small.elf"
    source.write_text(f"void _start(void) {{ for (;;); }}\n{code}\n")
    arguments = ["-mcpu=cortex-m7", "-mthumb", "-nostdlib", f"-Wl,-Ttext={address:#x}", "-Wl,-n"]
    subprocess.run([COMPILER, *arguments, source, "-o", elf], check=True)
    return Firmware(elf)


def processes_naming(folder: Path) -> list[int]:
    """The processes whose command line names ``folder``."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and str(folder) in _text(entry / "cmdline")
    ]


def kill_those_naming(folder: Path) -> None:
    """Kills the processes whose command line names ``folder``, as somebody else may."""
    for process in processes_naming(folder):
        os.kill(process, signal.SIGKILL)


def processes_given(folder: Path) -> list[int]:
    """The processes whose environment names ``folder``: those of a run that was given it."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and str(folder) in _text(entry / "environ")
    ]


def said_by_us(stderr: str) -> list[str]:
    """The lines of ours: libraries say things of their own, on this processor or on that one."""
    return [line for line in stderr.splitlines() if line.startswith(("error: ", "warning: "))]


def comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition holds before so many seconds are over; asks again and again."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def has_ended(process: int) -> bool:
    """Whether a process is gone, or dead and only not yet reaped by whoever adopted it."""
    return not _text(Path("/proc") / str(process) / "cmdline")


def _text(entry: Path) -> str:
    try:
        return entry.read_bytes().decode(errors="replace")
    except OSError:
        return ""  # it ended while we looked


@pytest.fixture(scope="session")
def run_pytest() -> Run:
    """Runs pytest in a process of its own, in the checkout, without pytest-xdist's variables."""
    return lambda *arguments, **kwargs: _run(*_PYTEST, *arguments, **kwargs)


@pytest.fixture(scope="session")
def run_cli() -> Run:
    """Runs the command line in a process of its own."""
    code = "from tinyml_hil.cli.app import main; main()"
    return lambda *arguments, **kwargs: _run("-c", code, *arguments, **kwargs)


@dataclass(frozen=True)
class Suite:
    """Runs the suite on QEMU from a folder that has nothing to do with the checkout."""

    folder: Path

    def __call__(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Runs it with further options; paths may be relative to the folder."""
        command = [sys.executable, "-m", "pytest", *_QUICK, "--pyargs", "tinyml_hil.suite", "-rsf"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        environment["TINYML_HIL_CACHE"] = str(places.BUILD)
        return subprocess.run(
            [*command, "--target=qemu", *options],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """The suite, as users run it from a folder of their own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copy(places.ROOT / "budgets.toml", folder)
    return Suite(folder)


def failed_tests(result: subprocess.CompletedProcess[str]) -> set[str]:
    """The names of the tests of the suite that failed, without their ``test_``."""
    return set(re.findall(r"^FAILED \S+::test_([^ ]+)", result.stdout, re.MULTILINE))


def _run(*arguments: str | Path, **kwargs: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    usual = {"cwd": places.ROOT, "capture_output": True, "text": True, "timeout": PATIENCE}
    return subprocess.run(command, **usual | kwargs)  # type: ignore[call-overload,no-any-return]
