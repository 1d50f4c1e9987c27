"""The command init: a starting point in a project of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinyml_hil.cli.app import app
from tinyml_hil.errors import UsageError
from tinyml_hil.files import write_atomically
from tinyml_hil.project import TABLE
from tinyml_hil.toml import read_toml

_SETTINGS = f"""\
# What `pytest` and `tinyml-hil` run here; every option may be set, a command line is stronger.
[tool.{TABLE}]
# model = "models/my.tflite"     # without it, the product's own: 10 classes of CIFAR-10
# dataset = "data/my-images.zip" # without it, 20 test images of CIFAR-10
# firmware = "build/my.elf"      # without it, firmware is built for the model
# platform = "platforms/my-board"
"""
_TEST = '''\
"""The model gives the same bits on the microcontroller as on this machine, every time."""

import pytest


def test_output_equals_the_host(evaluation, image_index, record_result):
    record = evaluation.record(image_index)
    record_result(record)
    if problem := evaluation.problem(record):
        pytest.fail(problem, pytrace=False)
'''
_WORKFLOW = """\
name: hil
on:
  push:
  pull_request:
  schedule:
    - cron: "23 2 * * *" # every night, also without a change
jobs:
  qemu:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: sudo apt-get update
      - run: >-
          sudo apt-get install -y
          make gcc gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
      - run: pip install tinyml-hil
      - run: pytest --target=qemu
      - run: pytest --target=qemu --pyargs tinyml_hil.suite
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: hil-reports
          path: hil-reports
"""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The project; here, if not given.")] = Path(),
) -> None:
    """Writes a small starting point into a project: one test, the settings, a workflow for CI.

    It asks nothing, and overwrites nothing: a file that is there already is left as it is.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    _add_settings(folder / "pyproject.toml")
    _write(folder / "tests" / "test_on_device.py", _TEST)
    _write(folder / ".github" / "workflows" / "hil.yml", _WORKFLOW)
    print("now: pytest --target=qemu")


def _add_settings(file: Path) -> None:
    if not file.exists():
        _write(file, _SETTINGS)
        return
    if TABLE in read_toml(file).get("tool", {}):
        print(f"{file}: has its settings already")
        return
    text = file.read_text(encoding="utf-8")
    write_atomically(file, f"{text.rstrip()}\n\n{_SETTINGS}".encode())
    print(f"{file}: added [tool.{TABLE}]")


def _write(file: Path, text: str) -> None:
    if file.exists():
        print(f"{file}: is there already")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.encode())
    print(file)
