"""Doctor: what runs need, whether it is here, and the one command that fixes it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tinyml_hil import paths
from tinyml_hil.build import COMPILER, find_tflm, load_platform, require_cxx
from tinyml_hil.dataset import default_dataset_folder
from tinyml_hil.errors import HilError, SetupError, UsageError
from tinyml_hil.model import REFERENCES
from tinyml_hil.project import Project, variable
from tinyml_hil.session import Session, load_options
from tinyml_hil.target import (
    FLASHERS,
    CommandFlasher,
    Flasher,
    Job,
    find_port,
    target_class,
    target_names,
)

EVERY_RUN = "every run"
BOARD = "stm32h747i-disco"
"""Whose probe is looked for."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_NEWLIB = "libc_nano.a"
_VERSION_TIMEOUT = 20.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for."""

    part: str
    """What uses it: every run, one target, or what is named there."""
    name: str
    found: str
    """Version or place; empty if it is missing."""
    fix: str
    """What to do if it is missing."""
    needed: bool = False
    """Whether each run of this part fails without it."""

    @property
    def fails(self) -> bool:
        """Whether it is needed and missing."""
        return self.needed and not self.found


def examine(project: Project) -> list[Finding]:
    """Looks for what a run on any target uses."""
    findings = list(_every_run(project))
    for name in target_names(project):
        try:
            findings += examine_target(name, project)
        except UsageError as error:  # of the user's own, which cannot be loaded
            findings.append(Finding(name, f"target {name}", "", str(error)))
    return [*findings, *_references(), *_tflm(project), *_optional()]


def examine_target(name: str, project: Project) -> list[Finding]:
    """Looks for what one target uses, besides what every run needs.

    Raises:
        UsageError: there is no such target, or the settings cannot be used.
    """
    target = target_class(name, project)
    options = Session(load_options(project, {"target": name}), project).target_options
    itself = _asked(name, f"target {name}", lambda: target.check(options), needed=True)
    return [itself, *(_board() if name == "board" else [])]


def find_browser() -> str | None:
    """The path of a browser of Chromium's kind, Playwright's own first; None if there is none."""
    installed = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright")
    own = sorted(map(str, Path(installed).glob("chromium-*/chrome-linux*/chrome")), reverse=True)
    return next(filter(None, (*own, *map(shutil.which, BROWSERS))), None)


def browser_fix() -> str:
    """The command that installs one. Ubuntu's package is a snap, which Playwright cannot drive."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:  # as on macOS
        return "playwright install chromium"
    if "ubuntu" in (system["ID"], *system.get("ID_LIKE", "").split()):
        return "playwright install --with-deps chromium"
    return "apt-get install chromium"


def _every_run(project: Project) -> Iterator[Finding]:
    yield Finding(EVERY_RUN, "Python", platform.python_version(), "", needed=True)
    install = "apt-get install gcc-arm-none-eabi"
    yield Finding(EVERY_RUN, "Arm compiler", _first_line(COMPILER), install, needed=True)
    install = "apt-get install libnewlib-arm-none-eabi"
    yield Finding(EVERY_RUN, "newlib-nano", _newlib(), install, needed=True)
    yield Finding(EVERY_RUN, "make", _first_line("make"), "apt-get install make", needed=True)
    yield Finding(EVERY_RUN, "default model", str(paths.DEFAULT_MODEL), "")
    images = default_dataset_folder(project.cache)
    found = str(images) if images.exists() else ""
    yield Finding(EVERY_RUN, "default images", found, "are downloaded when they are first wanted")


def _board() -> Iterator[Finding]:
    platform_of_board = load_platform(BOARD)
    job = Job(Path(), platform_of_board, probe=None, volume=None)
    yield _asked("board", "a board's port", lambda: find_port(platform_of_board, None))
    for flasher in FLASHERS.values():
        look = partial(_look_for_flasher, flasher, job)
        yield _asked("board", f"--flash {flasher.name}", look)


def _look_for_flasher(flasher: Flasher, job: Job) -> str:
    flasher.check(job)
    return _first_line(flasher.executable) if isinstance(flasher, CommandFlasher) else "mounted"


def _references() -> Iterator[Finding]:
    for reference in REFERENCES.values():
        fix = f"pip install {reference.package}"
        yield Finding("references", reference.name, _package(reference.package), fix)


def _tflm(project: Project) -> Iterator[Finding]:
    yield _asked("--engine tflm", "Arm C++ compiler", require_cxx)
    yield _asked("--engine tflm", "TFLM", lambda: _checkout(project))


def _checkout(project: Project) -> str:
    """The library of the checkout that the environment or the project's settings name."""
    folder = load_options(project, {}).tflm
    if folder is None:
        raise SetupError(
            "check out github.com/tensorflow/tflite-micro, build it, and say where it is with "
            f"--tflm or {variable('tflm')}"
        )
    return str(find_tflm(folder).library)


def _optional() -> Iterator[Finding]:
    robot = _package("robotframework")
    yield Finding("optional", "Robot Framework", robot, "pip install robotframework")
    fix = "pip install 'tinyml-hil[coverage]'"
    yield Finding("optional", "gcovr, for --coverage", _package("gcovr"), fix)
    found = _first_line(find_browser() or BROWSERS[0])
    yield Finding("optional", "browser", found, browser_fix())
    # Debian keeps it off PATH, a folder for each version.
    servers = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")))
    found = _first_line([*servers, "postgres"][0])
    yield Finding("optional", "PostgreSQL", found, "apt-get install postgresql")
    yield Finding("optional", "git", _first_line("git"), "apt-get install git")


def _asked(part: str, name: str, look: Callable[[], str], needed: bool = False) -> Finding:
    """What ``look`` finds, or how its error says to mend it."""
    try:
        return Finding(part, name, look(), "", needed)
    except HilError as error:
        return Finding(part, name, "", str(error), needed)


def _first_line(tool: str) -> str:
    """The first line that a tool prints about its version; empty if it is not installed."""
    if not shutil.which(tool):
        return ""
    try:
        result = subprocess.run(
            [tool, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # OpenOCD speaks on stderr; others have warnings there.
    lines = f"{result.stdout.strip() or result.stderr.strip()}\n{tool}".splitlines()
    return lines[0] or tool


def _newlib() -> str:
    """Where the C library is that the firmware is linked with; empty if it is missing."""
    if not shutil.which(COMPILER):
        return ""
    command = [COMPILER, f"-print-file-name={_NEWLIB}"]
    path = Path(subprocess.run(command, capture_output=True, text=True).stdout.strip())
    return str(path.resolve()) if path.is_absolute() else ""


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
