"""The files of TOML that users write: whatever is wrong with one is said in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.runs import a_record
from tinyml_hil.build import load_platform
from tinyml_hil.errors import UsageError
from tinyml_hil.gate import load_baseline, load_budgets
from tinyml_hil.gate.baselines import path_of
from tinyml_hil.model.settings import load_settings
from tinyml_hil.project import Project
from tinyml_hil.record import circumstances_of

KIND = ("mps2-an500", "ic01", "instructions")
Load = Callable[[Path], object]


def _baseline(path: Path) -> object:
    return load_baseline(path.parent, *KIND)


FILES: dict[str, Load] = {
    "pyproject.toml": lambda path: Project.at(path.parent).baselines,
    "budgets.toml": lambda path: load_budgets(circumstances_of(a_record()), Project(path.parent)),
    path_of(Path(), *KIND).name: _baseline,
    "platform.toml": lambda path: load_platform(str(path.parent)),
    "my.toml": load_settings,
}
"""The name of each, and what reads it."""
DAMAGES = {
    "no TOML": b"junk",
    "not UTF-8": b"\xff\xfe",
    "nested": b"x = " + b"[" * 5000 + b"]" * 5000,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize(("name", "load"), FILES.items(), ids=FILES)
def test_file_that_is_no_toml_is_named(
    tmp_path: Path, name: str, load: Load, damage: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(damage)
    with pytest.raises(UsageError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", "tool = 3"),
        ("pyproject.toml", "tool.tinyml-hil = 3"),
        ("pyproject.toml", "tool.tinyml-hil.baselines = 3"),
        ("pyproject.toml", 'tool.tinyml-hil.baselines = "a\\u0000b"'),
        ("budgets.toml", "default = 3"),
        ("budgets.toml", "[default]\nflash = {max = nan}"),
        ("budgets.toml", "mps2-an500 = 3"),
        (path_of(Path(), *KIND).name, "measures = 3"),
        (
            path_of(Path(), *KIND).name,
            'model_sha256 = "x"\ncompiler = ""\n[measures]\nflash = nan',
        ),
        ("platform.toml", 'description = ""\ntargets = [3]\narena = 1024'),
        ("platform.toml", 'description = ""\ntargets = ["qemu"]\narena = -1'),
        ("my.toml", "mean = nan"),
        ("my.toml", f"scale = 1{'0' * 400}"),
        ("my.toml", "channels = []"),
    ],
)
def test_value_that_cannot_be_is_named(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        FILES[name](path)
    assert str(path) in str(caught.value)
