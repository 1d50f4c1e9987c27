"""Clusters of Dask's in processes of their own on loopback, started as docs/cluster.md says."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psutil

from fixtures import places
from tests.unit.conftest import PATIENCE, comes_true

SCHEDULER = "dask scheduler --host 127.0.0.1 --port 8786 --dashboard-address 127.0.0.1:8787"
WORKER = (
    "dask worker tcp://127.0.0.1:8786 --host 127.0.0.1 --dashboard-address 127.0.0.1:0 "
    "--nthreads 1 --no-nanny"
)
"""As the page has them, whose ports may be taken here."""


class Cluster:
    """A scheduler, and workers; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        """Everything is kept in ``folder``; each worker starts in an empty one."""
        self._folder = folder
        self._stack = ExitStack()
        self.address = ""

    def __enter__(self) -> Self:
        file = self._folder / "scheduler.json"
        command = SCHEDULER.replace("8786", "0").replace("8787", "0")
        self.scheduler = self._start("scheduler", f"{command} --scheduler-file {file}")
        assert comes_true(lambda: file.is_file() and file.read_bytes().endswith(b"}"), PATIENCE)
        self.address = json.loads(file.read_text())["address"]
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def worker(self, name: str, environment: Mapping[str, str] | None = None) -> psutil.Process:
        """Starts one; it may not have registered yet."""
        return self._start(name, WORKER.replace("tcp://127.0.0.1:8786", self.address), environment)

    def said_by(self, name: str) -> str:
        """What a process has written until now."""
        return (self._folder / f"{name}.log").read_text()

    def _start(
        self, name: str, command: str, environment: Mapping[str, str] | None = None
    ) -> psutil.Process:
        _, *arguments = shlex.split(command)
        here = self._folder / name
        here.mkdir()
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=here,
                env={**os.environ, "PYTHONPATH": str(places.ROOT), **(environment or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._stack.callback(_end, process)
        return psutil.Process(process.pid)


def emulators(process: psutil.Process) -> list[int]:
    """The emulators that a worker has started and not ended."""
    return [child.pid for child in process.children() if "qemu" in child.name()]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
