"""Provenance: what a run is made with: versions, revision, firmware, model, dataset."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

import numpy as np

from tinyml_hil import __version__
from tinyml_hil.build import COMPILER, Firmware
from tinyml_hil.dataset import survey_of
from tinyml_hil.model import REFERENCES, Model
from tinyml_hil.record import (
    DatasetFacts,
    FirmwareFacts,
    GitFacts,
    ModelFacts,
    SizesFacts,
    Task,
)
from tinyml_hil.session import Options, Session

_BRANCH_OF_CI = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")
"""GitHub's of a pull request and of a push, and GitLab's."""


def versions_of(session: Session) -> dict[str, str]:
    """Versions of whatever has a part in the results."""
    reference = session.reference_choice.name
    return {
        "tinyml_hil": __version__,
        "python": platform.python_version(),
        "os": platform.platform(),
        "numpy": np.__version__,
        reference: _package(REFERENCES[reference].package),
        "litert": _package("ai-edge-litert"),
        session.options.target: session.target_version,
        **({} if session.options.firmware else _built_with(session)),
    }


def _built_with(session: Session) -> dict[str, str]:
    version = session.engine.version
    return {
        "compiler": _first_line(COMPILER),
        **({session.engine.name: version} if version else {}),
    }


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _first_line(tool: str) -> str:
    result = subprocess.run([tool, "--version"], capture_output=True, text=True)
    return result.stdout.partition("\n")[0]


def git_of(folder: Path) -> GitFacts:
    """Revision, branch and whether it is dirty, of a folder's repository; empty if in none."""
    if not shutil.which("git"):
        return {}
    revision = _git(folder, "rev-parse", "HEAD")
    if revision is None:
        return {}
    return {
        "revision": revision,
        "branch": _branch(folder),
        "dirty": bool(_git(folder, "status", "--porcelain")),
    }


def _branch(folder: Path) -> str:
    """The branch that is checked out; a CI server checks out a commit, and says of which branch."""
    said = (os.environ.get(name) for name in _BRANCH_OF_CI)
    checked_out = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    return next(filter(None, (checked_out, *said)), "")


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else None


def firmware_facts(firmware: Firmware) -> FirmwareFacts:
    """Build id, hash, place and sizes of an ELF."""
    return {
        "build_id": firmware.build_id,
        "sha256": hashlib.sha256(firmware.elf.read_bytes()).hexdigest(),
        "path": str(firmware.elf.absolute()),
        "sizes": cast(SizesFacts, asdict(firmware.sizes)),
    }


def model_facts(model: Model, task: Task) -> ModelFacts:
    """Name, place, hash and work of a model."""
    return {
        "name": model.name,
        "path": str(model.path.absolute()),
        "sha256": model.sha256,
        "macs": model.macs,
        "preprocessing": asdict(model.preprocessing)
        | ({"front_end": model.front_end} if model.front_end else {}),
        "task": task.facts,
    }


def dataset_facts(session: Session) -> DatasetFacts:
    """Name, place, hash, size, selection and classes of the inputs that a run takes.

    Raises:
        UsageError: as ``survey_of``.
    """
    survey = survey_of(session.dataset, session.model)
    return {
        "name": session.dataset_path.name,
        "what": session.dataset.what,
        "path": str(session.dataset_path.absolute()),
        "sha256": survey.sha256,
        "duplicates": survey.duplicates,
        "images": len(session.dataset),
        "selection": _selection(session.options),
        "classes": list(session.dataset.classes),
    }


def _selection(options: Options) -> str:
    if options.sample:
        return f"sample {options.sample}"
    return "all" if options.images is None else f"first {options.images}"
