"""TFLM on the host: the core of a user's checkout, with ops of the user's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from tinyml_hil import paths
from tinyml_hil.build.custom_ops import TflmCustomOps
from tinyml_hil.build.make import run_make
from tinyml_hil.build.tflm import TFLM_OPS, Tflm, ops_header
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.files import write_if_changed

_COMPILER = "g++"
_PROGRAM = "tflm_run"


def tflm_host_program(cache: Path, tflm: Tflm, custom: TflmCustomOps) -> Path:
    """The program that runs these ops in TFLM, up to date; ``cache``: where it is built.

    Raises:
        SetupError: it cannot be built, for lack of a compiler or of sources.
        UsageError: an op does not build, or is registered without a name.
    """
    if not shutil.which(_COMPILER):
        raise SetupError(f"{_COMPILER} is not installed: apt-get install {_COMPILER}")
    common = cache / f"host-tflm-{tflm.folder_digest}"
    folder = common / custom.identity
    folder.mkdir(parents=True, exist_ok=True)
    links = {"firmware": paths.FIRMWARE, "common": common, **tflm.links, **custom.links}
    with FileLock(common / "lock"):
        write_if_changed(folder / TFLM_OPS, ops_header([], custom.names).encode())
        arguments = [*custom.variables, _PROGRAM]
        done = run_make(folder, "firmware/test/tflm/Makefile", arguments, links)
    if done.returncode:
        raise UsageError(custom.complaint(done.stdout))
    program = folder / _PROGRAM
    custom.require_names(custom_names(program))
    return program


def custom_names(program: Path) -> list[str]:
    """The names of the custom ops that a host program has; TFLM's in the order of the files."""
    done = subprocess.run([program, "custom"], capture_output=True, text=True, errors="replace")
    return done.stdout.splitlines()
