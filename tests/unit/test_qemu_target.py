"""The QEMU target: what it says when QEMU fails, and that no process is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import paths
from harness.errors import LinkError
from harness.firmware import Firmware
from harness.link import Transcript
from harness.platform import load_platform
from harness.session import Options, Session
from harness.targets.base import TargetOptions
from harness.targets.qemu import EXECUTABLE, QemuTarget

pytestmark = pytest.mark.skipif(
    not shutil.which(EXECUTABLE), reason=f"apt-get install {EXECUTABLE}"
)

STARTED = 60.0
"""Seconds in which a run has to be in the middle of its images."""
GONE = 5.0
"""Seconds in which every process has to be gone."""


@pytest.fixture
def private_tmp() -> Iterator[Path]:
    """A folder whose name is in the command line of every QEMU that a test starts."""
    with tempfile.TemporaryDirectory(prefix="hil-test-") as folder:
        yield Path(folder)


def _qemus(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and str(folder) in _command_line(entry):
            found.append(int(entry.name))
    return found


def _command_line(entry: Path) -> str:
    try:
        command = (entry / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""  # it ended while we looked
    return command if EXECUTABLE in command else ""


def _wait(condition: object, seconds: float) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "with-two-workers"])
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killing_pytest_in_the_middle_leaves_no_qemu(
    built: Firmware, private_tmp: Path, signum: signal.Signals, workers: list[str]
) -> None:
    command = [sys.executable, "-m", "pytest", "--target=qemu", f"--firmware={built.elf}"]
    command += ["tests/hil/test_images.py", "tests/hil/test_determinism.py", *workers]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    with subprocess.Popen(
        command,
        cwd=paths.ROOT,
        env=environment | {"TMPDIR": str(private_tmp)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        count = 2 if workers else 1
        assert _wait(lambda: len(_qemus(private_tmp)) >= count, STARTED)
        run.send_signal(signum)
        run.wait(30)
    assert _wait(lambda: not _qemus(private_tmp), GONE), _qemus(private_tmp)


def test_an_interrupted_run_removes_its_temporary_files(built: Firmware, private_tmp: Path) -> None:
    test_killing_pytest_in_the_middle_leaves_no_qemu(built, private_tmp, signal.SIGTERM, [])
    assert [p.name for p in private_tmp.iterdir() if p.name.startswith("tinyml-hil-")] == []


def test_qemu_s_own_words_are_quoted_when_it_refuses(tmp_path: Path) -> None:
    elf = tmp_path / "x.elf"
    elf.write_bytes(b"no elf")
    target = QemuTarget(
        load_platform("mps2-an500"), Transcript(tmp_path / "uart.log"), TargetOptions()
    )
    try:
        with pytest.raises(LinkError, match=r"QEMU ended: .*x\.elf"):
            target.start(elf.with_name("x.elf.missing")).read(10)
    finally:
        target.stop()


def test_qemu_that_dies_in_the_middle_is_said_to_have_ended(
    built: Firmware, tmp_path: Path, private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with Session(Options(firmware=built.elf)).device(tmp_path / "uart.log") as device:
        for process in _qemus(private_tmp):
            os.kill(process, signal.SIGKILL)
        with pytest.raises(LinkError, match="QEMU ended"):
            device.console.request("name")


def test_device_that_died_is_started_afresh_by_reset(
    built: Firmware, tmp_path: Path, private_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(private_tmp))
    with Session(Options(firmware=built.elf)).device(tmp_path / "uart.log") as device:
        for process in _qemus(private_tmp):
            os.kill(process, signal.SIGKILL)
        device.reset()
        assert device.info.build_id == built.build_id
