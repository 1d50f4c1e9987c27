"""Firmware of changed sources, and builds elsewhere, from what was built before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fixtures import places
from tinyml_hil import paths
from tinyml_hil.build import INPUTS, load_platform, make_firmware
from tinyml_hil.project import Project


def copy_sources(folder: Path) -> Path:
    """Return a copy of the sources to change; the engine in it is the original, built already."""
    sources = folder / "firmware"
    shutil.copytree(paths.FIRMWARE, sources, ignore=shutil.ignore_patterns("nn"))
    (sources / "nn").symlink_to(paths.FIRMWARE / "nn")
    return sources


def build_changed(
    built: Path, sources: Path, folder: Path, *variables: str, platform: str = "mps2-an500"
) -> Path:
    """Return the ELF, made in ``folder``; ``variables`` are those of firmware/Makefile."""
    folder.mkdir(exist_ok=True)
    for name in INPUTS:
        shutil.copy(built.with_name(name), folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "FIRMWARE", sources)
        make_firmware(load_platform(platform), folder, variables, places.BUILD)
    return folder / "firmware.elf"


def warm_project(folder: Path) -> Project:
    """Return a project that builds in ``folder``, and takes from others what they have compiled."""
    cache = folder / "build"
    (cache / "firmware").mkdir(parents=True, exist_ok=True)
    for warm in (places.BUILD / "host", *places.BUILD.glob("firmware/engine-*")):
        link = cache / warm.relative_to(places.BUILD)
        if not link.exists():
            link.symlink_to(warm)
    return Project(folder, {"cache": "build"})


def replace_once(path: Path, old: str, new: str) -> None:
    """Change what is in a source exactly once."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
