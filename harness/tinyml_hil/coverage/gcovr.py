"""gcovr: coverage as LCOV, Cobertura and a page, written by gcovr from its own JSON."""

from __future__ import annotations

import base64
import glob
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from tinyml_hil.build import require_lines
from tinyml_hil.coverage.sources import Coverage, Source
from tinyml_hil.errors import SetupError, UsageError
from tinyml_hil.files import write_atomically

DATA = "coverage.json"
"""What gcovr reads; it can be merged with that of other runs."""
LCOV, COBERTURA, PAGE = "coverage.info", "coverage.xml", "coverage/index.html"
"""What coverage leaves besides in a folder."""
_ROOT = "tinyml-hil/root"


class _Line(msgspec.Struct):
    line_number: int
    count: int


class _Function(msgspec.Struct):
    demangled_name: str
    lineno: int
    execution_count: int


class _File(msgspec.Struct):
    file: str
    lines: list[_Line]
    functions: list[_Function]


class _Data(msgspec.Struct):
    root: str = msgspec.field(name=_ROOT)
    """The folder that the names of files start at, from the project's folder on."""
    files: list[_File]


def require_coverage(elf: Path) -> None:
    """Finds out before a run whether its coverage can be told.

    Raises:
        SetupError: gcovr is not installed.
        UsageError: the firmware has no debug information.
    """
    _require_gcovr()
    require_lines(elf)


def write_coverage(coverage: Coverage, folder: Path, project: Path) -> None:
    """Writes its files to a folder, which is made if it is not there.

    Raises:
        OSError: a file cannot be written.
        SetupError: gcovr is not installed or failed, or the sources have no folder in common.
    """
    _require_gcovr()
    from gcovr.data_model.version import FORMAT_VERSION

    root = _root(coverage, project.resolve())
    content = {
        "gcovr/format_version": FORMAT_VERSION,
        _ROOT: os.path.relpath(root, project.resolve()),
        "files": [_file(path, root, source) for path, source in sorted(coverage.sources.items())],
    }
    (folder / PAGE).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / DATA, json.dumps(content).encode())
    _run_gcovr(folder, root)


def read_coverage(run: Path, project: Path) -> Coverage:
    """The coverage that a run's folder has.

    Raises:
        UsageError: it has none, or it is damaged.
    """
    file = run / DATA
    try:
        data = msgspec.json.decode(file.read_bytes(), type=_Data)
    except FileNotFoundError:
        raise UsageError(f"{run} has no {DATA}: that run was made without --coverage") from None
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is damaged: {error}") from error
    root = (project / data.root).resolve()
    return Coverage({root / source.file: _source(source) for source in data.files})


def _root(coverage: Coverage, project: Path) -> Path:
    """The folder that all sources are below, as gcovr wants it: the project's, if it is one."""
    if all(path.is_relative_to(project) for path in coverage.sources):
        return project
    root = Path(os.path.commonpath([path.parent for path in coverage.sources]))
    if root == Path(root.anchor):  # which gcovr recurses in for ever
        first, last = min(coverage.sources), max(coverage.sources)
        raise SetupError(
            f"gcovr takes sources below one folder only, and {first} and {last} have none in common"
        )
    return root


def _file(path: Path, root: Path, source: Source) -> dict[str, object]:
    """A source file, as gcovr has it; raises OSError if it cannot be read."""
    text = [b"", *path.read_bytes().split(b"\n")]
    return {
        "file": path.relative_to(root).as_posix(),
        "lines": [
            {
                "line_number": number,
                "count": int(ran),
                "branches": [],
                "gcovr/md5": _checksum(text[number] if number < len(text) else b""),
            }
            for number, ran in sorted(source.lines.items())
        ],
        "functions": [
            {
                "demangled_name": function,
                "lineno": number,
                "execution_count": int(ran),
                "blocks_percent": 100.0 * ran,
            }
            for function, (number, ran) in sorted(source.functions.items())
        ],
    }


def _checksum(line: bytes) -> str:
    """As genhtml compares it; gcovr takes it as it is."""
    digest = hashlib.md5(line, usedforsecurity=False).digest()
    return base64.b64encode(digest).rstrip(b"=").decode()


def _source(file: _File) -> Source:
    return Source(
        {line.line_number: bool(line.count) for line in file.lines},
        {f.demangled_name: (f.lineno, bool(f.execution_count)) for f in file.functions},
    )


def _require_gcovr() -> None:
    if not importlib.util.find_spec("gcovr"):
        raise SetupError("coverage needs gcovr: pip install 'tinyml-hil[coverage]'")


def _run_gcovr(folder: Path, root: Path) -> None:
    command = [sys.executable, "-m", "gcovr", "--root", str(root)]
    command += ["--add-tracefile", glob.escape(str(folder / DATA))]
    # What a project sets for gcovr is for coverage of its own.
    command += ["--config", os.devnull, "--filter", ""]
    command += ["--lcov", str(folder / LCOV), "--cobertura", str(folder / COBERTURA)]
    command += ["--html-details", str(folder / PAGE), "--html-title", "Coverage of the firmware"]
    command += ["--no-html-syntax-highlighting"]  # it takes as long as all the rest
    result = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if result.returncode:
        said = result.stderr.strip().splitlines()
        raise SetupError(f"gcovr failed: {said[-1] if said else 'it said nothing'}")
