"""Doctor: what a run needs, whether it is here, and the one command that fixes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from harness import paths
from harness.errors import HilError
from harness.firmware import COMPILER
from harness.reference import REFERENCES
from harness.targets import TARGETS, Target, TargetOptions


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for."""

    name: str
    found: str
    """Version or place; empty if it is missing."""
    fix: str
    """What to do if it is missing."""
    needed: bool = True
    """Whether runs fail without it."""


def examine() -> list[Finding]:
    """Looks for everything that a run on any target needs."""
    findings = [
        Finding("Python", sys.version.split()[0], ""),
        Finding(
            "Arm compiler",
            _first_line(COMPILER),
            "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
        ),
        Finding("make", _first_line("make"), "apt-get install make"),
    ]
    for target in TARGETS.values():
        findings.append(examine_target(target))
    for reference in REFERENCES.values():
        found = _version(reference.package)
        fix = f"pip install {reference.package} (wheels for some machines only)"
        findings.append(Finding(f"reference {reference.name}", found, fix, needed=False))
    for name, path in (("model", paths.DEFAULT_MODEL), ("dataset", paths.DEFAULT_DATASET)):
        found = str(path) if path.exists() else ""
        findings.append(Finding(f"default {name}", found, "make setup", needed=False))
    return findings


def _first_line(tool: str) -> str:
    if not shutil.which(tool):
        return ""
    result = subprocess.run([tool, "--version"], capture_output=True, text=True)
    return result.stdout.partition("\n")[0]


def examine_target(target: type[Target]) -> Finding:
    """Looks for what one target needs."""
    name = f"target {target.name}"
    try:
        return Finding(name, target.check(TargetOptions()), "")
    except HilError as error:
        return Finding(name, "", str(error), needed=False)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
