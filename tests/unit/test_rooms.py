"""The package's rooms: what each hands out, and that imports run downwards only."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import places
from tests.rooms import GROUND, picture, rooms
from tinyml_hil import paths

PACKAGE = Path(paths.__file__).parent
ROOMS = sorted(init.parent.name for init in PACKAGE.glob("*/__init__.pyi"))
LINT = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]


def _lint(package: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    command = [*LINT, "--config", str(places.ROOT / "pyproject.toml")]
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)


def test_imports_run_downwards_only(tmp_path: Path) -> None:
    result = _lint(PACKAGE, tmp_path)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("model/graph.py", "from tinyml_hil.session import Session"),
        ("target/qemu.py", "from tinyml_hil.model import Model"),
        ("errors.py", "from tinyml_hil import paths"),
    ],
)
def test_import_that_runs_upwards_is_found(tmp_path: Path, room: str, line: str) -> None:
    copy = tmp_path / "tinyml_hil"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / room
    file.write_text(f"{file.read_text()}\n{line}\n")
    result = _lint(copy, tmp_path)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_new_room_has_to_be_given_its_floor(tmp_path: Path) -> None:
    copy = tmp_path / "tinyml_hil"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "attic").mkdir()
    (copy / "attic" / "__init__.py").write_text('"""Attic."""\n')
    assert "attic" in _lint(copy, tmp_path).stdout


def _imports(file: Path) -> Iterator[tuple[str, str]]:
    """Module and name of each import from the package."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinyml_hil."):
            yield from ((str(node.module), alias.name) for alias in node.names)


def test_rooms_take_from_other_rooms_only_what_those_hand_out() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}: from {module} import {name}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for module, name in _imports(file)
        if module.count(".") > 1
        and module.split(".")[1] in ROOMS
        and module.split(".")[1] != file.relative_to(PACKAGE).parts[0]
    ]
    assert found == []


@pytest.mark.parametrize("room", ROOMS)
def test_room_says_what_it_is_for_and_has_what_it_hands_out(room: str) -> None:
    module = importlib.import_module(f"tinyml_hil.{room}")
    assert (module.__doc__ or "").strip()
    modules = {path.stem for path in (PACKAGE / room).iterdir()}
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None
        # The import system sets a module of this name over what the room hands out.
        assert name not in modules


def test_no_class_is_longer_than_two_screens() -> None:
    long = [
        f"{file.relative_to(PACKAGE)}: {node.name}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno > 250
    ]
    assert long == []


def test_the_page_on_the_design_draws_the_rooms_as_they_are() -> None:
    page = (places.ROOT / "docs" / "design.md").read_text()
    assert f"```mermaid\n{picture()}\n```" in page


def test_the_page_on_the_design_names_every_room() -> None:
    page = (places.ROOT / "docs" / "design.md").read_text()
    assert [room for room in (GROUND, *rooms()) if f"| {room} |" not in page.replace("`", "")] == []
